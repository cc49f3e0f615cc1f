//! The demonstration's installation: an operator, two workspaces, a member in each role.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{House, Size, YEARS_MS, asked, doubles, files, fill, invent, kept, talk, views};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::totp::Seed;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::id::{AccountId, MemberId, SessionId, WorkspaceId};
use crate::members::accounts::{self, NewAccount};
use crate::members::roles::{self, Granter};
use crate::members::tokens::{self, TokenInput};
use crate::members::{memberships, second_factor, teams, workspaces};
use crate::permission::Permission;
use crate::privacy::controller::Controller;

/// One for everybody, so that a visitor can be anyone. Printed at every start.
pub const PASSWORD: &str = "demo harbour lantern tide";
const OPERATOR: (&str, &str) = ("operator@saltmere.example", "Petra Skerry");

/// From the installation's first day to the first entry.
const MOVING_IN_MS: i64 = 7 * Timestamp::DAY;

/// A workspace of the demonstration.
struct Plan {
    slug: &'static str,
    name: &'static str,
    /// Of the organisation, in lines.
    address: &'static str,
    house: House,
    seed: u64,
    firms: usize,
    people: usize,
    /// Address, name, role. The first is the owner; the ones before the viewer own records.
    members: &'static [(&'static str, &'static str, &'static str)],
    teams: &'static [(&'static str, &'static [usize])],
}

/// How many of a plan's members, from the first, own records and write notes.
const WRITERS: usize = 4;

const PLANS: [Plan; 2] = [
    Plan {
        slug: "saltmere-instruments",
        name: "Saltmere Instruments",
        address: "Harbour Works 3\nSaltmere SM4 2QT",
        house: House::Maker,
        seed: 20_261_121,
        firms: 380,
        people: 3_200,
        members: &[
            ("maren@saltmere.example", "Maren Aldous", "owner"),
            ("tobi@saltmere.example", "Tobi Ezeudu", "member"),
            ("jonas@saltmere.example", "Jonas Vossberg", "admin"),
            ("ines@saltmere.example", "Inês Falcão", "member"),
            ("ruben@saltmere.example", "Ruben Zeilstra", "viewer"),
            ("lotte@saltmere.example", "Lotte Hinrichs", "privacy_officer"),
        ],
        teams: &[("Sales", &[0, 1, 3]), ("Service desk", &[1, 2])],
    },
    Plan {
        slug: "saltmere-foundation",
        name: "Saltmere Foundation",
        address: "The Old Chandlery\nSaltmere SM1 7LN",
        house: House::Foundation,
        seed: 20_261_122,
        firms: 120,
        people: 1_400,
        members: &[
            ("amara@foundation.example", "Amara Lindqvist", "owner"),
            ("rhys@foundation.example", "Rhys Penhallow", "member"),
            // In both houses, so that there is something to switch between.
            ("maren@saltmere.example", "Maren Aldous", "admin"),
            ("solene@foundation.example", "Solène Kerguen", "member"),
            ("yoko@foundation.example", "潮田 陽子", "viewer"),
            ("clemence@foundation.example", "Clémence Vasseur", "privacy_officer"),
        ],
        teams: &[("Fundraising", &[0, 1]), ("Schools", &[1, 3])],
    },
];

/// Who shows a second factor at sign-in.
const WITH_SECOND_FACTOR: &str = "jonas@saltmere.example";

/// Hears what is being made, and how much of how much is done.
pub type Hear<'a> = &'a mut (dyn FnMut(&str, u64, u64) + Send);

/// Makes all of it and returns what a visitor needs to know.
pub fn build(app: &Arc<App>, hear: Hear) -> Result<Value, Error> {
    // One at a time: a hash takes a core and 19 MiB on purpose.
    let all = 1 + PLANS.iter().map(|plan| plan.members.len() as u64).sum::<u64>();
    let mut made = 0;
    hear("making accounts", made, all);
    let began = app.now().plus(-YEARS_MS - MOVING_IN_MS);
    let operator = account(app, began, OPERATOR.0, OPERATOR.1, true)?;
    let mut rooms = Vec::new();
    for plan in &PLANS {
        let members = plan.members.iter().map(|(email, name, _)| {
            made += 1;
            hear("making accounts", made, all);
            account(app, began, email, name, false)
        });
        rooms.push(room(app, began, operator, plan, &members.collect::<Result<Vec<_>, _>>()?)?);
    }
    let secret = enable_second_factor(app)?;
    let tokens = rooms.iter().map(|room| token(app, room)).collect::<Result<Vec<_>, _>>()?;
    let filling = Mutex::new(Filling { each: [(0, 0); PLANS.len()], hear });
    // Two workspaces are two files: both are filled at once.
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..PLANS.len())
            .map(|at| {
                scope.spawn({
                    let (rooms, filling) = (&rooms, &filling);
                    move || furnish(app, at, &rooms[at], filling)
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(Error::internal("filling a workspace panicked")))
        })
    })?;
    app.remember_keyring()?;
    let workspaces: Vec<Value> = PLANS.iter().zip(&tokens).map(|(plan, token)| facts(plan, token, &secret)).collect();
    Ok(json!({ "operator": { "email": OPERATOR.0, "password": PASSWORD }, "workspaces": workspaces }))
}

