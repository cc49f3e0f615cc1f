//! Size of a file, files on a record, room of a workspace: each refuses with its own words and leaves nothing.

use serde_json::json;

use super::{OWNER, attach, blobs, id, send};
use crate::support::{Start, TestApp};

fn with(settings: &[(&str, &str)]) -> TestApp {
    let environment =
        settings.iter().map(|(name, value)| (format!("HOLDFAST_ATTACHMENTS__{name}"), (*value).to_owned())).collect();
    TestApp::start_with(Start { environment, ..Start::default() })
}

#[test]
fn fil_5_a_file_that_is_too_large_is_refused_while_it_comes() {
    let app = with(&[("FILE_MB", "1")]);
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let exact = send(&program, "contact:1", "exact.bin", &vec![1; 1_000_000]);
    assert_eq!(exact.status, 201, "{}", exact.text());
    let over = send(&program, "contact:1", "over.bin", &vec![1; 1_000_001]).expect(413).json();
    assert_eq!(over["detail"], "The request is larger than the 1 MB allowed here.");
    let page = ana.upload("/w/alpha/people/contacts/1/attachments", &[], ("file", "over.bin", &vec![1; 1_200_000]));
    assert!(page.expect(413).text().contains("1 MB allowed here"));
    assert_eq!(blobs(&app).len(), 1);
    let form = ana.get("/w/alpha/people/contacts/1").expect(200).text();
    assert!(form.contains("data-most=\"1000000\"") && form.contains("Up to 1.0 MB each"), "{form}");
    assert_eq!(blobs(&app).len(), 1);
}

#[test]
fn fil_5_a_record_carries_so_many_files() {
    let app = with(&[("FILES_PER_RECORD", "2")]);
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    attach(&program, 1, "one.txt", b"words");
    attach(&program, 1, "two.txt", b"words");
    let three = send(&program, "contact:1", "three.txt", b"words").expect(422).json();
    assert_eq!(three["errors"][0]["code"], "too_many");
    let page = ana.upload("/w/alpha/people/contacts/1/attachments", &[], ("file", "three.txt", b"words"));
    let page = page.expect(422).text();
    assert!(page.contains("A record carries 2 files at most.") && page.contains("one.txt"), "{page}");
    attach(&program, 2, "elsewhere.txt", b"words");
    assert_eq!(blobs(&app).len(), 3);
}

#[test]
fn fil_5_a_workspace_has_so_much_room() {
    let app = with(&[("WORKSPACE_MB", "2")]);
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let first = attach(&program, 1, "one.bin", &vec![1; 1_500_000]);
    let full = send(&program, "contact:1", "two.bin", &vec![1; 600_000]).expect(507).json();
    assert_eq!(full["detail"], "The files of this workspace may take up 2 MB, and there is no room left for this.");
    let page = ana.upload("/w/alpha/people/contacts/1/attachments", &[], ("file", "two.bin", &vec![1; 600_000]));
    assert!(page.expect(507).text().contains("Delete files that nobody needs"));
    assert_eq!(blobs(&app).len(), 1);
    // Another workspace has room of its own, and what is deleted makes room.
    let beta = app.program_of("owner@beta.example", "beta");
    send(&beta, "contact:100001", "three.bin", &vec![1; 600_000]).expect(201);
    program.call("DELETE", &format!("/api/v1/attachments/{}", id(&first)), &json!({})).expect(204);
    attach(&program, 1, "two.bin", &vec![1; 600_000]);
}

/// Two uploads that fit by themselves and not together: the commit decides, not the look before.
#[test]
fn room_is_counted_again_when_the_file_is_there() {
    let app = with(&[("WORKSPACE_MB", "1")]);
    let program = app.program_of(OWNER, "alpha");
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|number| {
                let program = &program;
                scope.spawn(move || send(program, "contact:1", &format!("{number}.bin"), &vec![1; 700_000]).status)
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 201 | 507)), "{answers:?}");
    assert_eq!(blobs(&app).len(), 1);
}
