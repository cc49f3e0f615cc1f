//! Another workspace's ids, on every route that takes one: the same answer as for an id that nothing has,
//! and nothing changed (TEN-1).

use std::collections::BTreeMap;

use holdfast::modules;
use holdfast::web::Route;
use rusqlite::Connection;

use super::access::{alike, difference};
use super::{NOBODY, name, path};
use crate::support::crawler::{self, Crawl};
use crate::support::{Answer, Ask, Client, TestApp, digest, fixture, sample};
use crate::tidy::none;

/// Up to two ids of each table that the second workspace has something in; its ids begin at `first`.
fn ids_of_the_other(conn: &Connection, first: i64) -> BTreeMap<String, Vec<i64>> {
    let tables: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' ORDER BY name")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .expect("the schema reads");
    tables
        .into_iter()
        .map(|table| {
            let ids = conn
                .prepare(&format!("SELECT id FROM {table} WHERE id > ?1 AND id < ?1 + 100000 ORDER BY id LIMIT 2"))
                .and_then(|mut statement| {
                    statement.query_map([first], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()
                })
                .expect("ids");
            (table, ids)
        })
        .filter(|(_, ids)| !ids.is_empty())
        .collect()
}

fn ask(client: &Client, route: &Route, path: &str, crawl: &Crawl) -> Answer {
    let method = route.method.name();
    if route.method.is_safe() {
        return client.get(path);
    }
    if route.upload_limit > 0 {
        return client.upload(path, &[], ("file", "people.csv", b"name\nQuill\n"));
    }
    if route.is_api() {
        let mut ask = Ask::new(method, path).header("if-match", "\"1\"");
        if let Some(body) = sample::body(sample::document(), method, route.path) {
            ask = ask.json(&body);
        }
        return client.send(ask);
    }
    // What a page of ours would have sent for a record of one's own.
    let fields = crawl.forms.get(&(method, route.path)).map(|form| form.fields.clone()).unwrap_or_default();
    client.submit_pairs(method, path, &fields)
}

#[test]
fn ten_1_an_id_of_another_workspace_is_an_id_of_nothing() {
    let app = TestApp::start();
    let (page, program) = (app.session_of("owner@alpha.example"), app.program_of("owner@alpha.example", "alpha"));
    let crawl = crawler::crawl(&page, &["/w/alpha", "/account/security", "/account/profile"]);
    let (control, beta) = (app.control(), app.workspace("beta"));
    let mut ids = ids_of_the_other(&beta, fixture::SECOND);
    ids.extend(
        ids_of_the_other(&control, fixture::SECOND_IN_CONTROL)
            .into_iter()
            .map(|(table, ids)| (format!("control {table}"), ids)),
    );
    assert!(ids.len() > 5, "the second workspace is too empty to prove anything: {ids:?}");
    let mut distinct: Vec<i64> = ids.values().flatten().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let before = (digest::of(&beta, true), rows_of_beta(&control));
    let mut broken = Vec::new();
    for route in modules::routes().filter(|route| takes_an_id(route)) {
        let client = if route.is_api() { &program } else { &page };
        let unknown = ask(client, route, &path(route, "alpha", NOBODY), &crawl);
        if unknown.status >= 500 || unknown.status == 200 && route.method.is_safe() {
            broken.push(format!("{}: an unknown id answers {}", name(route), unknown.status));
        }
        for id in &distinct {
            let id = id.to_string();
            let foreign = ask(client, route, &path(route, "alpha", &id), &crawl);
            if alike(&foreign, &id) != alike(&unknown, NOBODY) {
                broken.push(format!(
                    "{}: the foreign id {id} differs: {}",
                    name(route),
                    difference(&alike(&foreign, &id), &alike(&unknown, NOBODY))
                ));
                break;
            }
        }
    }
    none("An id of another workspace must be an id of nothing:", &broken);
    none("The other workspace was changed:", &digest::changed(&before.0, &digest::of(&beta, true)));
    assert_eq!(before.1, rows_of_beta(&control), "rows of the other workspace in control.db were changed");
}

/// Routes whose last word is an id. A slug of one's own stands before it.
fn takes_an_id(route: &Route) -> bool {
    route.path.split('/').any(|part| part.starts_with('{') && part != "{slug}")
        && !route.path.starts_with("/assets")
        && (route.is_workspace() || route.path.starts_with("/account"))
}

/// What control.db holds of the second workspace, as text.
fn rows_of_beta(control: &Connection) -> Vec<String> {
    let mut rows = Vec::new();
    for table in ["memberships", "roles", "teams", "team_members", "invitations", "accounts"] {
        let key = if table == "team_members" { "team_id" } else { "id" };
        let mut statement = control
            .prepare(&format!("SELECT * FROM {table} WHERE {key} BETWEEN ?1 AND ?1 + 99999 ORDER BY 1, 2"))
            .expect("a table");
        let columns = statement.column_count();
        let mut found = statement.query([fixture::SECOND_IN_CONTROL]).expect("rows");
        while let Some(row) = found.next().expect("a row") {
            let values: Vec<String> =
                (0..columns).map(|column| format!("{:?}", row.get_ref(column).expect("a value"))).collect();
            rows.push(format!("{table}: {}", values.join(", ")));
        }
    }
    let ended: i64 = control
        .query_row(
            "SELECT (SELECT count(*) FROM sessions WHERE id BETWEEN ?1 AND ?1 + 99999 AND ended_at IS NOT NULL)
                  + (SELECT count(*) FROM api_tokens WHERE id BETWEEN ?1 AND ?1 + 99999 AND revoked_at IS NOT NULL)",
            [fixture::SECOND_IN_CONTROL],
            |row| row.get(0),
        )
        .expect("a count");
    rows.push(format!("ended: {ended}"));
    rows
}
