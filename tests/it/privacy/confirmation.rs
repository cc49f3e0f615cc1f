//! The second step of a double opt-in, from outside: the mail, the link, the button (P-108).

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const OWNER: &str = "owner@alpha.example";

fn agree(program: &Client, contact: i64) -> Value {
    let body = json!({
        "on": { "type": "contact", "id": contact }, "purpose": "newsletter", "action": "grant", "method": "form",
        "address": "192.0.2.7", "user_agent": "Lantern/1"
    });
    program.call("POST", "/api/v1/consents", &body).expect(201).json()
}

fn reason(program: &Client, contact: i64) -> String {
    let answer = program.get(&format!("/api/v1/contacts/{contact}/permissions")).expect(200).json();
    let found = answer["data"].as_array().into_iter().flatten().find(|one| one["purpose"] == "newsletter").cloned();
    found.expect("the purpose")["reason"].as_str().unwrap_or("").to_owned()
}

/// Title and words of the mails that ask for a confirmation, the newest first.
fn mails(app: &TestApp, to: &str) -> Vec<(String, String)> {
    app.run_job("privacy.consent.ask", "alpha");
    let control = app.control();
    let sql = "SELECT title, body_text FROM outgoing_mail WHERE purpose = 'consent_confirmation' AND recipient = ?1
               ORDER BY id DESC";
    let mut statement = control.prepare(sql).expect("a statement");
    let rows = statement.query_map([to], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.and_then(Iterator::collect).expect("rows")
}

fn link(text: &str) -> String {
    let line = text.lines().find(|line| line.contains("/confirm/")).expect("a link");
    line[line.find("/p/").expect("a path")..].to_owned()
}

#[test]
fn p_108_only_the_button_behind_the_mailed_link_confirms_and_it_works_once() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    agree(&program, 1);
    let sent = mails(&app, "quill1@alpha.example");
    assert_eq!(sent.len(), 1);
    assert_eq!(mails(&app, "quill1@alpha.example").len(), 1, "a second run of the job sends nothing more");
    assert!(sent[0].0.contains("Newsletter") && sent[0].1.contains("Send me your newsletter"), "{sent:?}");
    let link = link(&sent[0].1);
    // The link is kept nowhere in the file.
    let proof = link.rsplit('-').next().expect("a proof").to_owned();
    let file = std::fs::read(app.workspace("alpha").path().expect("a path")).expect("the file");
    assert!(!file.windows(proof.len()).any(|window| window == proof.as_bytes()));
    // Programs that look into mails open links.
    let scanner = app.stranger();
    for _ in 0..3 {
        assert!(scanner.get(&link).expect(200).text().contains("Yes, I confirm"));
    }
    assert_eq!(reason(&program, 1), "not_confirmed");
    scanner.get(&link.replace(&proof[..4], if proof.starts_with("0000") { "1111" } else { "0000" })).expect(404);
    scanner.get("/p/beta/confirm/1-00").expect(404);
    let person = app.stranger();
    person.get(&link).expect(200);
    person.submit(&link, &[("more", "x")]);
    assert_eq!(reason(&program, 1), "not_confirmed", "a form that is not ours");
    person.submit(&link, &[]).expect(303);
    assert_eq!(reason(&program, 1), "consent");
    assert!(person.get(&link).expect(200).text().contains("You confirmed it"));
    assert!(!person.submit(&link, &[]).expect(200).text().contains("Yes, I confirm"));
    let events = program.get("/api/v1/consents?contact=1").expect(200).json();
    let confirmed = &events["data"][0];
    assert_eq!((&confirmed["action"], &confirmed["method"]), (&json!("confirm"), &json!("mail_link")));
    assert!(confirmed["evidence"].as_str().is_some_and(|words| words.contains("quill1@alpha.example")), "{confirmed}");
    assert_ne!(confirmed["address"], "");
    assert_eq!(confirmed["wording"], 1);
    assert_eq!(events["data"].as_array().map(Vec::len), Some(2), "one yes and one confirmation");
}

