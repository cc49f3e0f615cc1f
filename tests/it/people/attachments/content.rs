//! Content on its way: large files in little memory, parts of them, and headers that keep browsers from running it.

use std::io::Read;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{OWNER, Pattern, attach, handle, hostile, id};
use crate::support::{Ask, Client, TestApp};

/// The most memory a process ever held, in bytes.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

#[test]
fn lim_2_a_hundred_megabytes_pass_in_and_out_in_little_memory() {
    const SIZE: u64 = 100_000_000;
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    attach(&program, 1, "small.txt", b"so that everything is warm");
    let before = peak(app.server.process());
    let content = Pattern { at: 0, length: SIZE };
    let file = program.upload_stream("/api/v1/attachments", &[("on", "contact:1")], "large.bin", content);
    let file = file.expect("an answer").expect(201).json();
    assert_eq!(file["size"], json!(SIZE));
    let (mut whole, mut content, mut piece) = (Sha256::new(), Pattern { at: 0, length: SIZE }, vec![0; 1 << 16]);
    while content.at < SIZE {
        let read = content.read(&mut piece).expect("bytes");
        whole.update(&piece[..read]);
    }
    let digest = whole.finalize();
    assert_eq!(file["sha256"], data_encoding::HEXLOWER.encode(&digest));
    let path = format!("/api/v1/attachments/{}/content", id(&file));
    let answer = program.get(&path).expect(200);
    assert_eq!(answer.header("content-length"), Some("100000000"));
    assert_eq!(Sha256::digest(&answer.bytes), digest);
    let grown = peak(app.server.process()).saturating_sub(before);
    assert!(grown < 32_000_000, "the server grew by {grown} bytes");
}

fn part(client: &Client, path: &str, range: &str) -> (u16, Vec<u8>, Option<String>) {
    let answer = client.send(Ask::new("GET", path).header("range", range));
    let range = answer.header("content-range").map(str::to_owned);
    (answer.status, answer.bytes, range)
}

#[test]
fn fil_7_range_and_head_give_what_they_are_asked_for() {
    let app = TestApp::start();
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let size = 200_000_u64;
    let mut content = Vec::new();
    Pattern { at: 0, length: size }.read_to_end(&mut content).expect("bytes");
    let file = attach(&program, 1, "parts.bin", &content);
    let api = format!("/api/v1/attachments/{}/content", id(&file));
    let own = format!("/w/alpha/people/attachments/{}/content", handle(&app, id(&file)));
    for (client, path) in [(&program, &api), (&ana, &own)] {
        for (range, from, to) in [
            ("bytes=0-0", 0, 1),
            ("bytes=0-65535", 0, 65_536),
            ("bytes=65536-65536", 65_536, 65_537),
            ("bytes=65530-131080", 65_530, 131_081),
            ("bytes=199999-", 199_999, 200_000),
            ("bytes=-7", 199_993, 200_000),
            ("bytes=1-999999999", 1, 200_000),
        ] {
            let expected = Some(format!("bytes {from}-{}/{size}", to - 1));
            assert_eq!(part(client, path, range), (206, content[from..to].to_vec(), expected), "{range}");
        }
        assert_eq!(part(client, path, "bytes=200000-"), (416, Vec::new(), Some("bytes */200000".into())));
        for whole in ["bytes=5-3", "bytes=0-1,4-5", "lines=1-2"] {
            assert_eq!(part(client, path, whole), (200, content.clone(), None), "{whole}");
        }
        let head = client.send(Ask::new("HEAD", path)).expect(200);
        assert_eq!((head.bytes.len(), head.header("content-length")), (0, Some("200000")));
        let tag = head.header("etag").expect("a tag").to_owned();
        assert_eq!(tag, format!("\"{}\"", file["sha256"].as_str().expect("a hash")));
        let with = |known: &str| {
            client.send(Ask::new("GET", path).header("range", "bytes=0-3").header("if-range", known)).status
        };
        assert_eq!((with(&tag), with("\"other\"")), (206, 200));
        let head = client.send(Ask::new("HEAD", path).header("range", "bytes=0-3")).expect(206);
        assert_eq!((head.bytes.len(), head.header("content-length")), (0, Some("4")));
    }
    let stranger = app.stranger();
    assert_eq!(stranger.send(Ask::new("GET", &own).header("range", "bytes=0-3")).status, 303);
    assert_eq!(stranger.send(Ask::new("HEAD", &api)).status, 401);
}

