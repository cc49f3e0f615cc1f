//! The installation that every test starts from: made once for the process, then copied.
//!
//! Two workspaces, `alpha` and `beta`, with somebody in every role and in every state. The ids of
//! `beta` begin at 100,000 in its own file and at 200,000 in `control.db`, and what tests add to
//! `control.db` themselves begins at 300,000: an id says whose it is.

use std::path::Path;
use std::sync::OnceLock;

use data_encoding::BASE64URL_NOPAD;
use holdfast::clock::{Clock, Timestamp};
use holdfast::crypto::password::{Cost, Passwords};
use holdfast::crypto::token;
use holdfast::db::{Workspaces, open_control};
use holdfast::id::WorkspaceId;
use holdfast::keys::{Folders, Keys, RecoveryCode, SlotCost, Source};
use holdfast::members::roles::BUILT_IN;
use holdfast::permission::{OperatorScope, Permission};
use rusqlite::{Connection, named_params};
use serde_json::json;
use tempfile::TempDir;

use super::{OPERATOR, PASSWORD, Server, Start, WORKSPACES, open};

/// Ids of the second workspace begin here in its own file.
pub const SECOND: i64 = 100_000;
/// And here in `control.db`.
pub const SECOND_IN_CONTROL: i64 = 200_000;
/// Ids of what tests add to `control.db` begin here.
pub const PLANTED: i64 = 300_000;

static FIXTURE: OnceLock<TempDir> = OnceLock::new();

/// A fresh copy in a folder of its own: `data/` and the clock file beside it.
pub fn copy() -> TempDir {
    let fixture = FIXTURE.get_or_init(make);
    let folder = tempfile::Builder::new().prefix("holdfast-it-").tempdir().expect("a temporary folder");
    copy_folder(&fixture.path().join("data"), &folder.path().join("data"));
    std::fs::write(folder.path().join("clock"), "0").expect("a clock file");
    folder
}

/// Copies files and their permissions; a socket is left out.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy").flatten() {
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else if kind.is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
        }
    }
    let permissions = std::fs::metadata(from).expect("a folder").permissions();
    std::fs::set_permissions(to, permissions).expect("the same permissions");
}

/// An installation without accounts or workspaces.
pub fn empty(data: &Path) -> Keys {
    std::fs::create_dir_all(data.join("keys")).expect("folders");
    let source = Source::File { path: data.join("keys/master.key"), may_lie_in_data: true };
    let recovery = RecoveryCode::generate();
    Keys::create(Folders { data, backup: None }, &source, &recovery, SlotCost::STANDARD, Clock.now()).expect("keys")
}

fn make() -> TempDir {
    let folder = tempfile::Builder::new().prefix("holdfast-it-").tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let clock = folder.path().join("clock");
    std::fs::write(&clock, "0").expect("a clock file");
    let keys = empty(&data);
    let control_keys = keys.control().expect("the control keys");
    let control_path = data.join("control.db");
    drop(open_control(&control_path, control_keys.workspace.database_key()).expect("control.db"));
    let control = open(&control_path, &control_keys.workspace.database_key());
    let passwords = Passwords::new(&control_keys.pepper, Cost::CHEAPEST).expect("hashing");
    let now = Clock.now();
    account(&control, &passwords, OPERATOR, true, now);
    let files = Workspaces::new(data.join("workspaces"), 4, 8);
    for (number, slug) in WORKSPACES.iter().enumerate() {
        if number == 1 {
            begin_ids_at(&control, SECOND_IN_CONTROL);
        }
        let id = WorkspaceId([u8::try_from(number).unwrap_or(0) + 0x51; 16]);
        let key = keys.create_workspace_key(id, now).expect("a workspace key").database_key();
        files.create(id, key.clone()).expect("data.db");
        if number == 1 {
            let file = files.folder_of(id).join("data.db");
            begin_ids_at(&open(&file, &key), SECOND);
        }
        workspace(&control, &passwords, id, slug, now);
    }
    // The second workspace's own session and token, then those of the tests.
    plant_session(&control, "owner@beta.example", now);
    plant_token(&control, "owner@beta.example", "beta", now);
    begin_ids_at(&control, PLANTED);
    drop(files);
    drop(control);
    fill(&data, &clock);
    folder
}

