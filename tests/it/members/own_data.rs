//! One's own account: seen, taken, counted or not, and deleted (P-077, P-079, P-080, P-106, P-130).

use serde_json::Value;

use crate::support::{Ask, OPERATOR, TestApp};

const MEMBER: &str = "member@alpha.example";
const OWNER: &str = "owner@alpha.example";

fn account(app: &TestApp, email: &str) -> i64 {
    app.control().query_row("SELECT id FROM accounts WHERE email = ?1", [email], |row| row.get(0)).expect("an account")
}

fn views(app: &TestApp, email: &str) -> i64 {
    app.run_job("operator.usage.write", "");
    app.control()
        .query_row(
            "SELECT ifnull(sum(views), 0) FROM usage_views WHERE account_id = ?1",
            [account(app, email)],
            |row| row.get(0),
        )
        .expect("a count")
}

#[test]
fn p_080_what_is_held_of_an_account_is_shown_and_taken_along() {
    let app = TestApp::start();
    let page = app.session_of(MEMBER);
    let shown = page.get("/account/data").expect(200).text();
    assert!(shown.contains(MEMBER), "the address is held, so it is shown");
    for words in ["Single keys are shortcuts", "You operate this installation"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains("Is operator") && !shown.contains("<dt>Shortcuts</dt>"), "{shown}");
    let file: Value = page.submit("/account/data", &[]).expect(200).json();
    assert_eq!(file["tables"]["accounts"]["items"][0]["email"], MEMBER);
    assert!(file["tables"]["sessions"]["items"].as_array().is_some_and(|items| !items.is_empty()));
    let text = file.to_string();
    assert!(!text.contains("argon2") && !text.contains("token_hash"), "secrets are never part of it");
    assert!(!text.contains(OWNER), "nobody else is in it");
}

#[test]
fn p_106_counting_is_off_for_whoever_switched_it_off_and_what_was_counted_goes() {
    let app = TestApp::start();
    let page = app.session_of(MEMBER);
    page.get("/w/alpha/people/contacts").expect(200);
    assert!(views(&app, MEMBER) > 0, "counted until somebody says no");
    page.submit("/account/privacy", &[]).expect(303);
    assert_eq!(views(&app, MEMBER), 0);
    page.get("/w/alpha/people/contacts").expect(200);
    assert_eq!(views(&app, MEMBER), 0);
    page.submit("/account/privacy", &[("usage", "true")]).expect(303);
    page.get("/w/alpha/people/contacts").expect(200);
    assert!(views(&app, MEMBER) > 0);
}

#[test]
fn p_130_a_browser_that_says_no_is_not_counted() {
    let app = TestApp::start();
    let page = app.session_of(MEMBER);
    let before = views(&app, MEMBER);
    for header in ["Sec-GPC", "DNT"] {
        for path in ["/w/alpha/people/contacts", "/w/alpha/people/companies"] {
            page.send(Ask::new("GET", path).header(header, "1")).expect(200);
        }
        assert_eq!(views(&app, MEMBER), before, "{header}");
    }
    page.get("/w/alpha/people/contacts").expect(200);
    assert_eq!(views(&app, MEMBER), before + 1);
}

#[test]
fn p_023_a_number_stands_for_five_people_or_is_not_there() {
    let app = TestApp::start();
    let control = app.control();
    let now = app.now().0;
    let day = now - now % 86_400_000 - 40 * 86_400_000;
    for n in 0..5 {
        control
            .execute(
                "INSERT INTO accounts (email, created_at, updated_at) VALUES (?1, 0, 0)",
                [format!("p{n}@example.org")],
            )
            .expect("an account");
        let id = control.last_insert_rowid();
        for (page, people) in [("/w/{slug}", 5), ("/rare", 4)] {
            if n < people {
                control
                    .execute("INSERT INTO usage_views VALUES (?1, ?2, ?3, 2)", rusqlite::params![day, page, id])
                    .expect("a view");
            }
        }
    }
    app.run_job("operator.usage.total", "");
    let totals: Vec<(String, i64, i64)> = control
        .prepare("SELECT page, people, views FROM usage_totals")
        .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect())
        .expect("totals");
    assert_eq!(totals, [("/w/{slug}".to_owned(), 5, 10)]);
    let page = app.session_of(OPERATOR).get("/operator/usage").expect(200).text();
    assert!(page.contains("/w/{slug}") && !page.contains("/rare"));
}

#[test]
fn p_079_an_account_is_deleted_by_its_person() {
    let app = TestApp::start();
    let (page, id) = (app.session_of(MEMBER), account(&app, MEMBER));
    let program = app.program_of(MEMBER, "alpha");
    page.submit("/account/delete", &[("confirm", "somebody@else.example")]).expect(422);
    page.get("/account/profile").expect(200);
    let done = page.submit("/account/delete", &[("confirm", MEMBER)]).expect(200).text();
    assert!(done.contains("Your account is deleted"));
    page.get("/account/profile").expect(303);
    program.get("/api/v1/contacts").expect(401);
    for (table, condition) in [
        ("accounts", "id = ?1"),
        ("sessions", "account_id = ?1"),
        ("memberships", "account_id = ?1"),
        ("outgoing_mail", "account_id = ?1"),
        ("usage_views", "account_id = ?1"),
        ("audit", "object = 'account:' || ?1 AND salt IS NOT NULL AND action <> 'members.account.erased'"),
    ] {
        let sql = format!("SELECT count(*) FROM {table} WHERE {condition}");
        let left: i64 = app.control().query_row(&sql, [id], |row| row.get(0)).expect("a count");
        assert_eq!(left, 0, "{table}");
    }
    let output = app.command(&["audit", "verify", "--all"]);
    assert!(output.status.success(), "{}", crate::support::shown(&output));
}

#[test]
fn p_079_whoever_owns_a_workspace_alone_hands_it_over_first() {
    let app = TestApp::start();
    let page = app.session_of(OWNER);
    let asked = page.get("/account/delete").expect(200).text();
    assert!(asked.contains("only owner of"), "{asked}");
    let refused = page.submit("/account/delete", &[("confirm", OWNER)]).expect(422).text();
    assert!(refused.contains("Hand it over"), "{refused}");
    assert!(account(&app, OWNER) > 0);
}
