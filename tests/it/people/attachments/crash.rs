//! `kill -9` in the middle of uploads and deletes, and what then lies on the disk.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{OWNER, Pattern, attach, blobs, count, id, run_job};
use crate::support::TestApp;

/// Gives some bytes, and then one at a time, so that an upload is under way for as long as it must be.
struct Trickle(Pattern);

impl Read for Trickle {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.0.at > 3_000_000 {
            std::thread::sleep(Duration::from_millis(5));
            return self.0.read(&mut into[..1]);
        }
        self.0.read(into)
    }
}

#[test]
fn fil_3_an_upload_cut_off_by_kill_9_leaves_nothing() {
    let mut app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let kept = attach(&program, 1, "kept.txt", b"words");
    let sending = program.clone();
    let upload = std::thread::spawn(move || {
        let content = Trickle(Pattern { at: 0, length: 50_000_000 });
        sending.upload_stream("/api/v1/attachments", &[("on", "contact:1")], "cut.bin", content)
    });
    for _ in 0..500 {
        if blobs(&app).iter().any(|path| std::fs::metadata(path).is_ok_and(|meta| meta.len() > 1_000_000)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(blobs(&app).len(), 2, "the upload is under way");
    // The job leaves alone what is still coming in.
    run_job(&app, "people.attachments.clear");
    run_job(&app, "people.attachments.sweep");
    assert_eq!(blobs(&app).len(), 2);
    app.server.kill();
    assert!(upload.join().expect("no panic").is_err());
    app.restart();
    run_job(&app, "people.attachments.clear");
    assert_eq!((blobs(&app).len(), count(&app, "attachments")), (1, 1));
    let program = app.program_of(OWNER, "alpha");
    assert_eq!(program.get(&format!("/api/v1/attachments/{}/content", id(&kept))).expect(200).bytes, b"words");
}

/// Between the commit that deletes the row and the removal of the file, and between the file and its row.
#[test]
fn what_a_crash_leaves_between_row_and_file_is_finished_by_the_jobs() {
    let mut app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (gone, kept) =
        (attach(&program, 1, "gone.png", &super::hostile::png(20, 20)), attach(&program, 1, "kept.txt", b"words"));
    app.server.kill();
    // As the disk looks when the process dies right after the commit of a delete.
    let conn = app.workspace("alpha");
    conn.execute("DELETE FROM attachments WHERE id = ?1", [id(&gone)]).expect("a delete");
    assert_eq!((blobs(&app).len(), count(&app, "attachment_remains")), (3, 2));
    // And when it dies after a file came to its place, before its row.
    let orphan = blobs(&app)[0].parent().expect("a folder").join("0f".repeat(16));
    std::fs::write(&orphan, b"sealed under a key that is gone").expect("a file");
    drop(conn);
    app.restart();
    run_job(&app, "people.attachments.clear");
    assert_eq!((blobs(&app).len(), count(&app, "attachment_remains")), (2, 0));
    assert!(orphan.exists());
    run_job(&app, "people.attachments.sweep");
    assert!(!orphan.exists() && blobs(&app).len() == 1);
    run_job(&app, "people.attachments.sweep");
    let program = app.program_of(OWNER, "alpha");
    assert_eq!(program.get(&format!("/api/v1/attachments/{}/content", id(&kept))).expect(200).bytes, b"words");
    crate::durability::assert_audit_verifies(&app);
}

#[test]
fn kill_9_among_many_uploads_and_deletes_keeps_rows_and_files_together() {
    let mut app = TestApp::start();
    for kill in 0..6_u64 {
        let program = app.program_of(OWNER, "alpha");
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for number in 0.. {
                        let content = Pattern { at: number, length: number + 90_000 };
                        let sent =
                            program.upload_stream("/api/v1/attachments", &[("on", "contact:1")], "load.bin", content);
                        let Ok(answer) = sent else { return };
                        if number % 3 == 0 && answer.status == 201 {
                            let path = format!("/api/v1/attachments/{}", id(&answer.json()));
                            let ask = crate::support::Ask::new("DELETE", &path);
                            if program.try_send(ask).is_err() {
                                return;
                            }
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(150 + (kill * 97) % 400));
            app.server.kill();
        });
        app.restart();
        run_job(&app, "people.attachments.clear");
        run_job(&app, "people.attachments.sweep");
        let program = app.program_of(OWNER, "alpha");
        let files = program.get("/api/v1/attachments?limit=200").expect(200).json();
        let files = files["data"].as_array().expect("files").clone();
        assert_eq!(blobs(&app).len(), files.len(), "after kill {kill}: one file for each row, one row for each file");
        for file in files {
            let content = program.get(file["content_url"].as_str().expect("an address")).expect(200);
            assert_eq!(super::hex(&content.bytes), file["sha256"].as_str().expect("a hash"));
        }
    }
    assert!(count(&app, "attachments") > 0, "nothing was acknowledged: too little to prove anything");
}

fn holds(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    super::walk(folder, &mut found);
    found.retain(|path| {
        std::fs::read(path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    });
    found.into_iter().map(|path| path.display().to_string()).collect()
}

#[test]
fn dur_8_neither_content_nor_name_lies_in_plain() {
    let mut app = TestApp::start();
    let (page, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let content = b"Zyxwcontent ".repeat(20_000);
    let file = attach(&program, 1, "Zyxwname.txt", &content);
    page.upload("/w/alpha/people/contacts/1/attachments", &[], ("file", "Zyxwpaged.txt", &content)).expect(303);
    program.get(&format!("/api/v1/attachments/{}/content", id(&file))).expect(200);
    program.call("DELETE", &format!("/api/v1/attachments/{}", id(&file)), &json!({})).expect(204);
    for when in ["while it runs", "after kill -9", "after a clean stop"] {
        match when {
            "after kill -9" => app.server.kill(),
            "after a clean stop" => {
                app.restart();
                app.server.stop();
            }
            _ => {}
        }
        for needle in [&b"Zyxwcontent"[..], b"Zyxwname", b"Zyxwpaged"] {
            assert_eq!(holds(&app.data(), needle), Vec::<String>::new(), "{when}");
        }
    }
    assert!(!app.server.log().contains("Zyxw"), "the log names a file");
}
