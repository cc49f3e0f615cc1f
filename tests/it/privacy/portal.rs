//! The portal without an account: nobody learns who is known, and whoever shows their address sees everything and
//! uses their rights (M11, P-083).

use rusqlite::Connection;
use serde_json::json;

use crate::support::client::between;
use crate::support::{Client, TestApp};

const OWNER: &str = "owner@alpha.example";
const KNOWN: &str = "zelda.quill@example.org";

struct Portal {
    app: TestApp,
    person: i64,
}

impl Portal {
    fn start() -> Portal {
        let app = TestApp::start();
        let made = app.program_of(OWNER, "alpha").call(
            "POST",
            "/api/v1/contacts",
            &json!({ "given_name": "Zelda", "family_name": "Quill", "emails": [{ "value": KNOWN }] }),
        );
        let person = made.expect(201).json()["id"].as_i64().expect("an id");
        Portal { app, person }
    }

    fn code(&self, address: &str) -> String {
        let text: String = self
            .app
            .control()
            .query_row(
                "SELECT body_text FROM outgoing_mail WHERE purpose = 'portal_code' AND recipient = ?1 ORDER BY id DESC",
                [address],
                |row| row.get(0),
            )
            .expect("a mail");
        text.lines().find(|line| line.len() == 9 && line.as_bytes()[4] == b' ').expect("a code").to_owned()
    }

    /// A browser that has come in as somebody.
    fn visitor(&self, address: &str) -> Client {
        let browser = self.app.stranger();
        browser.get("/p/alpha/your-data").expect(200);
        browser.submit("/p/alpha/your-data", &[("email", address)]).expect(200);
        browser.submit("/p/alpha/your-data/code", &[("code", &self.code(address))]).expect(303);
        browser
    }

    fn file(&self) -> Connection {
        self.app.workspace("alpha")
    }

    fn count(&self, sql: &str) -> i64 {
        self.file().query_row(sql, [], |row| row.get(0)).expect("a count")
    }
}

#[test]
fn m11_the_page_never_says_whether_somebody_is_known() {
    let portal = Portal::start();
    let answer = |address: &str| {
        let browser = portal.app.stranger();
        browser.get("/p/alpha/your-data").expect(200);
        let page = browser.submit("/p/alpha/your-data", &[("email", address)]).expect(200).text();
        // The form's own token differs with every browser.
        let token = between(&page, "name=\"csrf-token\" content=\"", "\"").expect("a token").to_owned();
        page.replace(&token, "")
    };
    assert_eq!(answer(KNOWN), answer("nobody.at.all@example.org"));
    // Both got a mail, alike but for the code.
    let mails = "SELECT count(*) FROM outgoing_mail WHERE purpose = 'portal_code'";
    let mails: i64 = portal.app.control().query_row(mails, [], |row| row.get(0)).expect("a count");
    assert_eq!(mails, 2);
    let held = portal.visitor("nobody.at.all@example.org").get("/p/alpha/your-data/held").expect(200).text();
    assert!(held.contains("Nothing is held under this address"), "{held}");
    // An address that is none says so, and a workspace that is none is no page.
    let refused = portal.app.stranger();
    refused.get("/p/alpha/your-data").expect(200);
    let page = refused.submit("/p/alpha/your-data", &[("email", "not an address")]).expect(422).text();
    assert!(page.contains("Enter your email address"), "{page}");
    portal.app.stranger().get("/p/nowhere/your-data").expect(404);
}

#[test]
fn m11_everything_held_is_shown_with_why_and_how_long() {
    let portal = Portal::start();
    let page = portal.visitor(KNOWN).get("/p/alpha/your-data/held").expect(200).text();
    for words in ["Zelda", KNOWN, "Why", "By which right", "Who may receive it", "How long", "Where from"] {
        assert!(page.contains(words), "{words} is missing: {page}");
    }
    assert!(!page.contains(OWNER), "members stand there by their role");
    // Without a visit there is nothing but the way to the entrance.
    let stranger = portal.app.stranger();
    stranger.get("/p/alpha/your-data").expect(200);
    stranger.get("/p/alpha/your-data/held").expect(303);
    stranger.submit("/p/alpha/your-data/restrict", &[]).expect(303);
    assert_eq!(portal.count("SELECT count(*) FROM restrictions"), 0);
}

