//! Requests of people about their data, from receipt to answer (P-082 to P-096, DSR-1, DSR-5, trap 22).

use serde_json::{Value, json};

use crate::people::{OWNER, audited, id};
use crate::support::smtp::MailServer;
use crate::support::{Answer, Client, Start, TestApp};

const REQUESTS: &str = "/api/v1/subject-requests";
const DAY: i64 = 24 * 3_600;

/// A contact of the fixture.
fn contact(app: &TestApp) -> i64 {
    app.workspace("alpha").query_row("SELECT min(id) FROM contacts", [], |row| row.get(0)).expect("a contact")
}

fn enter(program: &Client, kind: &str, person: i64) -> i64 {
    let body = json!({ "kind": kind, "person": { "type": "contact", "id": person } });
    id(&program.call("POST", REQUESTS, &body).expect(201).json())
}

fn read(program: &Client, request: i64) -> Value {
    program.get(&format!("{REQUESTS}/{request}")).expect(200).json()
}

fn post(program: &Client, request: i64, place: &str, body: &Value) -> Answer {
    program.call("POST", &format!("{REQUESTS}/{request}/{place}"), body)
}

fn step(program: &Client, request: i64, step: &str) -> Answer {
    let body =
        json!({ "step": step, "note": "Said so.", "ground": "unfounded", "reason": "Why.", "done": "It was done." });
    post(program, request, "steps", &body)
}

fn check(program: &Client, request: i64, check: &str, passed: bool) -> Answer {
    let method = match (check, passed) {
        ("identity", true) => "known_address",
        ("identity", false) => "not_shown",
        ("ownership", true) => "own_data",
        ("ownership", false) => "not_theirs",
        _ => "everything",
    };
    post(program, request, "checks", &json!({ "check": check, "passed": passed, "method": method }))
}

fn check_all(program: &Client, request: i64) {
    for kind in ["identity", "ownership", "scope"] {
        check(program, request, kind, true).expect(200);
    }
}

fn letter(program: &Client, request: i64, kind: &str) -> Answer {
    post(program, request, "letters", &json!({ "kind": kind, "way": "print", "reason": "Many records." }))
}

fn state(program: &Client, request: i64) -> String {
    read(program, request)["state"].as_str().expect("a state").to_owned()
}

/// Sets how the workspace works on requests.
fn settings(app: &TestApp, fields: &[(&str, &str)]) {
    let mut all = vec![("profile", "gdpr"), ("time_zone", "UTC")];
    all.extend(fields);
    app.session_of(OWNER).submit("/w/alpha/privacy/requests/settings", &all).expect(303);
}

#[test]
fn p_083_each_of_the_seven_kinds_goes_from_receipt_to_answer() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let person = contact(&app);
    for kind in ["access", "portability", "rectification", "objection", "withdrawal", "restriction", "erasure"] {
        let request = enter(&program, kind, person);
        let due = read(&program, request)["due_at"].clone();
        check_all(&program, request);
        assert_eq!(state(&program, request), "verified");
        if kind == "rectification" {
            let wanted = json!({ "corrections": [{ "field": "job_title", "value": "Harbour master" }] });
            post(&program, request, "corrections", &wanted).expect(200);
        }
        step(&program, request, "approve").expect(200);
        step(&program, request, "start").expect(200);
        if kind == "erasure" {
            step(&program, request, "complete").expect(409);
            let refused = step(&program, request, "erase").expect(409).text();
            assert!(refused.contains("answer first"), "{refused}");
            letter(&program, request, "done").expect(201);
            step(&program, request, "erase").expect(200);
            app.run_job("privacy.erasures.finish", "alpha");
            app.run_job("privacy.requests.settle", "alpha");
            let closed = read(&program, request);
            assert_eq!(
                (&closed["state"], &closed["name"], &closed["answer_to"]),
                (&json!("receipt"), &json!(""), &json!(""))
            );
            assert_eq!(closed["due_at"], due, "fixed at receipt");
            assert_eq!(closed["letters"][0]["body"], "");
            assert_eq!(closed["letters"][0]["hash"].as_str().map(str::len), Some(64), "the proof stays");
            program.get(&format!("/api/v1/contacts/{person}")).expect(404);
            continue;
        }
        if state(&program, request) == "processing" {
            step(&program, request, "ask").expect(200);
            step(&program, request, "resume").expect(200);
            step(&program, request, "complete").expect(200);
        }
        assert_eq!(state(&program, request), "complete", "{kind}");
        letter(&program, request, "done").expect(201);
        let answered = read(&program, request);
        assert_eq!(answered["state"], "receipt");
        assert_eq!(answered["due_at"], due, "fixed at receipt");
        assert!(answered["closed_at"].is_string());
    }
    for action in ["received", "checked", "verified", "approved", "started", "completed", "letter_sent", "closed"] {
        assert!(audited(&app, &format!("privacy.request.{action}")) >= 7, "{action}");
    }
}