#[test]
fn p_108_links_end_and_what_nobody_confirmed_goes_by_rule() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    agree(&program, 1);
    agree(&program, 2);
    let first = link(&mails(&app, "quill1@alpha.example")[0].1);
    // Who says no in between has nothing left to confirm.
    let no = json!({ "on": { "type": "contact", "id": 2 }, "purpose": "newsletter", "action": "withdraw" });
    let second = link(&mails(&app, "quill2@alpha.example")[0].1);
    program.call("POST", "/api/v1/consents", &no).expect(201);
    let stranger = app.stranger();
    assert!(stranger.get(&second).expect(410).text().contains("This link is over"));
    stranger.submit(&second, &[]).expect(410);
    assert_eq!(reason(&program, 2), "withdrawn");
    // Asked again: not within a day, and then the link before ends.
    let again = || app.session_of(OWNER).submit("/w/alpha/privacy/people/1/confirmation", &[("purpose", "newsletter")]);
    again().expect(409);
    app.advance(86_401);
    assert!(again().expect(303).location().contains("/privacy/people/1"));
    let newer = link(&mails(&app, "quill1@alpha.example")[0].1);
    assert_ne!(newer, first);
    stranger.get(&first).expect(410);
    stranger.get(&newer).expect(200);
    app.advance(7 * 86_400);
    stranger.get(&newer).expect(410);
    stranger.submit(&newer, &[]).expect(410);
    assert_eq!(reason(&app.program_of(OWNER, "alpha"), 1), "not_confirmed");
    app.advance(23 * 86_400);
    app.run_job("privacy.retention.run", "alpha");
    let program = app.program_of(OWNER, "alpha");
    assert_eq!(reason(&program, 1), "never_asked", "after 30 days nobody was ever asked");
    assert_eq!(reason(&program, 2), "withdrawn", "a no stays");
    stranger.get(&newer).expect(404);
}

#[test]
fn p_108_the_mail_speaks_the_language_of_the_person_and_goes_to_nobody_who_is_closed() {
    let app = TestApp::start();
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    let person = |email: &str, language: &str| {
        let body =
            json!({ "given_name": "Ada", "family_name": "Kelp", "language": language, "emails": [{ "value": email }] });
        program.call("POST", "/api/v1/contacts", &body).expect(201).json()["id"].as_i64().expect("an id")
    };
    let place = "/w/alpha/privacy/confirmations";
    let words = |body: &'static str| [("title", "Nog een klik: {purpose}"), ("body", body)];
    owner.submit(place, &[("language", "klingon!")]).expect(422);
    assert_eq!(owner.submit(place, &[("language", "nl")]).expect(303).location(), format!("{place}/nl"));
    let missing = owner.submit(&format!("{place}/nl"), &words("Hallo {name} {link}")).expect(422).text();
    assert!(missing.contains("paragraph of its own") && missing.contains("{wording}"), "{missing}");
    owner.submit(&format!("{place}/nl"), &words("Hallo {naam}\n\n{link}\n\n{wording}")).expect(422);
    owner.submit(&format!("{place}/nl"), &words("Hallo {name}\n\n{wording}\n\n{link}")).expect(303);
    for (language, email) in [("nl-BE", "nl@alpha.example"), ("de", "de@alpha.example"), ("fi", "fi@alpha.example")] {
        agree(&program, person(email, language));
    }
    let title = |to: &str| mails(&app, to).first().map(|(title, _)| title.split(':').next().unwrap_or("").to_owned());
    assert_eq!(title("nl@alpha.example").as_deref(), Some("Nog een klik"));
    assert_eq!(title("de@alpha.example").as_deref(), Some("Ein Klick fehlt noch"));
    assert_eq!(title("fi@alpha.example").as_deref(), Some("One click is missing"));
    owner.submit(&format!("{place}/nl/withdraw"), &[]).expect(303);
    agree(&program, person("nl2@alpha.example", "nl"));
    assert_eq!(title("nl2@alpha.example").as_deref(), Some("One click is missing"));
    // Restricted since they agreed: no mail, and the page says that none may go.
    let closed = person("closed@alpha.example", "");
    let body = json!({ "on": { "type": "contact", "id": closed }, "ground": "claims", "reason": "x" });
    program.call("POST", "/api/v1/restrictions", &body).expect(201);
    agree(&program, closed);
    assert_eq!(title("closed@alpha.example"), None);
    let page = owner.get(&format!("/w/alpha/privacy/people/{closed}")).expect(200).text();
    assert!(page.contains("No mail may go to them"), "{page}");
}
