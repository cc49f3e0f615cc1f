//! Installations to measure: made with the product's own services, and closed again before it serves them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast::app::{App, Lock};
use holdfast::clock::{Clock, Timestamp};
use holdfast::config::Config;
use holdfast::config::load::Values;
use holdfast::crypto::token;
use holdfast::db::{Actor, Origin};
use holdfast::gate;
use holdfast::id::{AccountId, MemberId, WorkspaceId};
use holdfast::keys::{Folders, Keys, RecoveryCode, SlotCost, Source};
use holdfast::members::accounts::{self, NewAccount};
use holdfast::members::roles::Granter;
use holdfast::members::tokens::{self, TokenInput};
use holdfast::members::{memberships, roles, workspaces};
use holdfast::modules::MODULES;
use holdfast::permission::Permission;

use crate::{Outcome, fill};

/// Who owns every workspace.
const OWNER: &str = "owner@bench.example";
/// Others, so that records belong to several people.
const OTHERS: [&str; 3] = ["first@bench.example", "second@bench.example", "third@bench.example"];
/// The workspace with the people.
const PEOPLE: &str = "people";
/// A token may make six thousand requests a minute, so programs take turns with these.
const TOKENS: usize = 64;

/// A workspace full of people, in an installation of its own.
pub struct Place {
    /// The data folder.
    pub data: PathBuf,
    pub workspace: WorkspaceId,
    pub slug: &'static str,
    /// How many people there were when it was filled.
    pub people: u64,
    pub members: Vec<MemberId>,
    /// Programs of the owner, who may do everything.
    pub tokens: Vec<String>,
    /// A session of the owner.
    pub cookie: String,
}

impl Place {
    /// The file of the workspace.
    pub fn file(&self) -> PathBuf {
        self.data.join("workspaces").join(self.workspace.to_string()).join("data.db")
    }
}

/// Opens the installation in `data`, which is made when there is none.
pub fn open(data: &Path) -> Outcome<Arc<App>> {
    std::fs::create_dir_all(data)?;
    let keys = keys(data)?;
    let config = Config::new(data, &Values::defaults(data))?;
    let mailer = config.mailer()?;
    Ok(App::open(config, keys, mailer, Lock::take(data)?, MODULES)?)
}

/// Writes everything into the files, so that another process may have them.
pub fn close(app: Arc<App>) -> Outcome<()> {
    app.remember_keyring()?;
    app.workspaces.close_all();
    drop(app);
    Ok(())
}

/// The keys of the installation, for opening its files beside the product.
pub fn keys(data: &Path) -> Outcome<Keys> {
    let folders = Folders { data, backup: None };
    let source = Source::File { path: data.join("keys/master.key"), may_lie_in_data: true };
    if Keys::exist(data) {
        return Ok(Keys::open(folders, &source)?);
    }
    std::fs::create_dir_all(data.join("keys"))?;
    Ok(Keys::create(folders, &source, &RecoveryCode::generate(), SlotCost::STANDARD, Clock.now())?)
}

/// The tables, indexes and triggers of a workspace's file, in the order in which they can be made.
pub fn schema(app: &App, workspace: WorkspaceId) -> Outcome<Vec<String>> {
    let workspace = gate::for_job(app, workspace)?;
    Ok(workspace.file.read(app.now(), |db| {
        db.rows(
            "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
               AND name NOT LIKE '%\\_search\\__%' ESCAPE '\\' AND name NOT LIKE 'refinery%'
             ORDER BY type <> 'table', rowid",
            &[],
            |row| row.get(0),
        )
    })?)
}

/// Throws away what an earlier run left, when it did not come to its end or the tables are others by now.
fn discard_outdated(folder: &Path, data: &Path, people: u64) -> Outcome<()> {
    if !data.exists() {
        return Ok(());
    }
    let is_good = || -> Outcome<bool> {
        let app = open(data)?;
        let found = app.read(workspaces::list)?.into_iter().find(|workspace| workspace.slug == PEOPLE);
        let Some(found) = found.map(|workspace| workspace.id) else { return Ok(false) };
        let workspace = gate::for_job(&app, found)?;
        let newest = workspace.file.read(app.now(), |db| db.count("SELECT max(id) FROM contacts", &[]))?;
        drop(workspace);
        let is_good = u64::try_from(newest)? >= people && schema(&app, found)? == fresh_schema(folder)?;
        close(app)?;
        Ok(is_good)
    };
    if !is_good().unwrap_or(false) {
        eprintln!("what an earlier run left is of no use: making it anew");
        std::fs::remove_dir_all(data)?;
    }
    Ok(())
}