#[test]
fn p_089_a_correction_reaches_fields_that_no_form_shows() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let person = contact(&app);
    let request = enter(&program, "rectification", person);
    check_all(&program, request);
    let fields =
        [("source", "by letter"), ("address/city", "Skelwick"), ("emails", "new@alpha.example, second@alpha.example")];
    let wanted: Vec<Value> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value })).collect();
    post(&program, request, "corrections", &json!({ "corrections": wanted })).expect(200);
    let rows = read(&program, request)["corrections"].clone();
    assert_eq!(rows.as_array().map(Vec::len), Some(3));
    assert_eq!(rows[2]["before"], "quill1@alpha.example");
    let odd = json!({ "corrections": [{ "field": "shoe_size", "value": "44" }] });
    post(&program, request, "corrections", &odd).expect(422);
    step(&program, request, "approve").expect(200);
    post(&program, request, "corrections", &json!({ "corrections": wanted })).expect(409);
    step(&program, request, "start").expect(200);
    let now = program.get(&format!("/api/v1/contacts/{person}")).expect(200).json();
    assert_eq!((&now["source"], &now["address"]["city"]), (&json!("by letter"), &json!("Skelwick")));
    assert_eq!(now["emails"].as_array().map(Vec::len), Some(2));
    assert_eq!(audited(&app, "people.contact.changed"), 1, "one change, with its entry");
    let done = read(&program, request);
    assert!(done["done"].as_str().is_some_and(|done| done.contains("City") && done.contains("Source")), "{done}");
    assert!(done["corrections"][0]["applied_at"].is_string());
}

#[test]
fn p_095_nothing_happens_before_all_three_checks_stand() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let request = enter(&program, "access", contact(&app));
    step(&program, request, "approve").expect(409);
    check(&program, request, "identity", true).expect(200);
    let refused = step(&program, request, "approve").expect(409).text();
    assert!(
        refused.contains("ownership, scope") && !refused.contains("identity,"),
        "says which are missing: {refused}"
    );
    check(&program, request, "ownership", true).expect(200);
    check(&program, request, "scope", false).expect(200);
    step(&program, request, "approve").expect(409);
    check(&program, request, "scope", true).expect(200);
    step(&program, request, "approve").expect(200);
    let checks = read(&program, request)["checks"].clone();
    assert_eq!(checks.as_array().map(Vec::len), Some(4), "each try is kept");
    for row in checks.as_array().into_iter().flatten() {
        assert!(row["method"].is_string() && row["member_id"].is_i64() && row["at"].is_string());
    }
    check(&program, request, "scope", false).expect(409);
}

