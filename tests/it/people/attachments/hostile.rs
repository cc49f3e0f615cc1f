//! Names that mean harm, and pictures that promise more than a machine has.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::Value;

use super::{OWNER, attach, blobs, count, id, send};
use crate::support::{Ask, TestApp};

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

/// A picture of one colour.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(&DynamicImage::from(RgbImage::from_pixel(width, height, Rgb([20, 90, 110]))), ImageFormat::Png)
}

#[test]
fn fil_5_bombs_are_kept_like_any_file_and_not_decoded() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    // 12,000 × 12,000 pixels of one colour: half a megabyte that unpacks to 432.
    let real = png(12_000, 12_000);
    assert!(real.len() < 3_000_000, "{}", real.len());
    let mut jpeg = encoded(&DynamicImage::from(RgbImage::new(8, 8)), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|mark| mark == [0xff, 0xc0]).expect("a frame header");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    let mut gif = encoded(&DynamicImage::from(RgbImage::new(8, 8)), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    let before = resident(app.server.process());
    for (name, bytes) in [("bomb.png", &real), ("bomb.jpg", &jpeg), ("bomb.gif", &gif)] {
        let file = attach(&program, 1, name, bytes);
        assert_eq!(file["preview_url"], Value::Null, "{name}");
    }
    let grown = resident(app.server.process()).saturating_sub(before);
    assert!(grown < 64_000_000, "the server grew by {grown} bytes");
    // It still makes previews of others.
    assert_ne!(attach(&program, 1, "fine.png", &png(10, 10))["preview_url"], Value::Null);
}

/// The most memory a process ever held, in bytes.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

#[test]
fn fil_5_names_can_neither_leave_their_header_nor_their_folder() {
    let app = TestApp::start();
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    for (sent, kept) in [
        ("../../../../etc/cron.d/evil", "evil"),
        ("..%2f..%2fevil.txt", "..%2f..%2fevil.txt".trim_start_matches('.')),
        ("C:\\\\Windows\\\\evil.ini", "evil.ini"),
        ("say %22hello%22; filename=%22x.exe", "say \"hello\"; filename=\"x.exe"),
        ("one%0D%0ASet-Cookie: a=b.txt", "oneSet-Cookie: a=b.txt"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
        ("Übersicht 概要.txt", "Übersicht 概要.txt"),
        ("...", "File"),
    ] {
        let file = attach(&program, 1, sent, b"words");
        assert_eq!(file["name"], kept, "{sent}");
        let answer = program.get(file["content_url"].as_str().expect("an address")).expect(200);
        let disposition = answer.header("content-disposition").expect("exactly one");
        let (plain, exact) = disposition.split_once("; filename*=UTF-8''").expect("both names");
        let plain = plain.strip_prefix("attachment; filename=\"").and_then(|name| name.strip_suffix('"'));
        let plain = plain.unwrap_or_else(|| panic!("{disposition}"));
        assert!(plain.is_ascii() && !plain.contains(['"', '\\', '/', ';']), "{disposition}");
        let decoded = percent_encoding::percent_decode_str(exact).decode_utf8().expect("UTF-8");
        assert_eq!(decoded, kept);
        assert_eq!(answer.header("set-cookie"), None);
    }
    let page = ana.get("/w/alpha/people/contacts/1/attachments").expect(200).text();
    assert!(!page.contains("<img src=x") && page.contains("&#60;img src=x"), "{page}");
    // On the disk nothing has any name of theirs.
    for path in blobs(&app) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    }
}

#[test]
fn what_is_no_upload_is_told_and_leaves_nothing() {
    let app = TestApp::start();
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let path = "/w/alpha/people/contacts/1/attachments";
    let none = ana.upload(path, &[], ("file", "", b"")).expect(422).text();
    assert!(none.contains("Choose a file."), "{none}");
    let empty = ana.upload(path, &[], ("file", "empty.txt", b"")).expect(422).text();
    assert!(empty.contains("empty.txt is empty."), "{empty}");
    ana.upload(path, &[("colour", "blue")], ("file", "a.txt", b"words")).expect(422);
    ana.upload(path, &[], ("other", "a.txt", b"words")).expect(422);
    for on in ["", "contact", "contact:x", "deal:1", "contact:1:2"] {
        send(&program, on, "a.txt", b"words").expect(422);
    }
    send(&program, "contact:777777", "a.txt", b"words").expect(404);
    program.upload("/api/v1/attachments", &[], ("file", "a.txt", b"words")).expect(422);
    program.send(Ask::new("POST", "/api/v1/attachments").body("application/json", "{}")).expect(400);
    let cut = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nwor";
    let cut = program.send(Ask::new("POST", "/api/v1/attachments").body("multipart/form-data; boundary=x", cut));
    assert_eq!(cut.status, 400, "{}", cut.text());
    assert_eq!((blobs(&app).len(), count(&app, "attachments")), (0, 0));
    let file = attach(&program, 1, "a.txt", b"words");
    program.get(&format!("/api/v1/attachments/{}/content?colour=blue", id(&file)));
}