/// What every answer with somebody's bytes says to the browser.
#[track_caller]
fn assert_guarded(answer: &crate::support::Answer) {
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let policy = answer.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("sandbox") && policy.contains("default-src 'none'") && !policy.contains("allow"),
        "{policy}"
    );
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")));
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
}

#[test]
fn fil_7_content_is_for_the_disk_and_never_a_page() {
    let app = TestApp::start();
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let bytes = "application/octet-stream";
    for (name, content, kind) in [
        ("page.html", &b"<!DOCTYPE html><script>alert(document.domain)</script>"[..], bytes),
        ("drawing.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>", bytes),
        ("script.js", b"alert('<b>')", bytes),
        ("both.gif", b"GIF89a/*<script>alert(1)</script>*/=1;", "image/gif"),
        ("holiday.png", b"<html><body onload=alert(1)>", bytes),
        ("program.pdf", b"MZ\x90\x00\x03\x00", bytes),
        ("sheet.pdf", b"%PDF-1.4\n<script>alert(1)</script>", "application/pdf"),
        ("words.txt", b"only words", "text/plain; charset=utf-8"),
    ] {
        let file = attach(&program, 1, name, content);
        let own = format!("/w/alpha/people/attachments/{}", handle(&app, id(&file)));
        let answers = [
            ana.get(&format!("{own}/content")),
            ana.send(Ask::new("GET", &format!("{own}/content")).header("range", "bytes=0-3")),
            ana.send(Ask::new("HEAD", &format!("{own}/content"))),
            program.get(&format!("/api/v1/attachments/{}/content", id(&file))),
        ];
        for answer in answers {
            assert_eq!(answer.header("content-type"), Some(kind), "{name}");
            let disposition = answer.header("content-disposition").expect("a disposition");
            assert!(disposition.starts_with("attachment; "), "{disposition}");
            assert_guarded(&answer);
        }
        let page = ana.get(&own).expect(200).text();
        let is_told = page.contains("but its content is something else");
        assert_eq!(is_told, ["holiday.png", "program.pdf"].contains(&name), "{name}");
    }
}

#[test]
fn a_preview_is_a_picture_of_ours() {
    let app = TestApp::start();
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let original = hostile::png(900, 600);
    let file = attach(&program, 1, "Pier.png", &original);
    let own = format!("/w/alpha/people/attachments/{}", handle(&app, id(&file)));
    assert!(ana.get("/w/alpha/people/contacts/1").expect(200).text().contains(&format!("{own}/preview")));
    for answer in [ana.get(&format!("{own}/preview")), program.get(file["preview_url"].as_str().expect("a preview"))] {
        let answer = answer.expect(200);
        assert_eq!(answer.header("content-type"), Some("image/jpeg"));
        assert_guarded(&answer);
        let small = image::load_from_memory(&answer.bytes).expect("a picture");
        assert_eq!((small.width(), small.height()), (480, 320));
    }
    let part = ana.send(Ask::new("GET", &format!("{own}/preview")).header("range", "bytes=0-1")).expect(206);
    assert_eq!(part.bytes, [0xff, 0xd8]);
    let text = attach(&program, 1, "words.txt", b"words");
    program.get(&format!("/api/v1/attachments/{}/preview", id(&text))).expect(404);
}

/// A sealed file that was changed, cut or exchanged is not handed out as if it were whole.
#[test]
fn damaged_files_are_told_from_whole_ones() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let file = attach(&program, 1, "words.txt", &[7; 150_000]);
    let path = format!("/api/v1/attachments/{}/content", id(&file));
    let blob = super::blobs(&app).pop().expect("a file");
    let whole = std::fs::read(&blob).expect("its bytes");
    // Cut at the end of a chunk: only the missing mark of the last one tells.
    std::fs::write(&blob, &whole[..64 + 65_552]).expect("a cut");
    assert!(program.try_send(Ask::new("GET", &path)).is_err(), "the connection breaks off");
    let mut changed = whole.clone();
    changed[70] ^= 1;
    std::fs::write(&blob, &changed).expect("a change");
    assert!(program.try_send(Ask::new("GET", &path)).is_err());
    std::fs::remove_file(&blob).expect("a loss");
    program.get(&path).expect(503);
    std::fs::write(&blob, &whole).expect("put back");
    assert_eq!(program.get(&path).expect(200).bytes, [7; 150_000]);
}