#[test]
fn p_094_somebody_unverified_is_never_executed() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = json!({ "kind": "erasure", "name": "Somebody else", "answer_to": "stranger@elsewhere.example" });
    let request = id(&program.call("POST", REQUESTS, &body).expect(201).json());
    // Verified, but not whose data it is.
    check_all(&program, request);
    step(&program, request, "approve").expect(409);
    let linked = json!({ "person": { "type": "contact", "id": contact(&app) } });
    let version = read(&program, request)["version"].as_i64().expect("a version");
    program.change("PATCH", &format!("{REQUESTS}/{request}"), version, &linked).expect(200);
    // They do not own it after all.
    check(&program, request, "ownership", false).expect(200);
    assert_eq!(state(&program, request), "identity_unverified");
    for wanted in ["approve", "start", "complete", "resume"] {
        step(&program, request, wanted).expect(409);
    }
    step(&program, request, "deny").expect(200);
    let refused = letter(&program, request, "refused").expect(201).json();
    assert!(refused["body"].as_str().is_some_and(|body| body.contains("complain")), "{refused}");
    assert_eq!(state(&program, request), "receipt");
}

/// Every request by every step, through the whole program: no answer but those the table allows, and no error.
#[test]
fn every_step_in_every_state_is_taken_or_refused_in_words() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let person = contact(&app);
    let ways: [(&str, &[&str]); 8] = [
        ("received", &[]),
        ("verified", &["checks"]),
        ("approved", &["checks", "approve"]),
        ("processing", &["checks", "approve", "start"]),
        ("needs_input", &["checks", "approve", "start", "ask"]),
        ("complete", &["checks", "approve", "start", "complete"]),
        ("denied", &["checks", "deny"]),
        ("cancelled", &["cancel"]),
    ];
    let allowed = |state: &str| -> &'static [&'static str] {
        match state {
            "received" => &["cancel"],
            "verified" => &["approve", "deny", "cancel"],
            "approved" => &["start", "cancel"],
            "processing" => &["ask", "complete"],
            "needs_input" => &["resume", "cancel"],
            _ => &[],
        }
    };
    for (wanted, way) in ways {
        for tried in ["approve", "deny", "start", "ask", "resume", "complete", "cancel"] {
            let request = enter(&program, "objection", person);
            for one in way {
                match *one {
                    "checks" => check_all(&program, request),
                    one => drop(step(&program, request, one).expect(200)),
                }
            }
            assert_eq!(state(&program, request), wanted);
            let expected = if allowed(wanted).contains(&tried) { 200 } else { 409 };
            assert_eq!(step(&program, request, tried).status, expected, "{wanted} by {tried}");
            // Out of the way, so that the next one is no duplicate.
            app.workspace("alpha")
                .execute("UPDATE subject_requests SET closed_at = 1, identity_hash = NULL WHERE id = ?1", [request])
                .expect("closed");
        }
    }
}

#[test]
fn two_people_decide_where_the_workspace_wants_it() {
    let app = TestApp::start();
    settings(&app, &[("two_person", "true")]);
    let owner = app.program_of(OWNER, "alpha");
    let admin = app.program_of("admin@alpha.example", "alpha");
    let request = enter(&owner, "access", contact(&app));
    check_all(&owner, request);
    let refused = step(&owner, request, "approve").expect(409).text();
    assert!(refused.contains("Somebody else"), "{refused}");
    step(&admin, request, "approve").expect(200);
    // Whoever checked one thing has worked on it as well.
    let request = enter(&owner, "erasure", contact(&app));
    check(&admin, request, "identity", true).expect(200);
    check(&owner, request, "ownership", true).expect(200);
    check(&owner, request, "scope", true).expect(200);
    step(&admin, request, "approve").expect(409);
}

#[test]
fn trap_22_the_same_asked_twice_is_linked_and_not_repeated() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let person = contact(&app);
    let first = enter(&program, "erasure", person);
    let second = enter(&program, "erasure", person);
    let linked = read(&program, second);
    assert_eq!((&linked["state"], &linked["duplicate_of"]), (&json!("duplicate"), &json!(first)));
    assert_eq!(state(&program, first), "received");
    assert_eq!(state(&program, enter(&program, "access", person)), "received", "another right is another request");
    // By the address alone, in another spelling, while nobody is found.
    let by = |address: &str| {
        let body = json!({ "kind": "objection", "name": "Nobody", "answer_to": address });
        program.call("POST", REQUESTS, &body).expect(201).json()
    };
    let stranger = id(&by("new.person@elsewhere.example"));
    assert_eq!(by("New.Person@Elsewhere.example")["duplicate_of"], json!(stranger));
    // Found later to be somebody who has asked already.
    let body = json!({ "kind": "erasure", "name": "Q", "answer_to": "q@elsewhere.example" });
    let late = program.call("POST", REQUESTS, &body).expect(201).json();
    let linked = json!({ "person": { "type": "contact", "id": person } });
    let version = late["version"].as_i64().expect("a version");
    let answer = program.change("PATCH", &format!("{REQUESTS}/{}", id(&late)), version, &linked).expect(200).json();
    assert_eq!((&answer["state"], &answer["duplicate_of"]), (&json!("duplicate"), &json!(first)));
}

