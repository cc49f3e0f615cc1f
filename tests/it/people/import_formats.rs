//! Files as other products, phones and spreadsheet programs write them: they map by themselves and come in whole.

use std::io::{Cursor, Write};
use std::path::Path;

use serde_json::{Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{OWNER, id};
use crate::support::{Client, TestApp};

pub fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/imports").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Uploads a file and gives what was answered.
pub fn taken(program: &Client, object: &str, name: &str, file: &[u8]) -> Value {
    let fields = [("object", object), ("mode", "create")];
    program.upload("/api/v1/imports", &fields, ("file", name, file)).expect(201).json()
}

/// Runs an import to its end.
pub fn run(program: &Client, import: i64) -> Value {
    let path = format!("/api/v1/imports/{import}");
    program.call("POST", &format!("{path}/run"), &json!({ "dry_run": false })).expect(202);
    for _ in 0..600 {
        let found = program.get(&path).expect(200).json();
        if !matches!(found["state"].as_str(), Some("checking" | "running")) {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("import {import} did not end");
}

pub fn errors(program: &Client, import: i64) -> String {
    program.get(&format!("/api/v1/imports/{import}/errors")).expect(200).text()
}

/// Where the headings go by themselves (`heading=field|…`), and that every row is taken.
fn comes_in_whole(program: &Client, object: &str, name: &str, rows: i64, expected: &str) {
    let answer = taken(program, object, name, &fixture(name));
    let pairs = expected.split('|').filter_map(|pair| pair.split_once('='));
    let expected: Value = pairs.map(|(heading, field)| (heading.to_owned(), json!(field))).collect();
    assert_eq!(answer["mapping"], expected, "{name}");
    let done = run(program, id(&answer));
    assert_eq!(
        (done["read"].as_i64(), done["created"].as_i64()),
        (Some(rows), Some(rows)),
        "{name}: {done} {}",
        errors(program, id(&answer))
    );
}

fn contact(program: &Client, email: &str) -> Value {
    let found = program.get(&format!("/api/v1/contacts?q={email}")).expect(200).json();
    found["data"][0].clone()
}

fn values(contact: &Value, kind: &str) -> Vec<String> {
    let list = contact[kind].as_array().unwrap_or_else(|| panic!("{contact}"));
    list.iter().map(|one| one["value"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn exports_of_hubspot_and_pipedrive_map_by_themselves() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    comes_in_whole(
        &program,
        "contact",
        "hubspot-contacts.csv",
        3,
        "First Name=given_name|Last Name=family_name|Email=email|Phone Number=phone|\
         Mobile Phone Number=phone|Associated Company=company|Job Title=job_title|\
         Street Address=street|City=city|State/Region=region|Postal Code=postal_code|\
         Country/Region=country|Preferred language=language|Website URL=company/domain",
    );
    comes_in_whole(
        &program,
        "contact",
        "pipedrive-people.csv",
        2,
        "Person - Name=display_name|Person - First name=given_name|Person - Last name=family_name|\
         Person - Organization=company|Person - Labels=tags|Person - Email - Work=email|\
         Person - Email - Home=email|Person - Email - Other=email|Person - Phone - Work=phone|\
         Person - Phone - Mobile=phone|Person - Job title=job_title",
    );
    let inga = contact(&program, "inga@fyrlys.example");
    assert_eq!(
        (inga["company"]["name"].as_str(), inga["address"]["country"].as_str()),
        (Some("Fyrlys AS"), Some("NO"))
    );
    let mara = contact(&program, "mara@kestrel.example");
    assert_eq!(values(&mara, "emails"), ["mara@kestrel.example", "mara@home.example"]);
    assert_eq!(mara["tags"], json!(["Hot lead", "Partner"]));
}

#[test]
fn companies_of_hubspot_and_pipedrive_map_by_themselves() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    comes_in_whole(
        &program,
        "company",
        "hubspot-companies.csv",
        2,
        "Company name=name|Company Domain Name=domain|Phone Number=phone|Street Address=street|\
         City=city|State/Region=region|Postal Code=postal_code|Country/Region=country",
    );
    comes_in_whole(
        &program,
        "company",
        "pipedrive-organizations.csv",
        2,
        "Organization - Name=name|Organization - Labels=tags|Organization - Address=street|\
         Organization - City/town/village/locality of Address=city|\
         Organization - State/county of Address=region|\
         Organization - ZIP/Postal code of Address=postal_code|\
         Organization - Country of Address=country",
    );
}

#[test]
fn exports_of_salesforce_zoho_and_espocrm_map_by_themselves() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    comes_in_whole(
        &program,
        "contact",
        "salesforce-contacts.csv",
        2,
        "First Name=given_name|Last Name=family_name|Title=job_title|Account Name=company|\
         Mailing Street=street|Mailing City=city|Mailing State/Province=region|\
         Mailing Zip/Postal Code=postal_code|Mailing Country=country|Phone=phone|Mobile=phone|\
         Email=email|Lead Source=source",
    );
    comes_in_whole(
        &program,
        "contact",
        "zoho-contacts.csv",
        2,
        "Lead Source=source|First Name=given_name|Last Name=family_name|Account Name=company|\
         Title=job_title|Email=email|Secondary Email=email|Phone=phone|Home Phone=phone|\
         Mobile=phone|Mailing Street=street|Mailing City=city|Mailing State=region|\
         Mailing Zip=postal_code|Mailing Country=country|Description=note|Tag=tags",
    );
    comes_in_whole(
        &program,
        "contact",
        "espocrm-contacts.csv",
        2,
        "Name=display_name|First Name=given_name|Last Name=family_name|Title=job_title|\
         Account=company|Email=email|Phone=phone|Address Street=street|Address City=city|\
         Address State=region|Address Country=country|Address Postal Code=postal_code|\
         Description=note",
    );
}

#[test]
fn exports_of_google_and_outlook_map_by_themselves() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    comes_in_whole(
        &program,
        "contact",
        "google-contacts-old.csv",
        2,
        "Name=display_name|Given Name=given_name|Family Name=family_name|Notes=note|\
         Language=language|Group Membership=tags|E-mail 1 - Type=email_label|E-mail 1 - Value=email|\
         E-mail 2 - Type=email_label|E-mail 2 - Value=email|Phone 1 - Type=phone_label|Phone 1 - Value=phone|Address 1 - Street=street|Address 1 - City=city|\
         Address 1 - Region=region|Address 1 - Postal Code=postal_code|\
         Address 1 - Country=country|Organization 1 - Name=company|\
         Organization 1 - Title=job_title",
    );
    comes_in_whole(
        &program,
        "contact",
        "google-contacts-new.csv",
        2,
        "First Name=given_name|Last Name=family_name|Organization Name=company|\
         Organization Title=job_title|Notes=note|Labels=tags|E-mail 1 - Label=email_label|\
         E-mail 1 - Value=email|E-mail 2 - Label=email_label|E-mail 2 - Value=email|\
         Phone 1 - Label=phone_label|Phone 1 - Value=phone|Phone 2 - Label=phone_label|Phone 2 - Value=phone|\
         Address 1 - Street=street|Address 1 - City=city|Address 1 - Region=region|\
         Address 1 - Postal Code=postal_code|Address 1 - Country=country",
    );
    comes_in_whole(
        &program,
        "contact",
        "outlook.csv",
        2,
        "First Name=given_name|Last Name=family_name|Company=company|Job Title=job_title|\
         Business Street=street|Business City=city|Business State=region|\
         Business Postal Code=postal_code|Business Country/Region=country|Home Street=home_street|\
         Home City=home_city|Business Phone=phone|\
         Business Phone 2=phone|Home Phone=phone|Mobile Phone=phone|Categories=tags|\
         E-mail Address=email|E-mail 2 Address=email|E-mail 3 Address=email|Language=language|\
         Notes=note|Web Page=company/domain",
    );
    let oenne = contact(&program, "01632960283");
    assert_eq!(oenne["address"]["street"], "Strand 1", "there is no business address, so home is taken");
    let aoife = contact(&program, "aoife@solais.example");
    assert_eq!(aoife["tags"], json!(["Sailors", "starred"]));
    let labels: Vec<&str> =
        aoife["phones"].as_array().expect("phones").iter().filter_map(|phone| phone["label"].as_str()).collect();
    assert_eq!(labels, ["mobile", "mobile", "work"]);
    let sami = contact(&program, "sami@majakka.example");
    assert_eq!((values(&sami, "emails").len(), &sami["tags"]), (3, &json!(["Sailors"])));
}

#[test]
fn vcards_of_all_versions_come_in_and_are_numbered_by_card() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let answer = taken(&program, "contact", "people.vcf", &fixture("versions.vcf"));
    assert!(answer["mapping"].get("Web address").is_none() && answer["mapping"]["Email"] == "email", "{answer}");
    let done = run(&program, id(&answer));
    assert_eq!(
        (done["kind"].as_str(), done["created"].as_i64(), done["failed"].as_i64()),
        (Some("cards"), Some(3), Some(1)),
        "{done}"
    );
    assert_eq!(done["remark"], "5 cards are in the file. 1 photo was left out. 1 group was left out.");
    let told = errors(&program, id(&answer));
    assert_eq!(told.lines().nth(1).and_then(|line| line.split(',').next()), Some("5"), "{told}");

    let joerg = contact(&program, "joerg@karten.example");
    assert_eq!((joerg["given_name"].as_str(), joerg["family_name"].as_str()), (Some("Jörg"), Some("Müller")));
    assert_eq!(joerg["address"]["city"], "Kiel");
    assert_eq!(joerg["phones"][0]["label"], "mobile");
    let ana = contact(&program, "ana@faro.example");
    assert_eq!(ana["company"]["name"], "Faro, S.A.");
    assert_eq!((ana["emails"][0]["label"].as_str(), ana["emails"][1]["label"].as_str()), (Some("boat"), Some("home")));
    let bo = contact(&program, "bo@deng.example");
    assert_eq!((bo["time_zone"].as_str(), bo["address"]["country"].as_str()), (Some("Asia/Shanghai"), Some("CN")));

    let page = app.session_of(OWNER);
    let text = page.get(&format!("/w/alpha/people/imports/{}", id(&answer))).expect(200).text();
    assert!(text.contains(">Card</th>"));
}

const ROOT: &str =
    r#"<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const LINKS: &str = r#"<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/sheet1.xml"/>
    <Relationship Id="b" Type="x/worksheet" Target="/xl/worksheets/sheet2.xml"/>
    <Relationship Id="s" Type="x/sharedStrings" Target="sharedStrings.xml"/>
    <Relationship Id="t" Type="x/styles" Target="styles.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns:r="r"><sheets><sheet name="Cover" sheetId="1" r:id="a"/><sheet name="People" sheetId="2" r:id="b"/></sheets></workbook>"#;
const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="170" formatCode="00000"/></numFmts>
    <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs></styleSheet>"#;
const EMPTY_SHEET: &str = "<worksheet><sheetData/></worksheet>";

/// A workbook whose second sheet is `rows`.
pub fn workbook(rows: &str, shared: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    archive(&[
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", LINKS),
        ("xl/styles.xml", STYLES),
        ("xl/worksheets/sheet1.xml", EMPTY_SHEET),
        ("xl/worksheets/sheet2.xml", &sheet),
        ("xl/sharedStrings.xml", shared),
    ])
}

pub fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).expect("a part begins");
        writer.write_all(text.as_bytes()).expect("a part is written");
    }
    writer.finish().expect("the archive is whole").into_inner()
}