/// People and companies in both workspaces, made as programs make them.
fn fill(data: &Path, clock: &Path) {
    let mut server =
        Server::start(data, clock, &Start::default()).unwrap_or_else(|error| panic!("the fixture: {error}"));
    let control = open(&data.join("control.db"), &super::keys(data).control().expect("keys").workspace.database_key());
    for slug in WORKSPACES {
        let owner = format!("owner@{slug}.example");
        let token = plant_token(&control, &owner, slug, Clock.now());
        let program = server.client(data).with_token(&token);
        for number in 1..=3 {
            let company = program
                .call("POST", "/api/v1/companies", &json!({ "name": format!("{slug} Works {number}"), "domain": format!("works{number}.{slug}.example") }))
                .expect(201)
                .json();
            let contact = json!({
                "given_name": "Quill", "family_name": format!("Marram {number}"),
                "company_id": company["id"], "tags": [format!("{slug}-friends")],
                "emails": [{ "value": format!("quill{number}@{slug}.example"), "primary": true }],
                "phones": [{ "value": format!("+44163296{:04}", number) }],
            });
            let contact = program.call("POST", "/api/v1/contacts", &contact).expect(201).json();
            let note =
                json!({ "on": { "type": "contact", "id": contact["id"] }, "body": format!("Met at the {slug} pier.") });
            program.call("POST", "/api/v1/notes", &note).expect(201);
        }
    }
    assert!(server.stop().success(), "the fixture's server stops cleanly:\n{}", server.log());
}

/// Makes every table that counts its ids count on from `first`.
fn begin_ids_at(conn: &Connection, first: i64) {
    let tables: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .expect("the schema reads");
    for table in tables {
        conn.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [&table]).expect("a counter");
        conn.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", rusqlite::params![table, first])
            .expect("a counter");
    }
}

fn account(control: &Connection, passwords: &Passwords, email: &str, operator: bool, now: Timestamp) -> i64 {
    let password = passwords.hash(PASSWORD).expect("a hash");
    control
        .execute(
            "INSERT INTO accounts (email, display_name, password, password_changed_at, is_operator, age_confirmed_at,
                                   email_verified_at, created_at, updated_at)
             VALUES (:email, :name, :password, :now, :operator, :now, :now, :now, :now)",
            named_params! { ":email": email, ":name": email.split('@').next().unwrap_or(""), ":password": password, ":now": now.0, ":operator": operator },
        )
        .expect("an account");
    control.last_insert_rowid()
}

/// A workspace with its roles, and somebody in every role and every state.
fn workspace(control: &Connection, passwords: &Passwords, id: WorkspaceId, slug: &str, now: Timestamp) {
    let id = id.0.to_vec();
    control
        .execute(
            "INSERT INTO workspaces (id, slug, name, created_at, updated_at) VALUES (:id, :slug, :name, :now, :now)",
            named_params! { ":id": id, ":slug": slug, ":name": format!("The {slug} workspace"), ":now": now.0 },
        )
        .expect("a workspace");
    let mut viewer = 0;
    for role in &BUILT_IN {
        control
            .execute(
                "INSERT INTO roles (workspace_id, key, name, is_builtin, permissions, created_at, updated_at)
                 VALUES (:workspace, :key, :name, 1, :permissions, :now, :now)",
                named_params! { ":workspace": id, ":key": role.key, ":name": role.name, ":permissions": role.permissions().to_json(), ":now": now.0 },
            )
            .expect("a role");
        let role_id = control.last_insert_rowid();
        if role.key == "viewer" {
            viewer = role_id;
        }
        let person = account(control, passwords, &format!("{}@{slug}.example", role.key), false, now);
        member(control, &id, person, role_id, "active", now);
    }
    let owner_role: i64 = control
        .query_row("SELECT id FROM roles WHERE workspace_id = ?1 AND key = 'owner'", [&id], |row| row.get(0))
        .expect("the owner's role");
    for state in ["suspended", "removed"] {
        let person = account(control, passwords, &format!("{state}@{slug}.example"), false, now);
        member(control, &id, person, owner_role, state, now);
    }
    // Invited, with an account, but the invitation is not accepted: no membership yet.
    account(control, passwords, &format!("invited@{slug}.example"), false, now);
    control
        .execute(
            "INSERT INTO invitations (workspace_id, email, role_id, secret_hash, created_at, expires_at)
             VALUES (:workspace, :email, :role, :secret, :now, :until)",
            named_params! {
                ":workspace": id, ":email": format!("invited@{slug}.example"), ":role": viewer,
                ":secret": token::hash_token(&format!("invitation to {slug}")).to_vec(), ":now": now.0, ":until": now.plus(3 * Timestamp::DAY).0
            },
        )
        .expect("an invitation");
    control
        .execute(
            "INSERT INTO teams (workspace_id, name, created_at) VALUES (:workspace, :name, :now)",
            named_params! { ":workspace": id, ":name": format!("{slug} team"), ":now": now.0 },
        )
        .expect("a team");
}