/// The schema of a workspace that was made just now.
fn fresh_schema(folder: &Path) -> Outcome<Vec<String>> {
    let data = folder.join("fresh");
    let _ = std::fs::remove_dir_all(&data);
    let app = open(&data)?;
    let fresh = workspaces::create(&app, &origin(), "Fresh", "fresh", owner(&app)?)?;
    let schema = schema(&app, fresh)?;
    close(app)?;
    std::fs::remove_dir_all(&data)?;
    Ok(schema)
}

/// The workspace that the first sections look at.
pub fn with_people(folder: &Path, people: u64) -> Outcome<Place> {
    let data = folder.join(format!("people-{people}"));
    discard_outdated(folder, &data, people)?;
    let app = open(&data)?;
    let owner = account(&app, OWNER)?;
    let known = app.read(workspaces::list)?.into_iter().find(|workspace| workspace.slug == PEOPLE);
    let (workspace, members) = match known {
        Some(known) => (known.id, members(&app, known.id)?),
        None => {
            eprintln!("filling a workspace with {people} people");
            let workspace = workspaces::create(&app, &origin(), "People", PEOPLE, owner)?;
            let others = OTHERS.map(|email| account(&app, email));
            app.write(&origin(), |tx| {
                let role = roles::by_key(tx, workspace, "member")?;
                others
                    .into_iter()
                    .flatten()
                    .try_for_each(|other| memberships::add(tx, workspace, other, role.id).map(drop))
            })?;
            let members = members(&app, workspace)?;
            fill::fill(&app, workspace, &members, people)?;
            (workspace, members)
        }
    };
    let tokens = programs(&app, workspace, members[0], TOKENS)?;
    let cookie = session(&app, owner)?;
    close(app)?;
    Ok(Place { data, workspace, slug: PEOPLE, people, members, tokens, cookie })
}

pub fn origin() -> Origin {
    Origin::local(Actor::CommandLine)
}

/// The account with this address, made when there is none.
pub fn account(app: &App, email: &str) -> Outcome<AccountId> {
    if let Some(known) = app.read(|db| accounts::by_email(db, email))? {
        return Ok(known.id);
    }
    let new =
        NewAccount { email: email.to_owned(), age_confirmed: true, email_verified: true, ..NewAccount::default() };
    Ok(app.write(&origin(), |tx| accounts::create(tx, new))?)
}

/// The owner of workspaces whose members do not matter.
pub fn owner(app: &App) -> Outcome<AccountId> {
    account(app, OWNER)
}

/// The members of a workspace, its owner first.
pub fn members(app: &App, workspace: WorkspaceId) -> Outcome<Vec<MemberId>> {
    let mut members: Vec<MemberId> =
        app.read(|db| memberships::list(db, workspace))?.iter().map(|member| member.id).collect();
    members.sort_by_key(|member| member.0);
    Ok(members)
}

/// Tokens that may do everything.
pub fn programs(app: &App, workspace: WorkspaceId, member: MemberId, count: usize) -> Outcome<Vec<String>> {
    let made = app.write(&origin(), |tx| {
        let token = |number: usize| {
            let input = TokenInput {
                name: format!("Bench {number}"),
                scopes: Permission::all().collect(),
                days: 30,
                allowed_networks: String::new(),
            };
            Ok(tokens::create(tx, workspace, &Granter::installation(), member, &input)?.text.to_string())
        };
        (0..count).map(token).collect::<Result<Vec<String>, _>>()
    })?;
    Ok(made)
}

/// A session for somebody who never saw the sign-in page; returns its cookie.
pub fn session(app: &App, account: AccountId) -> Outcome<String> {
    let cookie = holdfast::web::cookie::fresh();
    app.control.write_unaudited(app.now(), &origin(), |tx| {
        tx.execute(
            "INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at, second_factor_at, confirmed_at)
             VALUES (:hash, :account, :now, :now, :until, :now, :now)",
            &[
                (":hash", &token::hash_token(&cookie).as_slice()),
                (":account", &account),
                (":now", &tx.now),
                (":until", &tx.now.plus(Timestamp::DAY)),
            ],
        )
    })?;
    Ok(cookie)
}

/// The oldest and the newest contact of a workspace.
pub fn ids(place: &Place) -> Outcome<(i64, i64)> {
    let app = open(&place.data)?;
    let workspace = gate::for_job(&app, place.workspace)?;
    let ids = workspace.file.read(app.now(), |db| {
        Ok((db.count("SELECT min(id) FROM contacts", &[])?, db.count("SELECT max(id) FROM contacts", &[])?))
    })?;
    drop(workspace);
    close(app)?;
    Ok(ids)
}
