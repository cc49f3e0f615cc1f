//! A copy is read without us: the page without a connection, the tables by any spreadsheet; and until it is taken it is
//! noise on the disk.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{OWNER, json_of, made, text_of, unpacked, walk};
use crate::support::{TestApp, fixture};
use crate::tidy::none;

#[test]
fn p_087_a_copy_is_read_without_us_and_by_nobody_before() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let note = json!({ "on": { "type": "contact", "id": 1 }, "body": "=1+1, she said: \"two\"\nand left." });
    program.call("POST", "/api/v1/notes", &note).expect(201);
    program.upload("/api/v1/attachments", &[("on", "contact:1")], ("file", "Brief, 1.txt", b"hello")).expect(201);
    let id = made(&app, &program, 1);

    let workspace = fixture::workspace_id(&app.control(), "alpha").to_string();
    let [sealed] = walk(&app.data().join("workspaces").join(workspace).join("packages")).try_into().expect("one file");
    let bytes = std::fs::read(&sealed).expect("the sealed file");
    assert_eq!(&bytes[..4], b"HFSO");
    for plain in [&b"index.html"[..], b"Marram", b"PK\x03\x04"] {
        assert!(!bytes.windows(plain.len()).any(|part| part == plain), "{plain:?} stands in it");
    }

    let files = unpacked(&program.get(&format!("/api/v1/access-packages/{id}/file")).expect(200).bytes);
    let data = json_of(&files, "data.json");
    the_page_needs_nothing_else(&files, &data);
    every_table_is_a_csv(&files, &data);
}

/// Whatever the page loads or leads to lies beside it; the one address elsewhere is the workspace's own, to be clicked.
fn the_page_needs_nothing_else(files: &BTreeMap<String, Vec<u8>>, data: &Value) {
    let page = text_of(files, "index.html");
    let links = regex::Regex::new("(?:href|src)=\"([^\"]*)\"").expect("a good pattern");
    let mut broken = Vec::new();
    let mut local = 0;
    for (_, [link]) in links.captures_iter(&page).map(|found| found.extract()) {
        let link = link.replace("&#38;", "&");
        match link.strip_prefix('#') {
            Some(anchor) if page.contains(&format!("id=\"{anchor}\"")) => {}
            None if files.contains_key(&link) => local += 1,
            None if data["workspace"]["page"] == link.as_str() => {}
            _ => broken.push(link),
        }
    }
    none("Links that lead nowhere without a connection:", &broken);
    assert!(local >= 2, "its style and the file");
    assert!(page.contains("default-src 'none'"), "{page}");
    let style = text_of(files, "style.css");
    assert!(!style.contains("@import") && !style.contains("url("), "{style}");
    for element in ["<script", "<img", "<iframe", "<form", "<object"] {
        assert!(!page.contains(element), "{element}");
    }
}

/// RFC 4180: a heading, as many rows as items, every line of the same length, and nothing that a spreadsheet runs.
fn every_table_is_a_csv(files: &BTreeMap<String, Vec<u8>>, data: &Value) {
    let tables = data["tables"].as_object().expect("tables");
    assert!(tables.len() > 5, "{:?}", tables.keys());
    for (name, table) in tables {
        let text = text_of(files, &format!("tables/{name}.csv"));
        let text = text.strip_prefix('\u{feff}').unwrap_or_else(|| panic!("{name}: spreadsheets misread accents"));
        assert!(text.ends_with("\r\n"), "{name}");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let heading: Vec<String> = reader.headers().expect("a heading").iter().map(str::to_owned).collect();
        let items = table["items"].as_array().expect("items");
        for key in
            items[0]["values"].as_object().expect("values").keys().map(String::as_str).chain(["_source", "_goes"])
        {
            assert!(heading.iter().any(|known| known == key), "{name} has no column {key}: {heading:?}");
        }
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows of one length");
        assert_eq!(rows.len(), items.len(), "{name}");
        for cell in rows.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}: a spreadsheet runs {cell:?}");
        }
    }
    let notes = text_of(files, "tables/notes.csv");
    assert!(notes.contains("\"'=1+1, she said: \"\"two\"\"\nand left.\""), "{notes}");
}
