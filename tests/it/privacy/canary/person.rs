//! The person whom the suite is about, made as members and programs make people: with files, a past under another
//! name and address, an import that names them, and others who speak of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::json;

use super::program;
use crate::people::id;
use crate::support::{Ask, Client, TestApp, fixture};

/// Somebody who stands nowhere else: every value of theirs holds one of [`Canary::needles`].
pub struct Canary {
    pub id: i64,
    /// What every marker of theirs begins with.
    pub prefix: String,
    family: String,
    former_family: String,
    digits: String,
    /// Sealed files that were there before them.
    pub files: BTreeSet<PathBuf>,
    pub counts: Counts,
}

/// Rows that prove an erasure, as many as there were before.
pub struct Counts {
    pub suppressions: i64,
    pub ledger: i64,
    pub journal: usize,
}

impl Counts {
    pub fn now(app: &TestApp) -> Counts {
        let control = app.control();
        let id = fixture::workspace_id(&control, "alpha");
        let journal = holdfast::privacy::ledger::path(&app.data(), id);
        Counts {
            suppressions: count(&app.workspace("alpha"), "SELECT count(*) FROM suppressions WHERE reason = 'erased'"),
            ledger: count(&control, "SELECT count(*) FROM erasure_ledger"),
            journal: std::fs::read_to_string(journal).unwrap_or_default().lines().count(),
        }
    }
}

pub fn count(file: &rusqlite::Connection, sql: &str) -> i64 {
    file.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Where the files of the workspace lie.
pub fn folder(app: &TestApp) -> PathBuf {
    app.data().join("workspaces").join(fixture::workspace_id(&app.control(), "alpha").to_string())
}

/// Every file of the workspace but its database.
pub fn sealed(app: &TestApp) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    walk(&folder(app), &mut |path| {
        found.insert(path.to_owned());
    });
    found.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("data.db")));
    found
}

pub fn walk(folder: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            walk(&entry.path(), each);
        } else {
            each(&entry.path());
        }
    }
}

impl Canary {
    pub fn settle(app: &TestApp, number: usize) -> Canary {
        let letters: String = format!("{number:02}").bytes().map(|digit| char::from(b'k' + digit - b'0')).collect();
        let mut canary = Canary {
            id: 0,
            prefix: format!("canary{letters}"),
            family: format!("Vexworth{letters}"),
            former_family: format!("Thornqvist{letters}"),
            digits: format!("16329608{number:02}"),
            files: sealed(app),
            counts: Counts::now(app),
        };
        let program = program(app);
        canary.live(&program);
        canary.leave_files(&program);
        canary.be_spoken_of(&program);
        canary
    }

    pub fn name(&self) -> String {
        format!("Quillon {}", self.family)
    }

    pub fn email(&self) -> String {
        format!("quillon@{}.example", self.family.to_lowercase())
    }

    /// What they had before somebody corrected it.
    pub fn former_email(&self) -> String {
        format!("quillon@{}.example", self.former_family.to_lowercase())
    }

    /// What stands in other people's records: all that leads to them.
    pub fn words(&self) -> String {
        let (name, email) = (self.name(), self.email());
        format!("{name} <{email}> once {} +44 {}", self.former_email(), self.digits)
    }

    /// One of these is in every value and every marker of theirs.
    pub fn needles(&self) -> Vec<String> {
        let words = [&self.prefix, &self.family, &self.former_family, &self.digits];
        words.map(|word| word.to_lowercase()).to_vec()
    }

    /// A word that stands nowhere else.
    pub fn marker(&self, table: &str, column: &str) -> String {
        format!("{}{}{}zz", self.prefix, table.replace('_', ""), column.replace('_', ""))
    }

    /// A contact with another one merged into it, and another address than at first.
    fn live(&mut self, program: &Client) {
        let body = json!({ "given_name": "Quillon", "family_name": self.family, "job_title": "Lampwright",
            "emails": [{ "value": self.former_email() }], "phones": [{ "value": format!("+44{}", self.digits) }] });
        self.id = id(&program.call("POST", "/api/v1/contacts", &body).expect(201).json());
        let other = json!({ "given_name": "Lina", "family_name": self.former_family });
        let other = id(&program.call("POST", "/api/v1/contacts", &other).expect(201).json());
        program.call("POST", &format!("/api/v1/contacts/{}/merge", self.id), &json!({ "other": other })).expect(200);
        let path = format!("/api/v1/contacts/{}", self.id);
        let version = program.get(&path).expect(200).json()["version"].to_string();
        let change = Ask::new("PATCH", &path).json(&json!({ "emails": [{ "value": self.email() }] }));
        program.send(change.header("If-Match", format!("\"{version}\""))).expect(200);
    }

    /// A text, a photograph that says in its own words whose it is, and an import that names them.
    fn leave_files(&self, program: &Client) {
        let on = format!("contact:{}", self.id);
        let attach = |name: &str, content: &[u8]| {
            program.upload("/api/v1/attachments", &[("on", &on)], ("file", name, content)).expect(201).json()
        };
        attach(&format!("{}.txt", self.marker("file", "name")), self.marker("file", "text").as_bytes());
        let shown = attach("lamp.jpg", &photograph(&self.marker("file", "exif")));
        let preview = program.get(shown["preview_url"].as_str().expect("a preview")).expect(200).bytes;
        let says = |bytes: &[u8]| bytes.windows(self.prefix.len()).any(|part| part == self.prefix.as_bytes());
        assert!(!says(&preview), "a preview says what the photograph said");
        let rows = format!("Vorname;Nachname;E-Mail\r\nQuillon;{};{}\r\n", self.family, self.email());
        let fields = [("object", "contact"), ("mode", "create")];
        program.upload("/api/v1/imports", &fields, ("file", "people.csv", rows.as_bytes())).expect(201);
    }

    /// A note on somebody else and a company.
    fn be_spoken_of(&self, program: &Client) {
        let note = json!({ "on": { "type": "contact", "id": 1 }, "body": format!("Met {}", self.words()) });
        program.call("POST", "/api/v1/notes", &note).expect(201);
        let company = json!({ "name": format!("{} Lamps", self.name()), "emails": [{ "value": self.email() }] });
        program.call("POST", "/api/v1/companies", &company).expect(201);
    }
}

/// A JPEG whose EXIF describes it.
fn photograph(words: &str) -> Vec<u8> {
    let mut jpeg = std::io::Cursor::new(Vec::new());
    let picture = DynamicImage::from(RgbImage::from_pixel(64, 32, Rgb([9, 9, 9])));
    picture.write_to(&mut jpeg, ImageFormat::Jpeg).expect("a picture");
    let jpeg = jpeg.into_inner();
    let words = [words.as_bytes(), b"\0"].concat();
    // One entry: ImageDescription, of so many bytes, at 26.
    let entry = [0x0e, 0x01, 2, 0];
    let size = u32::try_from(words.len()).expect("a short text").to_le_bytes();
    let head: &[u8] = b"Exif\0\0II*\0\x08\0\0\0\x01\0";
    let exif = [head, &entry, &size, &26_u32.to_le_bytes(), &[0; 4], &words].concat();
    let length = u16::try_from(exif.len() + 2).expect("a short text").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}
