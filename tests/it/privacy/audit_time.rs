//! The audit log over time: checkpoints outside of it, the mail to owners, the purge after a year, and the check of
//! an exported file by whoever has nothing else (P-111, AUD-2, AUD-4, ERA-7).

use std::fs;
use std::process::Command;

use crate::support::{TestApp, shown};

const DAY: i64 = 86_400;

fn verify(app: &TestApp, arguments: &[&str]) -> (Option<i32>, String) {
    let output = app.command(&[&["audit", "verify"], arguments].concat());
    (output.status.code(), shown(&output))
}

/// The checkpoint that the daily mail to the owner of alpha carries for its records.
fn mailed_checkpoint(app: &TestApp) -> String {
    let text: String = app
        .control()
        .query_row("SELECT body_text FROM outgoing_mail WHERE purpose = 'audit_digest' ORDER BY id DESC", [], |row| {
            row.get(0)
        })
        .expect("the mail waits");
    assert!(!text.contains("@alpha.example"), "it names nobody: {text}");
    let start = text.find("holdfast/").expect("a checkpoint");
    let end = start + text[start..].find("\n\nholdfast/").unwrap_or(text.len() - start);
    text[start..end].to_owned()
}

#[test]
fn p_111_entries_go_after_365_days_and_the_log_still_proves_itself() {
    let mut app = TestApp::start();
    let program = app.program_of("owner@alpha.example", "alpha");
    let count = |app: &TestApp, sql: &str| -> i64 {
        app.workspace("alpha").query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    let before = count(&app, "SELECT count(*) FROM audit");
    app.advance(364 * DAY);
    app.run_job("privacy.audit.purge", "alpha");
    assert_eq!(count(&app, "SELECT count(*) FROM audit WHERE action = 'privacy.audit.purged'"), 0);
    assert!(count(&app, "SELECT count(*) FROM audit") >= before);
    let _ = program;
    app.advance(2 * DAY);
    app.run_job("privacy.audit.purge", "alpha");
    app.run_job("privacy.control_audit.purge", "");
    let year = app.now().0 - 365 * DAY * 1_000;
    assert_eq!(count(&app, &format!("SELECT count(*) FROM audit WHERE at < {year}")), 0);
    assert_eq!(count(&app, "SELECT count(*) FROM audit WHERE action = 'privacy.audit.purged'"), 1);
    assert!(count(&app, "SELECT min(seq) FROM audit") > 1);
    let (code, said) = verify(&app, &["--all"]);
    assert_eq!(code, Some(0), "{said}");
    // Another who cuts the beginning does not get away with it.
    app.server.stop();
    app.workspace("alpha").execute("DELETE FROM audit WHERE seq = (SELECT min(seq) FROM audit)", []).expect("cut");
    let (code, said) = verify(&app, &["alpha"]);
    assert_eq!(code, Some(1), "{said}");
}

#[test]
fn aud_4_checkpoints_leave_the_file_and_find_what_was_cut_off() {
    let mut app = TestApp::start();
    app.run_job("privacy.audit.checkpoint", "alpha");
    app.run_job("privacy.control_audit.checkpoint", "");
    app.run_job("privacy.audit.digest", "alpha");
    let (code, said) = verify(&app, &["--all"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("a checkpoint agrees"), "{said}");
    let folder = tempfile::tempdir().expect("a folder");
    let mailed = folder.path().join("from-the-mail.txt");
    fs::write(&mailed, mailed_checkpoint(&app)).expect("written");
    let mailed = mailed.to_str().expect("a path").to_owned();
    let (code, said) = verify(&app, &["alpha", "--checkpoint", &mailed]);
    assert_eq!(code, Some(0), "{said}");
    // The end is cut off, and the journal beside the data too: the mail remembers.
    app.server.stop();
    app.workspace("alpha").execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)", []).expect("cut");
    let (code, said) = verify(&app, &["alpha"]);
    assert_eq!(code, Some(1), "the journal remembers: {said}");
    fs::remove_dir_all(app.data().join("logs").join("audit")).expect("the journal goes");
    assert_eq!(verify(&app, &["alpha"]).0, Some(0), "without a checkpoint nobody can know");
    let (code, said) = verify(&app, &["alpha", "--checkpoint", &mailed]);
    assert_eq!(code, Some(1), "{said}");
    let forged = folder.path().join("forged.txt");
    let text = fs::read_to_string(&mailed).expect("read").replacen("time 2", "time 1", 1);
    fs::write(&forged, text).expect("written");
    let (code, said) = verify(&app, &["alpha", "--checkpoint", forged.to_str().expect("a path")]);
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn an_exported_log_is_checked_without_data_folder_or_key() {
    let app = TestApp::start();
    let exported = app.command(&["audit", "export", "alpha"]);
    assert!(exported.status.success());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("alpha.jsonl");
    let check = |text: &str| {
        fs::write(&file, text).expect("written");
        let output = Command::new(env!("CARGO_BIN_EXE_holdfast"))
            .args(["audit", "verify", file.to_str().expect("a path")])
            .current_dir(folder.path())
            .env_clear()
            .output()
            .expect("it runs");
        (output.status.code(), shown(&output))
    };
    let text = String::from_utf8(exported.stdout).expect("text");
    let (code, said) = check(&text);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = check(&text.replacen("people.contact.created", "people.contact.deleted", 1));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("its content was changed"), "{said}");
    let (code, said) = check("{}\n");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("line 1"), "{said}");
}
