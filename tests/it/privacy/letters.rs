//! Deadlines, reminders, letters and the pages of requests of people about their data.

use serde_json::json;

use super::requests::{REQUESTS, check_all, contact, enter, letter, post, read, settings, step};
use crate::people::{OWNER, audited, id};
use crate::support::smtp::MailServer;
use crate::support::{Start, TestApp};

const DAY: i64 = 24 * 3_600;

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
    assert_eq!(again.location().split('?').next(), Some(here.as_str()), "the second leads to the first");
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