fn member(control: &Connection, workspace: &[u8], account: i64, role: i64, state: &str, now: Timestamp) {
    control
        .execute(
            "INSERT INTO memberships (workspace_id, account_id, role_id, state, created_at, updated_at)
             VALUES (:workspace, :account, :role, :state, :now, :now)",
            named_params! { ":workspace": workspace, ":account": account, ":role": role, ":state": state, ":now": now.0 },
        )
        .expect("a membership");
}

pub fn workspace_id(control: &Connection, slug: &str) -> WorkspaceId {
    let id: Vec<u8> =
        control.query_row("SELECT id FROM workspaces WHERE slug = ?1", [slug], |row| row.get(0)).expect("a workspace");
    WorkspaceId(id.try_into().expect("16 bytes"))
}

/// A session that has just proved who asks, for somebody who never saw the sign-in page. Returns the cookie.
pub fn plant_session(control: &Connection, email: &str, now: Timestamp) -> String {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).expect("randomness");
    let cookie = BASE64URL_NOPAD.encode(&secret);
    let planted = control
        .execute(
            "INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at, second_factor_at, confirmed_at)
             SELECT :hash, id, :now, :now, :until, :now, :now FROM accounts WHERE email = :email",
            named_params! { ":hash": token::hash_token(&cookie).to_vec(), ":email": email, ":now": now.0, ":until": now.plus(Timestamp::DAY).0 },
        )
        .expect("a session");
    assert_eq!(planted, 1, "there is no account {email}");
    cookie
}

/// A token that may do all that its member may. Returns its text.
pub fn plant_token(control: &Connection, email: &str, workspace: &str, now: Timestamp) -> String {
    let fresh = token::NewToken::generate("hf_");
    let scopes: Vec<String> = Permission::all().map(Permission::word).collect();
    let planted = control
        .execute(
            "INSERT INTO api_tokens (workspace_id, member_id, name, prefix, token_hash, scopes, created_at, expires_at)
             SELECT m.workspace_id, m.id, 'tests', 'hf_tests', :hash, :scopes, :now, :until
             FROM memberships m JOIN accounts a ON a.id = m.account_id JOIN workspaces w ON w.id = m.workspace_id
             WHERE a.email = :email AND w.slug = :workspace",
            named_params! {
                ":hash": fresh.hash.to_vec(), ":scopes": json!(scopes).to_string(), ":email": email, ":workspace": workspace,
                ":now": now.0, ":until": now.plus(30 * Timestamp::DAY).0
            },
        )
        .expect("a token");
    assert_eq!(planted, 1, "{email} is no member of {workspace}");
    fresh.text.to_string()
}

/// A token of an operator with these scopes. Returns its text.
pub fn plant_operator_token(control: &Connection, email: &str, scopes: &[OperatorScope], now: Timestamp) -> String {
    let fresh = token::NewToken::generate(token::OPERATOR_PREFIX);
    let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
    let planted = control
        .execute(
            "INSERT INTO operator_tokens (account_id, name, prefix, token_hash, scopes, created_at, expires_at)
             SELECT id, 'tests', 'hf_op_tests', :hash, :scopes, :now, :until FROM accounts WHERE email = :email",
            named_params! {
                ":hash": fresh.hash.to_vec(), ":scopes": json!(words).to_string(), ":email": email, ":now": now.0,
                ":until": now.plus(30 * Timestamp::DAY).0
            },
        )
        .expect("a token");
    assert_eq!(planted, 1, "there is no account {email}");
    fresh.text.to_string()
}
