//! Samples for what programs do with requests of people about their data (`idempotency.rs`).

use serde_json::json;

use super::idempotency::{Sample, json_sample, made};
use crate::support::Client;

/// What is done with a fresh request of somebody about their data.
pub fn sample(program: &Client, path: &str) -> Option<Sample> {
    let kind = if path.ends_with("/corrections") { "rectification" } else { "objection" };
    let person = json!({ "type": "contact", "id": made(program, "Asks") });
    let asked = program.call("POST", "/api/v1/subject-requests", &json!({ "kind": kind, "person": person }));
    let here = format!("/api/v1/subject-requests/{}", asked.expect(201).json()["id"]);
    let check = |kind: &str, method: &str| json!({ "check": kind, "passed": true, "method": method });
    let name = |name: &str| json!({ "name": name });
    let (place, first, other) = match path.trim_start_matches("/api/v1/subject-requests/{id}/") {
        "checks" => ("checks".to_owned(), check("identity", "document"), check("scope", "everything")),
        "steps" => {
            let cancel = |note: &str| json!({ "step": "cancel", "note": note });
            ("steps".to_owned(), cancel("Once."), cancel("Twice."))
        }
        "kept-items" => {
            program.call("POST", &format!("{here}/checks"), &check("identity", "document")).expect(200);
            let kept = |item: &str| json!({ "item": item, "ground": "tax", "until": "2090-01-01T00:00:00Z" });
            ("kept-items".to_owned(), kept("An invoice"), kept("Another"))
        }
        "corrections" => {
            let title = |title: &str| json!({ "corrections": [{ "field": "job_title", "value": title }] });
            ("corrections".to_owned(), title("Once"), title("Twice"))
        }
        "recipients" => ("recipients".to_owned(), name("A yard"), name("A bank")),
        "recipients/{recipient}/notice" => {
            let listed = program.call("POST", &format!("{here}/recipients"), &name("A yard")).expect(200).json();
            let told = |by: &str| json!({ "told_by": by });
            (format!("recipients/{}/notice", listed["recipients"][0]["id"]), told("mail"), told("phone"))
        }
        "letters" => {
            let letter = |body: &str| json!({ "kind": "acknowledgement", "way": "print", "body": body });
            ("letters".to_owned(), letter("Once."), letter("Twice."))
        }
        _ => return None,
    };
    Some(json_sample(&format!("{here}/{place}"), first, other))
}
