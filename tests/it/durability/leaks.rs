//! What people wrote stands nowhere in plain: not in the files, not in the log (DUR-8, P-071, KEY-7).

use std::path::Path;

use serde_json::json;

use crate::support::{Ask, Client, Start, TestApp};

/// Words that stand nowhere else; each goes into another field.
const CANARIES: [&str; 12] = [
    "Zyxwgiven",
    "Zyxwfamily",
    "zyxwmail",
    "4416329601",
    "Zyxwcompany",
    "Zyxwnote",
    "Zyxwtag",
    "Zyxwstreet",
    "Zyxwcity",
    "Zyxwimported",
    "Zyxwjob",
    "Zyxwsearch",
];

/// Puts a canary into every field that takes text, by page, API and file.
fn tell_everything(app: &TestApp) -> (Client, Client) {
    let (page, program) = (app.session_of("owner@alpha.example"), app.program_of("owner@alpha.example", "alpha"));
    let company = program
        .call("POST", "/api/v1/companies", &json!({ "name": "Zyxwcompany Works", "domain": "zyxwcompany.example" }))
        .expect(201)
        .json();
    let contact = json!({
        "given_name": "Zyxwgiven", "family_name": "Zyxwfamily", "job_title": "Zyxwjob", "company_id": company["id"],
        "emails": [{ "value": "zyxwmail@canary.example", "primary": true }],
        "phones": [{ "value": "+441632960144" }],
        "address": { "street": "Zyxwstreet 7", "city": "Zyxwcity" },
        "tags": ["Zyxwtag"],
    });
    let contact = program.call("POST", "/api/v1/contacts", &contact).expect(201).json();
    let note = json!({ "on": { "type": "contact", "id": contact["id"] }, "body": "Zyxwnote about the weather" });
    program.call("POST", "/api/v1/notes", &note).expect(201);
    program.get("/api/v1/contacts?q=Zyxwsearch").expect(200);
    page.get("/w/alpha/people/contacts?q=Zyxwsearch").expect(200);
    page.get(&format!("/w/alpha/people/contacts/{}", contact["id"])).expect(200);
    let csv = b"Given name,Family name,Email\nZyxwimported,Row,zyxwimported@canary.example\n";
    let import =
        program.upload("/api/v1/imports", &[("object", "contact"), ("mode", "create")], ("file", "zyxwfile.csv", csv));
    assert_eq!(import.status, 201, "{}", import.text());
    // Failures say what is wrong to whoever asked; the log must not.
    program.call("POST", "/api/v1/contacts", &json!({ "given_name": 7, "zyxwmail": "Zyxwgiven" }));
    program.call("POST", "/api/v1/contacts", &contact);
    page.get("/w/alpha/people/contacts/Zyxwgiven");
    page.get("/Zyxwfamily");
    program.get("/api/v1/Zyxwfamily");
    page.send(Ask::new("ZYXWSEARCH", "/Zyxwjob"));
    page.send(Ask::new("ZYXWSEARCH", "/w/alpha/people/contacts"));
    app.stranger().submit("/sign-in", &[("email", "zyxwmail@canary.example"), ("password", "Zyxwgiven password")]);
    page.send(Ask::new("POST", "/w/alpha/people/contacts").body("text/plain", "Zyxwgiven"));
    (page, program)
}

/// Every file below `folder` that holds `needle`, in UTF-8 or UTF-16.
fn files_with(folder: &Path, needle: &str) -> Vec<String> {
    let wide: Vec<u8> = needle.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if let Ok(bytes) = std::fs::read(&path)
            && (contains(&bytes, needle.as_bytes()) || contains(&bytes, &wide))
        {
            found.push(path.display().to_string());
        }
    }
    found
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn dur_8_no_file_holds_what_people_wrote() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let environment = vec![("TMPDIR".to_owned(), temporary.path().display().to_string())];
    let mut app = TestApp::start_with(Start { environment, ..Start::default() });
    let (page, _program) = tell_everything(&app);
    let cookie = page.cookie().expect("a cookie");
    let look = |app: &TestApp, when: &str| {
        let mut leaks = Vec::new();
        for canary in CANARIES.iter().copied().chain([cookie.as_str(), "SQLite format 3", "alpha.example"]) {
            for folder in [app.data().as_path(), temporary.path()] {
                leaks.extend(
                    files_with(folder, canary).into_iter().map(|file| format!("{when}: {file} holds {canary}")),
                );
            }
        }
        crate::tidy::none("In plain on the disk:", &leaks);
    };
    look(&app, "while it runs");
    app.server.kill();
    look(&app, "after kill -9");
    app.restart();
    app.server.stop();
    look(&app, "after a clean stop");
}

#[test]
fn p_071_the_log_holds_nothing_that_people_wrote() {
    for format in ["text", "json"] {
        let environment =
            vec![("HOLDFAST_LOG__LEVEL".into(), "debug".into()), ("HOLDFAST_LOG__FORMAT".into(), format.into())];
        let mut app = TestApp::start_with(Start { environment, ..Start::default() });
        let token = crate::support::fixture::plant_token(&app.control(), "admin@alpha.example", "alpha", app.now());
        app.stranger().with_token(&token).get("/api/v1/contacts").expect(200);
        let (page, _program) = tell_everything(&app);
        let (cookie, form_token) = (page.cookie().expect("a cookie"), page.form_token());
        app.server.stop();
        let log = app.server.log();
        assert!(log.lines().count() > 10, "the log says too little to prove anything: {log}");
        assert!(log.contains("/w/{slug}/people/contacts"), "the log names routes by their template");
        let words = CANARIES.iter().copied().chain([
            cookie.as_str(),
            form_token.as_str(),
            token.as_str(),
            "alpha.example",
            "canary.example",
        ]);
        for word in words.chain(["SELECT ", "INSERT "]) {
            let line = log.lines().find(|line| line.contains(word));
            assert_eq!(line, None, "the {format} log holds {word}");
        }
        if format == "json" {
            let lines: Vec<serde_json::Value> =
                log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            let answered = |route: &str, status: i64| {
                lines.iter().filter(|line| line["route"] == route && line["status"] == status).count()
            };
            assert_eq!(answered("-", 404), 3, "what leads nowhere is logged too, without its address: {log}");
            // One method that nobody knows, and a POST where there is none.
            assert_eq!(answered("/w/{slug}/people/contacts", 405), 2, "{log}");
            for line in log.lines().filter(|line| line.contains("\"request\"")) {
                serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            }
        }
    }
}
