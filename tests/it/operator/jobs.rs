//! Jobs for programs of the operator: what there is, running one now, and ending a run.

use serde_json::{Value, json};

use super::{audited, until};
use crate::support::{Client, OPERATOR, TestApp};

const JOBS: &str = "/api/v1/operator/jobs";

/// The job of this name and place, once the runner has written it down.
fn job(program: &Client, name: &str, workspace: Option<&str>) -> Value {
    until(name, || {
        let list = program.get(&format!("{JOBS}?limit=200")).expect(200).json();
        let found = list["data"].as_array().into_iter().flatten();
        found.into_iter().find(|job| job["name"] == name && job["workspace"] == json!(workspace)).cloned()
    })
}

fn runs(program: &Client, id: &Value) -> Vec<Value> {
    let page = program.get(&format!("{JOBS}/{id}/runs?limit=200")).expect(200).json();
    page["data"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_job_runs_when_it_is_asked_and_its_runs_are_listed() {
    let app = TestApp::start();
    let program = app.operator_program();
    let checkpoint = job(&program, "privacy.control_audit.checkpoint", None);
    assert!(!checkpoint["purpose"].as_str().unwrap_or("").is_empty());
    assert!(checkpoint["schedule"].as_str().is_some_and(|words| words.starts_with("Every")), "{checkpoint}");
    let (id, before) = (&checkpoint["id"], runs(&program, &checkpoint["id"]).len());
    program.call("POST", &format!("{JOBS}/{id}/run"), &json!({})).expect(202);
    let newest = until("the run", || {
        let runs = runs(&program, id);
        (runs.len() > before).then(|| runs[0].clone())
    });
    assert_eq!((&newest["outcome"], &newest["error"]), (&json!("done"), &json!("")));
    assert_eq!(program.get(&format!("{JOBS}/{id}")).expect(200).json()["last_run"]["id"], newest["id"]);
    let counted = program.get(&format!("{JOBS}/{id}/runs?limit=1&count=true")).expect(200).json();
    assert_eq!(counted["total"], before + 1);
    // It is neither running nor due: there is nothing to cancel.
    program.call("POST", &format!("{JOBS}/{id}/cancel"), &json!({})).expect(409);
    for act in ["run", "cancel"] {
        program.call("POST", &format!("{JOBS}/777777/{act}"), &json!({})).expect(404);
        program.call("POST", &format!("{JOBS}/{id}/{act}"), &json!({ "now": true })).expect(400);
    }
    program.get(&format!("{JOBS}/777777")).expect(404);
    program.get(&format!("{JOBS}/777777/runs")).expect(404);
    program.get(&format!("{JOBS}/{id}/runs?cursor=x")).expect(422);
    assert_eq!(audited(&app, "operator.job.asked", "operator-token"), 1);
    assert_eq!(audited(&app, "operator.job.cancelled", "operator-token"), 0);
}

#[test]
fn a_run_is_cut_short_and_the_next_goes_on_with_what_is_left() {
    let app = TestApp::start();
    let (program, owner) = (app.operator_program(), app.program_of("owner@alpha.example", "alpha"));
    let file = (0..30_000)
        .fold(String::from("given_name,email\n"), |file, row| file + &format!("Quill,quill{row}@rows.example\n"));
    let fields = [("object", "contact"), ("mode", "create")];
    let import = owner.upload("/api/v1/imports", &fields, ("file", "people.csv", file.as_bytes())).expect(201).json();
    let at = format!("/api/v1/imports/{}", import["id"]);
    owner.call("POST", &format!("{at}/run"), &json!({ "dry_run": false })).expect(202);
    let id = until("the run to begin", || {
        let found = job(&program, "people.imports.run", Some("alpha"));
        (found["state"] == "running").then(|| found["id"].clone())
    });
    program.call("POST", &format!("{JOBS}/{id}/cancel"), &json!({})).expect(202);
    let cut = until("the run to end", || runs(&program, &id).into_iter().find(|run| run["outcome"] == "interrupted"));
    assert_eq!(cut["error"], "cancelled by the operator");
    assert_eq!(audited(&app, "operator.job.cancelled", "operator-token"), 1);
    let half = owner.get(&at).expect(200).json();
    assert!(half["state"] == "running" && half["read"].as_i64() < Some(30_000), "{half}");
    // The button does what the program does.
    let page = app.session_of(OPERATOR).get("/operator/jobs").expect(200).text();
    assert!(page.contains("Cut short"), "the page says so too");
    program.call("POST", &format!("{JOBS}/{id}/run"), &json!({})).expect(202);
    let done = until("the rest of the rows", || {
        let found = owner.get(&at).expect(200).json();
        (found["state"] == "done").then_some(found)
    });
    assert_eq!((&done["read"], &done["created"]), (&json!(30_000), &json!(30_000)), "no row is lost or taken twice");
}