/// A row of texts that stand in their cells.
pub fn texts(number: u32, cells: &[&str]) -> String {
    let cells: String = cells.iter().map(|text| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#)).collect();
    format!(r#"<row r="{number}">{cells}</row>"#)
}

#[test]
fn a_workbook_comes_in_with_the_rows_of_its_sheet() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    // A hostile count of shared texts must not be believed.
    let shared = r#"<sst uniqueCount="99999999999999"><si><t>Ana &amp; Bo</t></si><si><r><t>ana</t></r><r><t>@sheet.example</t></r><rPh><t>x</t></rPh></si></sst>"#;
    let rows = [
        texts(2, &["First name", "Email", "Postal code", "Job title", "City", "Note"]),
        r#"<row r="4"><c r="A4" t="s"><v>0</v></c><c r="B4" t="s"><v>1</v></c><c r="C4" s="2"><v>1067</v></c><c r="D4"><f>1/3</f><v>0.30000000000000004</v></c><c r="E4" s="1"><v>45292</v></c><c r="F4" t="inlineStr"><is><t>two&#10;lines</t></is></c></row>"#.to_owned(),
        texts(7, &["Cy", "no address"]),
        texts(9, &["Dag", "dag@sheet.example", "00012"]),
    ];
    let answer = taken(&program, "contact", "people.xlsx", &workbook(&rows.concat(), shared));
    assert_eq!(
        answer["preview"][0],
        json!(["Ana & Bo", "ana@sheet.example", "01067", "0.3", "2024-01-01", "two\nlines"])
    );
    let done = run(&program, id(&answer));
    assert_eq!(
        (done["created"].as_i64(), done["failed"].as_i64(), done["kind"].as_str()),
        (Some(2), Some(1), Some("sheet"))
    );
    assert_eq!(done["remark"], "Read from the sheet \u{201c}People\u{201d}. The other sheet was left out.");
    let told = errors(&program, id(&answer));
    assert_eq!(told.lines().nth(1).and_then(|line| line.split(',').next()), Some("7"), "{told}");
    assert_eq!(contact(&program, "dag@sheet.example")["address"]["postal_code"], "00012");

    // The upload itself is gone; what it became is kept for the rows that were left out.
    let folder = app.data();
    let uploads = walk(&folder, "uploads");
    assert_eq!(uploads, 1, "one sealed file is left of the import");
    let page = app.session_of(OWNER);
    let text = page.get(&format!("/w/alpha/people/imports/{}", id(&answer))).expect(200).text();
    assert!(text.contains(">Row</th>"));

    let misnamed = taken(&program, "contact", "people.csv", &workbook(&rows.concat(), shared));
    let found = program.get(&format!("/api/v1/imports/{}", id(&misnamed))).expect(200).json();
    assert!(
        found["remark"].as_str().unwrap_or_default().starts_with("The file is called .csv but is an Excel workbook")
    );
}

/// Files in folders of this name.
fn walk(folder: &Path, name: &str) -> usize {
    std::fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| {
            let path = entry.path();
            match path.file_name().is_some_and(|found| found == name) {
                true => std::fs::read_dir(&path).expect("a folder").count(),
                false => walk(&path, name),
            }
        })
        .sum()
}
