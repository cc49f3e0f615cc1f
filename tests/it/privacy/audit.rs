//! The audit log as people read, check and export it (P-068, P-069).

use serde_json::Value;

use crate::support::{Client, TestApp};

const OWNER: &str = "owner@alpha.example";

fn lines(client: &Client, log: &str) -> Vec<Value> {
    let answer = client.submit("/w/alpha/audit/export", &[("log", log)]).expect(200);
    answer.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn the_lists_read_as_sentences_and_keep_to_their_workspace() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let records = owner.get("/w/alpha/audit").expect(200).text();
    assert!(records.contains("A program of owner added a contact"), "{records}");
    owner.submit("/w/alpha/settings/general", &[("name", "Saltmere")]).expect(303);
    let access = owner.get("/w/alpha/audit/access").expect(200).text();
    assert!(access.contains("owner renamed this workspace"));
    let other = app.session_of("owner@beta.example").get("/w/beta/audit/access").expect(200).text();
    assert!(!other.contains("renamed"));
}

#[test]
fn p_069_entries_are_found_by_actor_object_action_and_day() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let entries = |query: &str| -> usize {
        let page = owner.get(&format!("/w/alpha/audit?{query}")).expect(200).text();
        page.matches("data-row-link").count()
    };
    let contact: i64 =
        app.workspace("alpha").query_row("SELECT min(id) FROM contacts", [], |row| row.get(0)).expect("a contact");
    let all = entries("");
    assert!(all >= 9);
    assert_eq!(entries("action=people.contact.created"), 3);
    assert!(entries(&format!("object=contact:{contact}")) >= 1);
    let me: i64 = app
        .control()
        .query_row(
            "SELECT m.id FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.email = ?1",
            [OWNER],
            |row| row.get(0),
        )
        .expect("a member");
    assert_eq!(entries(&format!("actor=member:{me}")), all, "what a program did counts for its member");
    assert_eq!(entries("actor=member:999999"), 0);
    assert_eq!(entries("from=2020-01-01&until=2020-12-31"), 0);
    assert_eq!(entries("from=2020-01-01"), all);
    owner.get("/w/alpha/audit?from=yesterday").expect(422);
    owner.get("/w/alpha/audit?hash=1").expect(422);
}

#[test]
fn an_entry_shows_people_to_those_who_may_see_them() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let sql = "SELECT max(seq) FROM audit WHERE action = 'people.contact.created'";
    let sequence: i64 = app.workspace("alpha").query_row(sql, [], |row| row.get(0)).expect("an entry");
    let place = format!("/w/alpha/audit/{sequence}");
    assert!(owner.get(&place).expect(200).text().contains("User agent"));
    // A role that reads the log but no records.
    let fields = [("name", "Auditor"), ("audit.view", "all")];
    owner.submit("/w/alpha/settings/roles/new", &fields).expect(303);
    app.control()
        .execute(
            "UPDATE memberships SET role_id = (SELECT id FROM roles WHERE name = 'Auditor')
             WHERE account_id = (SELECT id FROM accounts WHERE email = 'member@alpha.example')",
            [],
        )
        .expect("a change");
    let auditor = app.session_of("member@alpha.example");
    let page = auditor.get(&place).expect(200).text();
    assert!(page.contains("Your role does not see") && !page.contains("User agent") && page.contains("Member "));
    auditor.get("/w/alpha/audit/export").expect(403);
    app.workspace("alpha")
        .execute("UPDATE audit SET personal = NULL, salt = NULL WHERE seq = ?1", [sequence])
        .expect("erased");
    assert!(owner.get(&place).expect(200).text().contains("Erased with the person"));
    owner.get("/w/alpha/audit/999999999").expect(404);
}

#[test]
fn ten_1_the_installations_log_shows_no_entry_of_another_workspace() {
    let app = TestApp::start();
    let beta = app.session_of("owner@beta.example");
    beta.submit("/w/beta/settings/general", &[("name", "Foreign")]).expect(303);
    let sql = "SELECT max(seq) FROM audit WHERE action = 'members.workspace.renamed'";
    let sequence: i64 = app.control().query_row(sql, [], |row| row.get(0)).expect("an entry");
    beta.get(&format!("/w/beta/audit/access/{sequence}")).expect(200);
    app.session_of(OWNER).get(&format!("/w/alpha/audit/access/{sequence}")).expect(404);
}

