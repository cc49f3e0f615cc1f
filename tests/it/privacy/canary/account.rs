//! The same for whoever signs in: a marker in every column of `control.db` that leads to an account, then the account is
//! deleted by its person (P-077, P-079).

use std::collections::BTreeMap;

use holdfast::modules;
use holdfast::privacy::data_map::{Column, Erasure, File, Subject, Table};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::looking::{bytes, columns};
use super::person::count;
use super::seeding::{Seeded, goes, types};
use crate::support::TestApp;

const MEMBER: &str = "member@alpha.example";
const PREFIX: &str = "canaryaccount";

/// Whose row it is, by the way that the data map says.
#[derive(Clone, Copy)]
struct Person {
    account: i64,
    member: i64,
    session: i64,
}

fn tables() -> impl Iterator<Item = &'static Table> {
    modules::tables().filter(|table| table.file == File::Control)
}

/// The way from a table to the account: the column that leads there, and the id in it.
fn link(table: &Table, person: Person) -> Option<(&'static str, Value)> {
    match table.subject {
        Subject::Via { column, table: "accounts" } => Some((column, Value::Integer(person.account))),
        Subject::Via { column, table: "memberships" } => Some((column, Value::Integer(person.member))),
        Subject::Via { column, table: "sessions" } => Some((column, Value::Integer(person.session))),
        Subject::Via { column, table } => panic!("no way to an account over {table}.{column} is known here"),
        Subject::Object(column) => Some((column, Value::Text(format!("account:{}", person.account)))),
        _ => None,
    }
}

/// Puts something into every column of `control.db`; says into which.
fn plant(app: &TestApp) -> (Seeded, Person) {
    let conn = app.control();
    conn.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF").expect("pragmas");
    let own = format!("SELECT id FROM accounts WHERE email = '{MEMBER}'");
    let person = Person {
        account: count(&conn, &own),
        member: count(&conn, &format!("SELECT id FROM memberships WHERE account_id = ({own})")),
        session: count(&conn, &format!("SELECT min(id) FROM sessions WHERE account_id = ({own})")),
    };
    let mut seeded = Seeded::new();
    for table in tables() {
        seed(&conn, table, person);
        seeded.extend(table.columns.iter().map(|column| ("control.db", table.name.to_owned(), column.name.to_owned())));
    }
    // What others did with them stands under other objects.
    let named = format!("{PREFIX}named");
    for (object, name) in [(format!("member:{}", person.member), named.as_str()), ("invitation:99".into(), MEMBER)] {
        conn.execute(
            "INSERT INTO audit (seq, at, actor, action, object, network, detail, commitment, personal, salt, previous, hash)
             SELECT ifnull(max(seq), 0) + 1, 1, 'member:1', 'members.membership.changed', ?1, '', '{}', randomblob(32),
                 json_object('name', ?2), randomblob(16), randomblob(32), randomblob(32) FROM audit",
            (object, name),
        )
        .expect("an entry of the log");
    }
    (seeded, person)
}

/// Every column of `control.db`, as the suite seeds it.
pub fn seeded(app: &TestApp) -> Seeded {
    app.session_of(MEMBER);
    plant(app).0
}

fn seed(conn: &Connection, table: &'static Table, person: Person) {
    let types = types(conn, table.name);
    let link = link(table, person);
    let is_own = link.is_some() || table.name == "accounts";
    let mut row: BTreeMap<&str, Value> = BTreeMap::new();
    for (number, column) in (0..).zip(table.columns) {
        if let Some(value) = value(table, column, &types[column.name], is_own, number) {
            row.insert(column.name, value);
        }
    }
    match table.name {
        "accounts" | "memberships" => {
            // There already; whoever is not active could not ask for anything.
            row.retain(|name, value| {
                !matches!(value, Value::Integer(_)) && !["email", "state", "workspace_id"].contains(name)
            });
            let id = if table.name == "accounts" { person.account } else { person.member };
            let set: Vec<String> = row.keys().map(|name| format!("{name} = ?")).collect();
            let sql = format!("UPDATE {} SET {} WHERE id = ?", table.name, set.join(", "));
            let values = row.into_values().chain([Value::Integer(id)]);
            assert_eq!(conn.execute(&sql, params_from_iter(values)).expect(table.name), 1);
        }
        // Facts that the server stands on; they are about nobody, and there from the beginning.
        _ if table.subject == Subject::Nobody && has_rows(conn, table) => {}
        _ => {
            row.extend(link);
            let places = vec!["?"; row.len()].join(", ");
            let names: Vec<&str> = row.keys().copied().collect();
            let sql = format!("INSERT INTO {} ({}) VALUES ({places})", table.name, names.join(", "));
            conn.execute(&sql, params_from_iter(row.into_values()))
                .unwrap_or_else(|error| panic!("{} was not seeded: {error}", table.name));
        }
    }
}

fn has_rows(conn: &Connection, table: &Table) -> bool {
    let words = table.columns.iter().any(|column| column.erasure.is_some());
    !words && count(conn, &format!("SELECT count(*) FROM {}", table.name)) > 0
}

fn value(table: &Table, column: &Column, kind: &str, is_own: bool, number: i64) -> Option<Value> {
    let marker = format!("{PREFIX}{}{}zz", table.name.replace('_', ""), column.name.replace('_', ""));
    // Invitations and free words name somebody by their address alone.
    let is_named = !is_own && (column.name == "email" || column.erasure.is_some());
    let text = match column.name {
        "personal" => format!(r#"{{"name":"{marker}"}}"#),
        _ if is_named => MEMBER.to_owned(),
        _ if is_own && goes(table, column) => marker,
        _ => format!("x{}", table.name),
    };
    match kind {
        "INTEGER" if column.name == "seq" => Some(Value::Integer(i64::from(u32::MAX))),
        "INTEGER" if column.name == "id" => None,
        "INTEGER" => Some(Value::Integer(4_102_444_800_000 + number)),
        "BLOB" if is_named || is_own && goes(table, column) && column.is_personal() => {
            Some(Value::Blob(text.into_bytes()))
        }
        "BLOB" => Some(Value::Blob(vec![0x51; if table.name == "audit" { 32 } else { 16 }])),
        _ => Some(Value::Text(text)),
    }
}

#[test]
fn p_077_nothing_of_an_account_is_left_in_the_installation() {
    let app = TestApp::start();
    let page = app.session_of(MEMBER);
    let (_, person) = plant(&app);
    let done = page.submit("/account/delete", &[("confirm", MEMBER)]).expect(200).text();
    assert!(done.contains("Your account is deleted"), "{done}");
    let control = app.control();
    let mut left = columns(&control, File::Control, &[PREFIX.to_owned(), MEMBER.to_owned()]);
    for table in tables().filter(|table| table.erasure == Erasure::DeleteRow) {
        if let Some((column, Value::Integer(id))) = link(table, person) {
            let rows = count(&control, &format!("SELECT count(*) FROM {} WHERE {column} = {id}", table.name));
            if rows > 0 {
                left.push(format!("{rows} rows of {}", table.name));
            }
        }
    }
    left.extend(bytes(&app, &[], &[PREFIX.to_owned(), MEMBER.to_owned()]));
    crate::tidy::none("Left of an account:", &left);
}