#[test]
fn dsr_1_an_extension_needs_a_reason_and_a_letter_before_the_last_day_and_comes_once() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let request = enter(&program, "access", contact(&app));
    let before = read(&program, request);
    post(&program, request, "letters", &json!({ "kind": "extension", "way": "print" })).expect(422);
    assert!(read(&program, request)["extended_until"].is_null(), "no reason, no extension");
    letter(&program, request, "extension").expect(201);
    let after = read(&program, request);
    assert_eq!(after["due_at"], before["due_at"]);
    assert_eq!(after["deadline"], after["extended_until"]);
    assert!(after["letters"][0]["body"].as_str().is_some_and(|body| body.contains("Many records.")));
    letter(&program, request, "extension").expect(409);
    assert_eq!(read(&program, request)["letters"].as_array().map(Vec::len), Some(1), "what is refused is not sent");
    let late = enter(&program, "erasure", contact(&app));
    app.advance(32 * DAY);
    let program = app.program_of(OWNER, "alpha");
    letter(&program, late, "extension").expect(409);
    // The file itself keeps the day that was fixed, and the steps.
    let file = app.workspace("alpha");
    assert!(file.execute("UPDATE subject_requests SET due_at = due_at + 1", []).is_err());
    assert!(file.execute("UPDATE subject_request_steps SET at = at + 1", []).is_err());
}

#[test]
fn p_091_reminders_come_at_seven_days_at_one_and_when_it_is_over() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let request = enter(&program, "access", contact(&app));
    let reminded = || -> Vec<String> {
        let steps = read(&app.program_of(OWNER, "alpha"), request)["steps"].clone();
        let of_kind = steps.as_array().into_iter().flatten().filter(|step| step["step"] == "remind");
        of_kind.map(|step| step["about"].as_str().unwrap_or("").to_owned()).collect()
    };
    let told = || {
        let sql = "SELECT count(*) FROM notifications WHERE kind IN ('request_due_soon', 'request_overdue')";
        app.workspace("alpha").query_row::<i64, _, _>(sql, [], |row| row.get(0)).expect("a count")
    };
    let run = || app.run_job("privacy.requests.remind", "alpha");
    run();
    assert_eq!((reminded(), told()), (vec![], 0));
    app.advance(24 * DAY);
    run();
    run();
    assert_eq!(reminded(), ["seven_days"], "once");
    let of_one_round = told();
    assert!(of_one_round >= 2, "owner and admin look after privacy: {of_one_round}");
    app.advance(6 * DAY);
    run();
    assert_eq!(reminded(), ["seven_days", "one_day"]);
    app.advance(2 * DAY);
    run();
    run();
    assert_eq!(reminded(), ["seven_days", "one_day", "overdue"]);
    assert_eq!(told(), 3 * of_one_round);
    let overdue = app.program_of(OWNER, "alpha").get(&format!("{REQUESTS}?overdue=true")).expect(200).json();
    assert_eq!((&overdue["total"], &overdue["data"][0]["overdue"]), (&json!(1), &json!(true)));
}

