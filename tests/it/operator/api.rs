//! Workspaces and health for programs of the operator.

use serde_json::json;

use super::audited;
use crate::support::{Ask, OPERATOR, TestApp, WORKSPACES, digest};

const WORKSPACES_AT: &str = "/api/v1/operator/workspaces";

#[test]
fn workspaces_are_listed_by_slug_with_state_and_size() {
    let app = TestApp::start();
    let program = app.operator_program();
    let first = program.get(&format!("{WORKSPACES_AT}?limit=1&count=true")).expect(200).json();
    assert_eq!((&first["total"], &first["next_cursor"]), (&json!(2), &json!("alpha")));
    let alpha = &first["data"][0];
    assert_eq!(
        (&alpha["slug"], &alpha["name"], &alpha["state"]),
        (&json!("alpha"), &json!("The alpha workspace"), &json!("active"))
    );
    assert_eq!(alpha["members"], 5, "one in every role; who is suspended, removed or invited is not counted");
    assert!(alpha["bytes"].as_i64() > Some(4_096) && alpha["id"].as_str().map(str::len) == Some(32));
    let second = program.get(&format!("{WORKSPACES_AT}?limit=1&cursor=alpha")).expect(200).json();
    assert_eq!((&second["data"][0]["slug"], &second["next_cursor"]), (&json!("beta"), &json!(null)));
    assert_eq!(&program.get(&format!("{WORKSPACES_AT}/alpha")).expect(200).json()["id"], &alpha["id"]);
    for unknown in ["nowhere", "ALPHA", "1", "alpha%2f.."] {
        program.get(&format!("{WORKSPACES_AT}/{unknown}")).expect(404);
    }
    for wrong in ["limit=0", "limit=201", "limit=x", "state=active", "count=maybe"] {
        program.get(&format!("{WORKSPACES_AT}?{wrong}")).expect(422);
    }
}

#[test]
fn a_workspace_is_made_once_for_a_key_and_its_owner_is_invited() {
    let app = TestApp::start();
    let program = app.operator_program();
    let before = WORKSPACES.map(|slug| digest::of(&app.workspace(slug), true));
    let new = json!({ "name": "Delta Works", "slug": "delta", "owner": "kit@delta.example" });
    let ask = |body: &serde_json::Value| Ask::new("POST", WORKSPACES_AT).header("idempotency-key", "once").json(body);
    let made = program.send(ask(&new)).expect(201);
    assert_eq!(made.location(), "/api/v1/operator/workspaces/delta");
    assert_eq!((&made.json()["slug"], &made.json()["members"]), (&json!("delta"), &json!(0)));
    program.get(made.location()).expect(200);
    let again = program.send(ask(&new)).expect(201);
    assert_eq!((again.bytes, again.headers.iter().any(|(name, _)| name == "idempotent-replayed")), (made.bytes, true));
    let other = json!({ "name": "Delta", "slug": "delta-two", "owner": "kit@delta.example" });
    program.send(ask(&other)).expect(409);
    let invited: i64 = app
        .control()
        .query_row("SELECT count(*) FROM outgoing_mail WHERE recipient = 'kit@delta.example'", [], |row| row.get(0))
        .expect("a count");
    assert_eq!((invited, audited(&app, "members.workspace.created", "operator-token")), (1, 1));
    let taken = program.call("POST", WORKSPACES_AT, &new).expect(422).json();
    assert_eq!((&taken["errors"][0]["pointer"], &taken["errors"][0]["code"]), (&json!("/slug"), &json!("taken")));
    let after = WORKSPACES.map(|slug| digest::of(&app.workspace(slug), true));
    assert_eq!(before, after, "making one touches no other");
}

#[test]
fn every_field_of_a_workspace_has_its_rule() {
    let app = TestApp::start();
    let program = app.operator_program();
    let good = json!({ "name": "Delta Works", "slug": "delta", "owner": "kit@delta.example" });
    for (field, value, code) in [
        ("name", json!(" "), "required"),
        ("name", json!("x".repeat(81)), "too_long"),
        ("slug", json!("Not a slug"), "slug_form"),
        ("slug", json!("x"), "length"),
        ("slug", json!("metrics"), "reserved"),
        ("owner", json!(""), "required"),
        ("owner", json!("nobody"), "invalid_email"),
        ("state", json!("active"), "unknown_field"),
        ("name", json!(7), "wrong_type"),
    ] {
        let mut wrong = good.clone();
        wrong[field] = value;
        let answer = program.call("POST", WORKSPACES_AT, &wrong).expect(422).json();
        assert_eq!(
            (answer["errors"][0]["pointer"].as_str(), answer["errors"][0]["code"].as_str()),
            (Some(format!("/{field}").as_str()), Some(code)),
            "{answer}"
        );
    }
    assert_eq!(program.get(&format!("{WORKSPACES_AT}?count=true")).expect(200).json()["total"], 2);
}

#[test]
fn ops_1_health_says_what_was_seen() {
    let app = TestApp::start();
    let health = app.operator_program().get("/api/v1/operator/health").expect(200).json();
    let names: Vec<&str> =
        health["checks"].as_array().into_iter().flatten().filter_map(|check| check["name"].as_str()).collect();
    for name in ["Disk", "Log of the installation", "Mail", "Jobs", "Workspaces"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert!(matches!(health["grade"].as_str(), Some("well" | "warning")), "{health}");
    // Somebody changes the log from outside.
    let new = [("name", "Script"), ("scopes", "health.view"), ("days", "9")];
    app.session_of(OPERATOR).submit("/operator/tokens/new", &new).expect(200);
    let tampered = app.control().execute("UPDATE audit SET at = at + 1 WHERE seq = 1", []).expect("a change");
    assert_eq!(tampered, 1);
    let broken = app.operator_program().get("/api/v1/operator/health").expect(200).json();
    assert_eq!(broken["grade"], "broken");
    let check =
        broken["checks"].as_array().into_iter().flatten().find(|check| check["grade"] == "broken").expect("one");
    assert!(check["name"] == "Log of the installation" && !check["advice"].as_str().unwrap_or("").is_empty());
}
