//! Making a workspace: whole, or not at all.

use holdfast::id::WorkspaceId;

use crate::support::{OPERATOR, TestApp};

fn make(app: &TestApp, fields: [(&str, &str); 3]) -> crate::support::Answer {
    app.session_of(OPERATOR).submit("/operator/workspaces/new", &fields)
}

#[test]
fn a_workspace_gets_a_key_a_file_five_roles_and_its_owner() {
    let app = TestApp::start();
    let owner = "viewer@beta.example";
    make(&app, [("name", "Gamma"), ("slug", "gamma"), ("owner", owner)]).expect(303);
    let client = app.session_of(owner);
    client.get("/w/gamma/settings/general").expect(200);
    let roles: i64 = app
        .control()
        .query_row(
            "SELECT count(*) FROM roles r JOIN workspaces w ON w.id = r.workspace_id WHERE w.slug = 'gamma'",
            [],
            |row| row.get(0),
        )
        .expect("a count");
    assert_eq!(roles, 5);
    let notes: i64 = app
        .control()
        .query_row("SELECT count(*) FROM installation WHERE key LIKE 'workspace.being_made.%'", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(notes, 0);
    for slug in ["gamma", "Gamma", "-", "operator"] {
        make(&app, [("name", "Again"), ("slug", slug), ("owner", owner)]).expect(422);
    }
    assert_eq!(app.keys().workspaces().len(), 3, "alpha, beta, gamma: what was refused left no key");
}

#[test]
fn somebody_without_an_account_is_invited_to_own_it() {
    let app = TestApp::start();
    make(&app, [("name", "Gamma"), ("slug", "gamma"), ("owner", "nora@new.example")]).expect(303);
    let link = super::link_in(&super::newest_mail(&app, "nora@new.example", "invitation"));
    let nora = app.stranger();
    assert!(nora.get(&link).expect(200).text().contains("Join Gamma"));
    let token = super::query_value(&link, "token");
    let fields = [("token", token.as_str()), ("password", "a heron walks over wet slate"), ("age", "true")];
    assert_eq!(nora.submit("/invitation", &fields).expect(303).location(), "/w/gamma");
    nora.get("/w/gamma/settings/ownership").expect(200);
}

#[test]
fn what_a_crash_left_of_a_workspace_is_cleared_away_at_the_next_start() {
    let mut app = TestApp::start();
    let half = WorkspaceId([0x77; 16]);
    let folder = app.data().join("workspaces").join(half.to_string());
    app.server.kill();
    let note = format!("workspace.being_made.{half}");
    app.control().execute("INSERT INTO installation (key, value) VALUES (?1, '')", [&note]).expect("a note");
    app.keys().create_workspace_key(half, app.now()).expect("a key");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("data.db"), "half").expect("a file");
    let before = app.keys().workspaces().len();
    app.restart();
    assert!(!folder.exists());
    assert_eq!(app.keys().workspaces().len(), before - 1);
    let left: i64 = app
        .control()
        .query_row("SELECT count(*) FROM installation WHERE key = ?1", [&note], |row| row.get(0))
        .expect("a count");
    assert_eq!(left, 0);
    app.session_of(super::OWNER).get("/w/alpha/settings").expect(200);
}