#[test]
fn ccpa_counts_its_own_days() {
    let app = TestApp::start();
    settings(&app, &[("profile", "ccpa"), ("time_zone", "America/Los_Angeles")]);
    let program = app.program_of(OWNER, "alpha");
    let request = enter(&program, "access", contact(&app));
    let read_now = read(&program, request);
    assert_eq!((&read_now["profile"], &read_now["days_left"]), (&json!("ccpa"), &json!(45)));
    assert!(read_now["confirm_by"].is_string() && read_now["confirmed_at"].is_null());
    letter(&program, request, "acknowledgement").expect(201);
    assert!(read(&program, request)["confirmed_at"].is_string());
    let own = json!({ "kind": "erasure", "profile": "gdpr", "person": { "type": "contact", "id": contact(&app) } });
    let own = program.call("POST", REQUESTS, &own).expect(201).json();
    assert!(own["days_left"].as_i64().is_some_and(|left| left <= 30), "a request can follow other rules: {own}");
}

#[test]
fn a_letter_is_read_first_goes_out_once_and_keeps_its_fingerprint() {
    let server = MailServer::start();
    let setting = |name: &str, value: &str| (format!("HOLDFAST_MAIL__{name}"), value.to_owned());
    let environment = vec![
        setting("TRANSPORT", "smtp"),
        setting("HOST", "127.0.0.1"),
        setting("PORT", &server.port.to_string()),
        setting("TLS", "none"),
        setting("ALLOW_PLAIN", "127.0.0.1"),
        setting("FROM", "holdfast@house.example"),
    ];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    let owner = app.session_of(OWNER);
    let program = app.program_of(OWNER, "alpha");
    let request = enter(&program, "access", contact(&app));
    let page = format!("/w/alpha/privacy/requests/{request}");
    let draft = owner.get(&format!("{page}/letters/new?kind=acknowledgement")).expect(200).text();
    assert!(draft.contains("Hello Quill Marram 1") && draft.contains("quill1@alpha.example"), "{draft}");
    let fields = [("kind", "acknowledgement"), ("way", "mail"), ("title", "About {number}"), ("body", "Hello {name}.")];
    let refused = owner.submit(&format!("{page}/letters/new"), &fields).expect(422).text();
    assert!(refused.contains("is not filled in"), "{refused}");
    let fields =
        [("kind", "acknowledgement"), ("way", "mail"), ("title", "Your request"), ("body", "Hello. We have it.")];
    owner.submit(&format!("{page}/letters/new"), &fields).expect(303);
    let mail = server.wait_for("quill1@alpha.example", "We have it.");
    assert!(mail.text.contains("Your request"));
    app.run_job("privacy.requests.post", "alpha");
    let sql = "SELECT count(*) FROM outgoing_mail WHERE purpose = 'letter'";
    let queued: i64 = app.control().query_row(sql, [], |row| row.get(0)).expect("a count");
    assert_eq!(queued, 1);
    // As if the process had died between the two files.
    app.workspace("alpha").execute("UPDATE subject_request_letters SET mail_id = NULL", []).expect("forgotten");
    app.run_job("privacy.requests.post", "alpha");
    let queued: i64 = app.control().query_row(sql, [], |row| row.get(0)).expect("a count");
    assert_eq!(queued, 1, "the queue takes each letter once");
    let sent = read(&program, request)["letters"][0].clone();
    assert_eq!(sent["hash"].as_str().map(str::len), Some(64));
    let shown = owner.get(&format!("{page}/letters/{}", id(&sent))).expect(200).text();
    assert!(shown.contains("Hello. We have it.") && shown.contains(sent["hash"].as_str().unwrap_or("none")));
}

#[test]
fn letters_have_versions_and_keep_to_what_the_law_asks() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let page = "/w/alpha/privacy/letters/refused";
    let save = |title: &str, body: &str| owner.submit(page, &[("title", title), ("body", body)]);
    let good = "Hello {name}. {reason} You can complain: {authority}";
    assert!(save("No", "Hello {nobody}. {reason} {authority}").expect(422).text().contains("There is no variable"));
    assert!(save("No", "Hello {name}. {reason}").expect(422).text().contains("the law asks for it"));
    assert!(save("No, {name}", good).expect(422).text().contains("subject line"));
    save("No", good).expect(303);
    save("Again", good).expect(303);
    save("Again", good).expect(303);
    let shown = owner.get(page).expect(200).text();
    assert!(shown.contains("Version 2") && !shown.contains("Version 3"), "the same words are no new version");
    owner.submit(&format!("{page}/reset"), &[]).expect(303);
    assert!(owner.get(page).expect(200).text().contains("Version 3"));
    assert_eq!(audited(&app, "privacy.letter_template.changed"), 3);
    owner.get("/w/alpha/privacy/letters/unheard_of").expect(404);
}