struct Room {
    id: WorkspaceId,
    members: Vec<MemberId>,
}

fn origin() -> Origin {
    Origin::local(Actor::CommandLine)
}

/// Their account; the one they have already when they are in both houses.
fn account(app: &App, began: Timestamp, email: &str, name: &str, is_operator: bool) -> Result<AccountId, Error> {
    if let Some(known) = app.read(|db| accounts::by_email(db, email))? {
        return Ok(known.id);
    }
    let password = accounts::hash_password(app, "password", PASSWORD, false, &[email])?;
    let new = NewAccount {
        email: email.to_owned(),
        display_name: name.to_owned(),
        password: Some(password),
        is_operator,
        age_confirmed: true,
        email_verified: true,
    };
    app.control.write(began, &origin(), |tx| accounts::create(tx, new))
}

/// The workspace with its members and teams, made before anything in it happened.
fn room(app: &App, began: Timestamp, operator: AccountId, plan: &Plan, accounts: &[AccountId]) -> Result<Room, Error> {
    let by_operator = Origin::local(Actor::Operator(operator));
    let Some((owner, others)) = accounts.split_first() else { return Err(Error::internal("a plan without members")) };
    let id = workspaces::create_at(app, &by_operator, began, plan.name, plan.slug, *owner)?;
    app.control.write(began, &origin(), |tx| {
        let mut members: Vec<MemberId> = memberships::list(tx, id)?.iter().map(|member| member.id).collect();
        for (account, (_, _, role)) in others.iter().zip(&plan.members[1..]) {
            let role = roles::by_key(tx, id, role)?;
            members.push(memberships::add(tx, id, *account, role.id)?);
        }
        for (name, of) in plan.teams {
            let of: Vec<MemberId> = of.iter().map(|at| members[*at]).collect();
            teams::create(tx, id, &Granter::installation(), name, &of)?;
        }
        Ok(Room { id, members })
    })
}

/// One token of the owner's that may do everything.
fn token(app: &App, room: &Room) -> Result<String, Error> {
    let input = TokenInput {
        name: "Demonstration".into(),
        scopes: Permission::all().collect(),
        days: tokens::LONGEST_DAYS,
        allowed_networks: String::new(),
    };
    app.write(&origin(), |tx| {
        let made = tokens::create(tx, room.id, &Granter::installation(), room.members[0], &input)?;
        Ok(made.text.to_string())
    })
}

/// Turns two-step sign-in on for one member, an hour ago: the code of this half minute stays good for a visitor.
fn enable_second_factor(app: &App) -> Result<String, Error> {
    let earlier = app.now().plus(-Timestamp::HOUR);
    app.control.write(earlier, &origin(), |tx| {
        let account = accounts::by_email(tx, WITH_SECOND_FACTOR)?.ok_or(Error::NotFound("account"))?;
        second_factor::begin(tx, app, account.id)?;
        let seed: Seed = second_factor::pending(tx, app, account.id)?.ok_or(Error::NotFound("second factor"))?;
        // There is no session yet that could go on.
        let enabled = second_factor::enable(tx, app, account.id, SessionId(0), &seed.code(tx.now))?;
        enabled.ok_or_else(|| Error::internal("the code of the demonstration's own seed was refused"))?;
        Ok(seed.text().replace(' ', ""))
    })
}

/// How far the workspaces are, which are filled side by side.
struct Filling<'a> {
    /// For each plan: entries made, and entries in all.
    each: [(u64, u64); PLANS.len()],
    hear: Hear<'a>,
}

fn furnish(app: &Arc<App>, at: usize, room: &Room, filling: &Mutex<Filling>) -> Result<(), Error> {
    let plan = &PLANS[at];
    let size = Size { firms: plan.firms, people: plan.people, members: WRITERS };
    let invented = invent(plan.seed, plan.house, size, app.now());
    fill::fill(app, room.id, &room.members[..WRITERS], &invented, &mut |done, of| {
        let mut filling = filling.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        filling.each[at] = (done as u64, of as u64);
        let (done, of) = filling.each.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (filling.hear)("filling the workspaces", done, of);
    })?;
    kept::keep(app, room.id, &room.members)?;
    views::save(app, room.id, &room.members, plan.house)?;
    talk::talk(app, room.id, &room.members, WRITERS)?;
    files::attach(app, room.id, &room.members[..WRITERS], plan.seed)?;
    doubles::make(app, room.id, &room.members[..WRITERS])?;
    let (officer_email, officer_name, _) = plan.members[plan.members.len() - 1];
    let controller = Controller {
        name: plan.name.into(),
        address: plan.address.into(),
        email: plan.members[0].0.into(),
        dpo_name: officer_name.into(),
        dpo_email: officer_email.into(),
    };
    asked::answer_for(app, room.id, &room.members, &controller)
}

fn facts(plan: &Plan, token: &str, secret: &str) -> Value {
    let members: Vec<Value> = plan
        .members
        .iter()
        .map(|(email, name, role)| {
            let secret = (*email == WITH_SECOND_FACTOR).then_some(secret);
            json!({ "email": email, "name": name, "password": PASSWORD, "role": role, "totp_secret": secret })
        })
        .collect();
    json!({ "slug": plan.slug, "name": plan.name, "token": token, "members": members })
}