#[test]
fn aud_2_the_check_finds_a_changed_entry() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    for (path, words) in
        [("/w/alpha/audit/verify", "The log holds"), ("/w/alpha/audit/access/verify", "about this workspace")]
    {
        let page = owner.submit(path, &[]).expect(200).text();
        assert!(page.contains(words) && page.contains("last fingerprint"), "{page}");
    }
    app.workspace("alpha").execute("UPDATE audit SET at = at + 1 WHERE seq = 2", []).expect("tampered");
    let page = owner.submit("/w/alpha/audit/verify", &[]).expect(200).text();
    assert!(page.contains("Entry 2 does not hold"), "{page}");
    let sql = "SELECT count(*) FROM audit WHERE action = 'privacy.audit.verified'";
    let checks: i64 = app.workspace("alpha").query_row(sql, [], |row| row.get(0)).expect("a count");
    assert_eq!(checks, 2);
}

#[test]
fn p_068_an_export_is_complete_asks_for_proof_and_leaves_an_entry() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    owner.get("/w/alpha/audit/export").expect(200);
    owner.submit("/w/alpha/audit/export", &[("log", "everything")]).expect(422);
    let exported = lines(&owner, "records");
    let kept: i64 =
        app.workspace("alpha").query_row("SELECT count(*) FROM audit", [], |row| row.get(0)).expect("a count");
    assert_eq!(exported.len() as i64, kept);
    assert_eq!(exported[0]["action"], "privacy.audit.exported");
    assert!(exported.iter().any(|line| line["personal"]["user_agent"].is_string()));
    let access = lines(&owner, "access");
    assert_eq!(access[0]["action"], "privacy.audit.exported");
    app.advance(10 * 60 + 1);
    assert_eq!(owner.get("/w/alpha/audit/export").expect(303).location(), "/account/confirm");
    let answer = owner.submit("/w/alpha/audit/export", &[("log", "records")]).expect(303);
    assert_eq!(answer.location(), "/account/confirm");
}

#[test]
fn p_068_who_comes_in_is_seen_once_for_each_session() {
    let app = TestApp::start();
    let entered = |slug: &str| -> i64 {
        app.control()
            .query_row(
                "SELECT count(*) FROM audit a JOIN workspaces w ON w.id = a.workspace_id
                 WHERE w.slug = ?1 AND a.action = 'members.session.entered'",
                [slug],
                |row| row.get(0),
            )
            .expect("a count")
    };
    let member = app.session_of("member@alpha.example");
    member.get("/account/profile").expect(200);
    assert_eq!(entered("alpha"), 0, "signed in is not yet in the workspace");
    // What is refused lets nobody in.
    member.get("/w/alpha/audit").expect(403);
    member.get("/w/beta").expect(404);
    assert_eq!(entered("alpha"), 0);
    for path in ["/w/alpha", "/w/alpha/people/contacts", "/w/alpha"] {
        member.get(path).expect(200);
    }
    assert_eq!(entered("alpha"), 1);
    app.session_of("member@alpha.example").get("/w/alpha").expect(200);
    app.program_of("member@alpha.example", "alpha").get("/api/v1/workspace").expect(200);
    assert_eq!((entered("alpha"), entered("beta")), (2, 0), "another session is another entry, a program has none");
    let owner = app.session_of("owner@alpha.example");
    let page = owner.get("/w/alpha/audit/access?action=members.session").expect(200).text();
    assert_eq!(page.matches("member entered this workspace").count(), 2, "{page}");
    assert!(page.contains("owner entered this workspace"), "{page}");
}

#[test]
fn programs_read_the_log_page_by_page() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let first = program.get("/api/v1/audit-entries?limit=2&count=true").expect(200).json();
    let total = first["total"].as_i64().expect("a number");
    assert!(total >= 9 && first["data"].as_array().map(Vec::len) == Some(2));
    let mut seen = 2;
    let mut cursor = first["next_cursor"].as_str().map(str::to_owned);
    while let Some(next) = cursor {
        let page = program.get(&format!("/api/v1/audit-entries?limit=2&cursor={next}")).expect(200).json();
        seen += page["data"].as_array().map_or(0, Vec::len) as i64;
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, total);
    let created = program.get("/api/v1/audit-entries?action=people.contact.created").expect(200).json();
    assert_eq!(created["data"].as_array().map(Vec::len), Some(3));
    program.get("/api/v1/audit-entries?log=operator").expect(422);
    program.get("/api/v1/audit-entries?from=yesterday").expect(422);
    app.program_of("viewer@alpha.example", "alpha").get("/api/v1/audit-entries").expect(403);
}