#[test]
fn p_096_what_is_kept_and_who_was_told_stand_in_the_answer() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let request = enter(&program, "erasure", contact(&app));
    let kept = |until: &str| json!({ "item": "Two invoices", "ground": "tax", "until": until });
    post(&program, request, "kept-items", &kept("2036-12-31T22:00:00Z")).expect(409);
    check_all(&program, request);
    post(&program, request, "kept-items", &kept("2001-01-01T00:00:00Z")).expect(422);
    post(&program, request, "kept-items", &kept("2036-12-31T22:00:00Z")).expect(200);
    let listed = post(&program, request, "recipients", &json!({ "name": "The newsletter service" })).expect(200).json();
    let recipient = id(&listed["recipients"][0]);
    post(&program, request, &format!("recipients/{recipient}/notice"), &json!({ "told_by": "mail" })).expect(200);
    post(&program, request, &format!("recipients/{recipient}/notice"), &json!({ "told_by": "mail" })).expect(409);
    for one in ["approve", "start"] {
        step(&program, request, one).expect(200);
    }
    let body = letter(&program, request, "done").expect(201).json()["body"].as_str().expect("a letter").to_owned();
    for words in ["Two invoices (Tax law, until 31 December 2036)", "The newsletter service", "is erased"] {
        assert!(body.contains(words), "{words} in {body}");
    }
}

#[test]
fn the_queue_is_worked_on_by_forms_alone() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    assert!(owner.get("/w/alpha/privacy/requests").expect(200).text().contains("Nobody waits for an answer"));
    let person = contact(&app).to_string();
    let fields = [
        ("kind", "access"),
        ("person", person.as_str()),
        ("channel", "letter"),
        ("words", "What do you hold?"),
        ("received", ""),
    ];
    let made = owner.submit("/w/alpha/privacy/requests/new", &fields).expect(303);
    let here = made.location().split('?').next().unwrap_or("").to_owned();
    let again = owner.submit("/w/alpha/privacy/requests/new", &fields).expect(303);
    assert!(again.location().starts_with(&format!("{here}?")), "the second leads to the first: {}", again.location());
    let page = owner.get(&here).expect(200).text();
    for words in [
        "Quill Marram 1 asks what we hold about them",
        "What do you hold?",
        "Asked again",
        "Nothing is changed or handed out",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let refused = owner.submit(&format!("{here}/approve"), &[]).expect(422).text();
    assert!(refused.contains("Not checked yet") || refused.contains("cannot be approved"), "{refused}");
    for (kind, method) in [("identity", "known_address"), ("ownership", "own_data"), ("scope", "everything")] {
        let fields = [("check", kind), ("method", method), ("passed", "true"), ("note", "Called.")];
        owner.submit(&format!("{here}/checks"), &fields).expect(303);
    }
    owner.submit(&format!("{here}/approve"), &[("note", "")]).expect(303);
    owner.submit(&format!("{here}/start"), &[]).expect(303);
    owner.submit(&format!("{here}/complete"), &[("done", "A copy was made.")]).expect(303);
    assert!(owner.get(&here).expect(200).text().contains("Write the answer"));
    let member = app.session_of("viewer@alpha.example");
    if member.get("/w/alpha/privacy/requests").status == 200 {
        let seen = member.get(&here).expect(200).text();
        assert!(
            !seen.contains("<form method=\"post\" action=\"/w/alpha/privacy"),
            "nothing to press for who only reads"
        );
    }
    owner
        .submit(
            "/w/alpha/privacy/requests/new",
            &[("kind", "access"), ("channel", "email"), ("received", "2999-01-01")],
        )
        .expect(422);
}
