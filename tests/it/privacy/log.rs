//! What people send can neither begin a line of the log nor speak to the operator's terminal (AUD-5).

use serde_json::json;

use crate::support::wire::Wire;
use crate::support::{Start, TestApp, shown};

/// Ends a line, clears a screen, rings, hides what follows.
const NASTY: &str = "Zyxw\r\nERROR forged\u{1b}[2J\u{7}\u{0}\u{9b}31m\u{202e}";

/// Control characters that a terminal or a reader of lines would obey.
fn obeyed(text: &str) -> Vec<char> {
    text.chars()
        .filter(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .collect()
}

#[test]
fn aud_5_nobody_writes_lines_into_the_log() {
    for format in ["text", "json"] {
        let environment =
            vec![("HOLDFAST_LOG__LEVEL".into(), "debug".into()), ("HOLDFAST_LOG__FORMAT".into(), format.into())];
        let mut app = TestApp::start_with(Start { environment, ..Start::default() });
        let program = app.program_of("owner@alpha.example", "alpha");
        program.call("POST", "/api/v1/contacts", &json!({ "given_name": NASTY }));
        program.call("POST", "/api/v1/contacts", &json!({ NASTY: 1 }));
        program.upload("/api/v1/imports", &[("object", NASTY), ("mode", NASTY)], ("file", "a.csv", NASTY.as_bytes()));
        let page = app.session_of("owner@alpha.example");
        page.submit("/w/alpha/people/contacts", &[("given_name", NASTY), (NASTY, NASTY)]);
        app.stranger().submit("/sign-in", &[("email", NASTY), ("password", NASTY), ("next", NASTY)]);
        let encoded: String = NASTY.bytes().map(|byte| format!("%{byte:02x}")).collect();
        page.get(&format!("/w/{encoded}/people/contacts?q={encoded}&{encoded}=1"));
        page.get(&format!("/w/alpha/people/contacts/{encoded}"));
        app.stranger().get(&format!("/{encoded}"));
        for header in ["User-Agent", "Referer", "X-Forwarded-For", "Authorization", "Cookie", "Accept-Language"] {
            let mut wire = Wire::open(&app);
            wire.say(format!("GET /w/alpha HTTP/1.1\r\nHost: localhost\r\n{header}: a\u{1b}[2J\u{9b}31m\tb\r\nConnection: close\r\n\r\n"));
            wire.hear(std::time::Duration::from_secs(5));
        }
        let mut wire = Wire::open(&app);
        wire.say("ZY\u{1b}XW / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        wire.hear(std::time::Duration::from_secs(5));
        app.server.stop();
        let log = app.server.log();
        assert!(log.lines().count() > 10, "the log says too little to prove anything: {log}");
        assert_eq!(obeyed(&log), Vec::<char>::new(), "the {format} log would be obeyed:\n{log:?}");
        let forged: Vec<&str> = log.lines().filter(|line| line.trim_start().starts_with("ERROR forged")).collect();
        assert_eq!(forged, Vec::<&str>::new());
    }
}

/// Names are refused when they hold such things; what came into the files otherwise is shown without them.
#[test]
fn aud_5_no_name_speaks_to_the_terminal() {
    let app = TestApp::start();
    let page = app.session_of("owner@alpha.example");
    let answer = page.submit("/w/alpha/settings/general", &[("name", NASTY)]);
    let kept: String = app
        .control()
        .query_row("SELECT name FROM workspaces WHERE slug = 'alpha'", [], |row| row.get(0))
        .expect("a name");
    assert_eq!(obeyed(&kept), Vec::<char>::new(), "it was taken with {}", answer.status);
    app.control().execute("UPDATE workspaces SET name = ?1 WHERE slug = 'alpha'", [NASTY]).expect("planted");
    app.control()
        .execute("UPDATE accounts SET display_name = ?1 WHERE email = 'owner@alpha.example'", [NASTY])
        .expect("planted");
    for command in [&["workspace", "list"][..], &["user", "list"], &["job", "list"], &["audit", "verify", "--all"]] {
        let output = app.command(command);
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(obeyed(&said), Vec::<char>::new(), "{command:?} {}", shown(&output));
    }
}