#[test]
fn codes_are_limited_expire_and_belong_to_one_browser() {
    let portal = Portal::start();
    let browser = portal.app.stranger();
    browser.get("/p/alpha/your-data").expect(200);
    browser.submit("/p/alpha/your-data", &[("email", KNOWN)]).expect(200);
    let code = portal.code(KNOWN);
    let another = portal.app.stranger();
    another.get("/p/alpha/your-data").expect(200);
    another.submit("/p/alpha/your-data/code", &[("code", &code)]).expect(422);
    for _ in 0..5 {
        browser.submit("/p/alpha/your-data/code", &[("code", "0000 0000")]).expect(422);
    }
    let page = browser.submit("/p/alpha/your-data/code", &[("code", &code)]);
    assert_ne!(page.status, 303, "five wrong tries end a code");
    portal.app.advance(3_600);
    let late = portal.app.stranger();
    late.get("/p/alpha/your-data").expect(200);
    late.submit("/p/alpha/your-data", &[("email", KNOWN)]).expect(200);
    let code = portal.code(KNOWN);
    portal.app.advance(11 * 60);
    late.submit("/p/alpha/your-data/code", &[("code", &code)]).expect(422);
    // A visit ends by itself.
    let visitor = portal.visitor(KNOWN);
    visitor.get("/p/alpha/your-data/held").expect(200);
    portal.app.advance(31 * 60);
    visitor.get("/p/alpha/your-data/held").expect(303);
}

#[test]
fn p_083_rights_are_used_without_anybody_in_between() {
    let portal = Portal::start();
    let visitor = portal.visitor(KNOWN);
    visitor.submit("/p/alpha/your-data/say", &[("purpose", ""), ("action", "object")]).expect(303);
    let sql = format!(
        "SELECT count(*) FROM consent_events WHERE action = 'object' AND method = 'portal' AND on_id = {}",
        portal.person
    );
    assert_eq!(portal.count(&sql), 1);
    visitor.submit("/p/alpha/your-data/restrict", &[]).expect(303);
    assert_eq!(portal.count(&format!("SELECT restricted FROM contacts WHERE id = {}", portal.person)), 1);
    assert!(visitor.get("/p/alpha/your-data/held").expect(200).text().contains("kept and not used since"));
    // A correction says what is wrong; without it the form comes back.
    let back = visitor.submit("/p/alpha/your-data/ask", &[("kind", "rectification"), ("words", "")]).expect(422).text();
    assert!(back.contains("Say what is wrong"), "{back}");
    visitor
        .submit("/p/alpha/your-data/ask", &[("kind", "rectification"), ("words", "My name is Zelda Quilt.")])
        .expect(303);
    visitor.submit("/p/alpha/your-data/ask", &[("kind", "erasure"), ("words", "")]).expect(303);
    let checked = "SELECT count(*) FROM subject_requests WHERE channel = 'portal' AND state = 'verified'";
    assert_eq!(portal.count(checked), 2, "the code has shown who asks");
    // The same again is linked, not repeated.
    visitor.submit("/p/alpha/your-data/ask", &[("kind", "erasure"), ("words", "")]).expect(303);
    assert_eq!(portal.count("SELECT count(*) FROM subject_requests WHERE duplicate_of IS NOT NULL"), 1);
    // Somebody unknown can ask too, and is verified by nobody.
    let nobody = portal.visitor("nobody.at.all@example.org");
    nobody.submit("/p/alpha/your-data/ask", &[("kind", "access"), ("name", "No Body")]).expect(303);
    assert_eq!(
        portal.count("SELECT count(*) FROM subject_requests WHERE person_id IS NULL AND state <> 'verified'"),
        1
    );
}

#[test]
fn p_083_a_copy_is_made_and_taken_once() {
    let portal = Portal::start();
    let visitor = portal.visitor(KNOWN);
    visitor.submit("/p/alpha/your-data/copy", &[]).expect(303);
    let mut link = String::new();
    for _ in 0..100 {
        let answer = visitor.submit("/p/alpha/your-data/copy", &[]).expect(303);
        link = answer.location().to_owned();
        if link.contains("/packages/") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    visitor.get(&link).expect(200);
    let copy = visitor.submit(&link, &[]).expect(200);
    assert!(copy.bytes.starts_with(b"PK"), "a zip file");
    visitor.submit(&link, &[]).expect(410);
}

#[test]
fn m11_a_code_on_paper_does_the_same_without_mail() {
    let portal = Portal::start();
    let page = portal.app.session_of(OWNER);
    let path = format!("/w/alpha/privacy/people/{}/portal-code", portal.person);
    let print = || {
        let text = page.submit(&path, &[]).expect(200).text();
        let mut runs = text.split(|c: char| !c.is_ascii_digit() && c != ' ').map(str::trim);
        runs.rfind(|run| run.len() == 19 && run.split(' ').count() == 4).expect("a code").to_owned()
    };
    let first = print();
    let second = print();
    let browser = portal.app.stranger();
    browser.get("/p/alpha/your-data/paper").expect(200);
    browser.submit("/p/alpha/your-data/paper", &[("code", &first)]).expect(422);
    browser.submit("/p/alpha/your-data/paper", &[("code", &second)]).expect(303);
    assert!(browser.get("/p/alpha/your-data/held").expect(200).text().contains("Zelda"));
    let again = portal.app.stranger();
    again.get("/p/alpha/your-data/paper").expect(200);
    again.submit("/p/alpha/your-data/paper", &[("code", &second)]).expect(422);
    browser.submit("/p/alpha/your-data/leave", &[]).expect(303);
    browser.get("/p/alpha/your-data/held").expect(303);
}
