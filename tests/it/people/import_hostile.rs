//! Files as nobody should write them: each ends in rows or in a message, and none takes memory without bound.

use serde_json::json;

use super::import_formats::{archive, errors, fixture, run, taken, texts, workbook};
use super::{OWNER, id};
use crate::support::{Client, TestApp};

/// Uploads a file that is refused and gives the message.
fn refused(program: &Client, name: &str, file: &[u8]) -> String {
    let fields = [("object", "contact"), ("mode", "create")];
    let answer = program.upload("/api/v1/imports", &fields, ("file", name, file)).expect(422).json();
    assert_eq!(answer["errors"][0]["pointer"], "/file", "{name}: {answer}");
    answer["errors"][0]["detail"].as_str().unwrap_or_else(|| panic!("{name}: {answer}")).to_owned()
}

/// The most memory the server has used so far, in KiB.
fn peak(app: &TestApp) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", app.server.process())).expect("the server runs");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("its memory is counted");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// Looking at a file and checking its rows takes as much memory as a small one.
#[test]
fn a_file_of_200_mb_is_taken_in_little_memory() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    taken(&program, "contact", "small.csv", b"Name,Email\nAna,ana@small.example\n");
    let before = peak(&app);
    // Long notes: the file is what counts here, not the number of its people.
    let note = "n".repeat(100_000);
    let mut file = String::from("Name,Email,Comment\n");
    for row in 0..2_000 {
        file.push_str(&format!("Row {row},row{row}@large.example,{note}\n"));
    }
    let large = taken(&program, "contact", "large.csv", file.as_bytes());
    program.call("POST", &format!("/api/v1/imports/{}/run", id(&large)), &json!({ "dry_run": true })).expect(202);
    // How long it takes is not what this asks: a machine may be busy.
    for _ in 0..3_000 {
        let found = program.get(&format!("/api/v1/imports/{}", id(&large))).expect(200).json();
        if found["state"] == "checked" {
            assert_eq!(found["read"], 2_000);
            let grown = peak(&app).saturating_sub(before);
            assert!(grown < 150 * 1024, "the most memory in use grew by {grown} KiB");
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the check did not end");
}

#[test]
fn hostile_workbooks_end_in_a_message() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let none = "<sst></sst>";
    let heading = texts(1, &["Name", "Email"]);
    let before = peak(&app);
    // 60 MB in 100 KB: stopped at what the size of the file allows.
    let filler = texts(2, &["a".repeat(10_000).as_str()]).replace(r#" r="2""#, "").repeat(6_000);
    assert!(
        refused(&program, "bomb.xlsx", &workbook(&format!("{heading}{filler}"), none)).contains("unpacks to far more")
    );
    // One text without an end.
    let endless = format!("{heading}{}", texts(2, &["a".repeat(20_000_000).as_str()]));
    assert!(refused(&program, "endless.xlsx", &workbook(&endless, none)).contains("longer than 1 MB"));
    let runs =
        format!("<row r=\"2\"><c t=\"inlineStr\"><is>{}</is></c></row>", "<r><t>aaaaaaaa</t></r>".repeat(100_000));
    assert!(refused(&program, "runs.xlsx", &workbook(&format!("{heading}{runs}"), none)).contains("Row 2"));
    let grown = peak(&app).saturating_sub(before);
    assert!(grown < 100 * 1024, "the most memory in use grew by {grown} KiB");

    let wide = (0..400).map(|number| format!("h{number}")).collect::<Vec<_>>();
    let wide = texts(1, &wide.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(refused(&program, "wide.xlsx", &workbook(&wide, none)).contains("column 300"));
    assert!(refused(&program, "blank.xlsx", &workbook("", none)).contains("No sheet"));
    let shared = r#"<row r="1"><c t="s"><v>7</v></c></row>"#;
    assert!(refused(&program, "shared.xlsx", &workbook(shared, none)).contains("damaged"));
    let back = format!("{}{}", texts(5, &["a"]), texts(3, &["b"]));
    assert!(refused(&program, "back.xlsx", &workbook(&back, none)).contains("damaged"));
    let whole = workbook(&heading, none);
    assert!(refused(&program, "cut.xlsx", &whole[..whole.len() / 2]).contains("cut off"));
    assert!(refused(&program, "plain.xlsx", &archive(&[("a.txt", "hello")])).contains("ZIP archive"));
    assert!(refused(&program, "letter.xlsx", &archive(&[("word/document.xml", "<x/>")])).contains("Word"));
    let ods = archive(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<x/>")]);
    assert!(refused(&program, "table.ods", &ods).contains("OpenDocument"));
    let many: Vec<String> = (0..10_100).map(|number| format!("p{number}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).collect();
    assert!(refused(&program, "many.xlsx", &archive(&many)).contains("parts"));
}

#[test]
fn hostile_files_end_in_rows_or_in_a_message() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    for (name, words) in [
        ("picture.csv", "PNG"),
        ("old-excel.xls", ".xlsx"),
        ("web-page.xls", "web page"),
        ("cut-off.xlsx", "damaged"),
        ("empty.xlsx", "empty ZIP"),
        ("no-cards.vcf", "BEGIN:VCARD"),
        ("cut-off.vcf", "card 2"),
    ] {
        let message = refused(&program, name, &fixture(&format!("hostile/{name}")));
        assert!(message.contains(words), "{name}: {message}");
    }
    for (name, created, failed) in [
        ("utf8-mark.csv", 1, 0),
        ("utf16-big.csv", 1, 0),
        ("ragged.csv", 2, 1),
        ("nul-bytes.csv", 20, 1),
        ("open-quote.csv", 1, 1),
        ("returns-only.csv", 2, 0),
        ("formulas.csv", 2, 0),
        ("names.csv", 20, 0),
    ] {
        let answer = taken(&program, "contact", name, &fixture(&format!("hostile/{name}")));
        let done = run(&program, id(&answer));
        let found = (done["created"].as_i64(), done["failed"].as_i64());
        assert_eq!(found, (Some(created), Some(failed)), "{name}: {done} {}", errors(&program, id(&answer)));
    }
    let folded = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Fold\r\nNOTE:x{}\r\nEND:VCARD\r\n", "\r\n y".repeat(10_000));
    let done = run(&program, id(&taken(&program, "contact", "folds.vcf", folded.as_bytes())));
    assert_eq!(done["created"], 1, "{done}");
    let nested = format!("{}FN:Deep\r\n{}", "BEGIN:VCARD\r\n".repeat(10_000), "END:VCARD\r\n".repeat(10_000));
    assert!(refused(&program, "nested.vcf", nested.as_bytes()).contains("No card"));
}
