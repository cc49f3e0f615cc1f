//! The workspace's own fields in files: brought in, taken out, and the rows that were left out to mend.

use serde_json::{Value, json};

use super::custom_fields::{define, define_all};
use super::imports::{counts, ended, run, total, upload};
use super::{OWNER, add, id};
use crate::support::{Ask, Client, TestApp};

const BETA: &str = "owner@beta.example";

fn found(program: &Client, words: &str) -> Value {
    program.get(&format!("/api/v1/contacts?q={words}")).expect(200).json()["data"][0].clone()
}

const FILE: &str = "Email,custom/number,A text,BUDGET,choice,Choices,Boss,A yes_no,A date\n\
    ada@own.example,\"1 234,5\",'=Left,USD 12,green,Red;Blue,,ja,29.2.2024\n\
    bo@own.example,many,,,,,,,\n\
    cy@own.example,,,,purple,,,,\n\
    di@own.example,7,,,,Blue | red,ada@own.example,no,\n\
    eve@own.example,,,,,,Nobody Known,,\n";

#[test]
fn own_fields_map_by_themselves_and_are_checked_before_anything_is_written() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    define_all(&program);
    let before = total(&program);
    let fields = [("object", "contact"), ("mode", "create")];
    let answer = program.upload("/api/v1/imports", &fields, ("file", "own.csv", FILE.as_bytes())).expect(201).json();
    for (heading, field) in [
        ("custom/number", "custom/number"),
        ("A text", "custom/text"),
        ("BUDGET", "custom/budget"),
        ("choice", "custom/choice"),
        ("Choices", "custom/choices"),
        ("Boss", "custom/boss"),
        ("A yes_no", "custom/yes_no"),
        ("A date", "custom/date"),
        ("Email", "email"),
    ] {
        assert_eq!(answer["mapping"][heading], field, "{heading}");
    }
    let import = id(&answer);
    let page = app.session_of(OWNER).get(&format!("/w/alpha/people/imports/{import}")).expect(200).text();
    assert!(page.contains("value=\"custom/long_text\""), "what no column names is offered");

    run(&program, import, true);
    assert_eq!(counts(&ended(&program, import)), [5, 2, 0, 0, 3]);
    let errors = program.get(&format!("/api/v1/imports/{import}/errors")).expect(200).text();
    let places: Vec<&str> = errors
        .lines()
        .skip(1)
        .filter_map(|line| {
            line.rsplit_once("/").map(|_| &line[..line.match_indices(',').nth(1).map_or(0, |(at, _)| at)])
        })
        .collect();
    assert_eq!(places, ["3,custom/number", "4,custom/choice", "6,custom/boss"], "{errors}");
    assert_eq!(total(&program), before);

    run(&program, import, false);
    assert_eq!(counts(&ended(&program, import)), [5, 2, 0, 0, 3]);
    let ada = found(&program, "ada@own.example");
    let custom = json!({
        "number": 1234.5, "text": "=Left", "budget": { "amount": "12.00", "currency": "USD" }, "choice": "Green",
        "choices": ["Red", "Blue"], "yes_no": true, "date": "2024-02-29",
    });
    assert_eq!(ada["custom"], custom);
    let di = found(&program, "di@own.example");
    assert_eq!(
        di["custom"],
        json!({ "number": 7, "choices": ["Red", "Blue"], "boss": { "id": ada["id"] }, "yes_no": false })
    );
    let page = app.session_of(OWNER).get(&format!("/w/alpha/people/imports/{import}")).expect(200).text();
    assert!(page.contains(">A number<") && page.contains("left-out.csv"), "{page}");

    // What is there is changed only where the file says something else.
    let again = upload(
        &program,
        "update",
        b"Email,custom/number,custom/choices\nada@own.example,\"1234,50\",\"blue; red\"\ndi@own.example,8,\n",
    );
    for dry in [true, false] {
        run(&program, again, dry);
        assert_eq!(counts(&ended(&program, again)), [2, 0, 1, 1, 0], "dry: {dry}");
    }
    assert_eq!(found(&program, "di@own.example")["custom"]["choices"], json!(["Red", "Blue"]));
}

#[test]
fn a_mapping_names_own_fields_too() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    define_all(&program);
    let send = |mapping: &str| {
        let fields = [("object", "contact"), ("mode", "create"), ("mapping", mapping)];
        program.upload("/api/v1/imports", &fields, ("file", "own.csv", b"Mail,Shoe\na@map.example,44\n"))
    };
    let refused = send(r#"{"Mail":"email","Shoe":"custom/shoe"}"#).expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/mapping/1", "{refused}");
    let import = id(&send(r#"{"Mail":"email","Shoe":"custom/number"}"#).expect(201).json());
    run(&program, import, false);
    assert_eq!(ended(&program, import)["created"], 1);
    assert_eq!(found(&program, "a@map.example")["custom"], json!({ "number": 44 }));
}

#[test]
fn an_own_field_goes_before_words_that_may_mean_another_but_not_before_its_name() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    for label in ["Title", "Emails", "Kundennummer", "Out of use"] {
        define(&program, &json!({ "object": "contact", "label": label, "kind": "text", "personal": false }));
    }
    let field = program.get("/api/v1/custom-fields?object=contact").expect(200).json()["data"][3].clone();
    let path = format!("/api/v1/custom-fields/{}", field["id"]);
    program.change("PATCH", &path, super::version(&field), &json!({ "archived": true })).expect(200);
    let fields = [("object", "contact"), ("mode", "create")];
    let file = b"Title,Emails,kundennummer,Out of use,Role,custom/emails,Owner\nx,a@b.example,7,x,x,x,x\n";
    let answer = program.upload("/api/v1/imports", &fields, ("file", "own.csv", file)).expect(201).json();
    let mapping = json!({
        "Title": "custom/title", "Emails": "email", "kundennummer": "custom/kundennummer", "Role": "job_title",
        "custom/emails": "custom/emails",
    });
    assert_eq!(answer["mapping"], mapping);
}

#[test]
fn a_check_sees_a_company_that_the_file_names_twice() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let fields = [("object", "company"), ("mode", "create")];
    let file = b"Name,Website\nOne Works,https://twice.example\nOther Works,twice.example\nONE works,\n";
    let import = id(&program.upload("/api/v1/imports", &fields, ("file", "co.csv", file)).expect(201).json());
    for dry in [true, false] {
        run(&program, import, dry);
        assert_eq!(counts(&ended(&program, import)), [3, 1, 0, 0, 2], "dry: {dry}");
    }
}

#[test]
fn rows_that_were_left_out_come_back_to_be_mended() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    define(&program, &json!({ "object": "contact", "label": "Seats", "kind": "number", "personal": false }));
    let file = "Vorname;E-Mail;Seats\r\nJosé;jose@mend.example;4\r\nÅsa;not-an-address;5\r\n=Bo;bo@mend.example;many\r\nCy;cy@mend.example;1;2\r\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(file);
    let import = upload(&program, "create", &bytes);
    let path = format!("/api/v1/imports/{import}/rejected");
    program.get(&path).expect(409);
    run(&program, import, false);
    assert_eq!(counts(&ended(&program, import)), [4, 1, 0, 0, 3]);
    let left = program.get(&path).expect(200).text();
    let lines: Vec<&str> = left.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "reason;Vorname;E-Mail;Seats");
    assert!(lines[1].starts_with("Email address: ") && lines[1].ends_with(";Åsa;not-an-address;5"), "{left}");
    assert!(lines[2].contains("Seats: ") && lines[2].ends_with(";'=Bo;bo@mend.example;many"), "{left}");
    assert!(lines[3].ends_with(";Cy;cy@mend.example;1;2"), "{left}");
    assert_eq!(lines.len(), 4);
    let page = app.session_of(OWNER).get(&format!("/w/alpha/people/imports/{import}/left-out.csv")).expect(200);
    assert_eq!(page.text(), left);

    // Mended and uploaded again: the columns map by themselves, and the rows that are still wrong have one reason.
    let mended = left.replace("not-an-address", "asa@mend.example").replace(";1;2", ";1");
    let again = upload(&program, "create", mended.as_bytes());
    run(&program, again, false);
    assert_eq!(counts(&ended(&program, again)), [3, 2, 0, 0, 1]);
    assert_eq!(found(&program, "asa@mend.example")["custom"], json!({ "seats": 5 }));
    let left = program.get(&format!("/api/v1/imports/{again}/rejected")).expect(200).text();
    assert_eq!(left.lines().next(), Some("\u{feff}reason;Vorname;E-Mail;Seats"));
    assert_eq!(left.lines().count(), 2, "{left}");

    app.advance(8 * 86_400);
    app.run_job("privacy.retention.run", "alpha");
    app.program_of(OWNER, "alpha").get(&path).expect(404);
}

/// The file of an export of everything.
fn exported(program: &Client, object: &str) -> String {
    let export =
        program.call("POST", "/api/v1/exports", &json!({ "object": object, "format": "csv" })).expect(201).json();
    program.get(export["file_url"].as_str().expect("a place")).expect(200).text()
}

/// Its rows without what belongs to the one workspace: ids, times, owners.
fn comparable(text: &str) -> Vec<Vec<String>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let apart = ["id", "owner", "created_at", "updated_at", "archived_at"];
    let kept: Vec<usize> = (0..rows[0].len()).filter(|at| !apart.contains(&&rows[0][*at])).collect();
    rows.iter().map(|row| kept.iter().map(|at| row[*at].to_owned()).collect()).collect()
}

fn empty(program: &Client, collection: &str) {
    loop {
        let page = program.get(&format!("/api/v1/{collection}?limit=100")).expect(200).json();
        let records = page["data"].as_array().expect("data").clone();
        if records.is_empty() {
            return;
        }
        for record in records {
            program.send(Ask::new("DELETE", &format!("/api/v1/{collection}/{}", record["id"]))).expect(204);
        }
    }
}

fn import(program: &Client, object: &str, file: &str) {
    let fields = [("object", object), ("mode", "create")];
    let import =
        id(&program.upload("/api/v1/imports", &fields, ("file", "all.csv", file.as_bytes())).expect(201).json());
    for dry in [true, false] {
        run(program, import, dry);
        let done = ended(program, import);
        let errors = program.get(&format!("/api/v1/imports/{import}/errors")).expect(200).text();
        assert_eq!(done["failed"], 0, "dry: {dry}, {errors}");
    }
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn of<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }
}

/// What spreadsheets and files stumble over.
const AWKWARD: &[&str] = &[
    "=1+1",
    "'=tis",
    "-3",
    "@x",
    "'tis",
    "a;b|c",
    "\"quoted\", and more",
    "Łódź 年齢",
    "عربي",
    "plain",
    "a:b,c",
    "50 %",
    "''=",
    "'",
    "\u{1f469}\u{200d}\u{1f680} Zoe\u{301}",
    "00123",
    "1e5",
    "TRUE",
    "\"",
    ", ;",
    "work: nobody",
    "+49 (0)30",
];

fn awkward_contact(chance: &mut Chance, number: usize, earlier: &[Value]) -> Value {
    let mut custom = serde_json::Map::new();
    let mut put = |is_there: bool, key: &str, value: Value| {
        if is_there {
            custom.insert(key.into(), value);
        }
    };
    put(chance.below(2) == 0, "text", json!(chance.of(AWKWARD)));
    put(chance.below(2) == 0, "long_text", json!(format!("{}\n\n{}", chance.of(AWKWARD), chance.of(AWKWARD))));
    put(chance.below(2) == 0, "number", json!((chance.below(2_000_000) as f64 - 999_900.0) / 100.0));
    put(
        chance.below(2) == 0,
        "date",
        json!(format!("20{:02}-0{}-1{}", chance.below(90) + 10, chance.below(9) + 1, chance.below(9))),
    );
    put(chance.below(2) == 0, "date_time", json!("2026-11-17T08:30:00.125Z"));
    put(chance.below(2) == 0, "yes_no", json!(chance.below(2) == 0));
    put(chance.below(2) == 0, "url", json!("https://example.org/a;b|c?d=é,1"));
    put(chance.below(2) == 0, "email", json!("Side@Example.org"));
    put(chance.below(2) == 0, "phone", json!("+441632960777"));
    put(
        chance.below(2) == 0,
        "budget",
        json!({ "amount": format!("-{}.5", chance.below(10_000)), "currency": chance.of(&["EUR", "USD"]) }),
    );
    put(chance.below(2) == 0, "choice", json!(chance.of(&["Red", "Green", "Blue"])));
    put(chance.below(2) == 0, "choices", json!(["Red", "Blue"]));
    put(chance.below(2) == 0, "kinds", json!(["a|b", "=c, d"]));
    if !earlier.is_empty() {
        put(chance.below(2) == 0, "boss", json!({ "id": earlier[chance.below(earlier.len())]["id"] }));
    }
    json!({
        "given_name": chance.of(AWKWARD), "family_name": format!("{} {number}", chance.of(AWKWARD)),
        "job_title": chance.of(AWKWARD), "tags": [chance.of(&["=tag", "'tag", "Łódź", "two words"])],
        "emails": if number.is_multiple_of(3) { json!([]) } else { json!([{ "value": format!("p{number}@trip.example") }, { "value": format!("q{number}@trip.example") }]) },
        "company": { "name": chance.of(&["Trip Works", "=Trip & Co", "Łódź, Ltd."]) },
        "address": { "street": format!("{}\nUpper deck", chance.of(AWKWARD)), "city": chance.of(AWKWARD), "country": "NO" },
        "language": "nb", "time_zone": "Europe/Oslo", "source": chance.of(&["web", "=source"]), "custom": custom,
    })
}

#[test]
fn what_is_exported_makes_the_same_in_an_empty_workspace() {
    let app = TestApp::start();
    let (alpha, beta) = (app.program_of(OWNER, "alpha"), app.program_of(BETA, "beta"));
    for program in [&alpha, &beta] {
        define_all(program);
        define(
            program,
            &json!({ "object": "contact", "label": "Kinds", "kind": "choices", "personal": false, "choices": ["a|b", "=c, d", "e"] }),
        );
        define(program, &json!({ "object": "company", "label": "Seats", "kind": "number", "personal": false }));
        define(
            program,
            &json!({ "object": "company", "label": "Parent", "kind": "relation", "target": "company", "personal": false }),
        );
    }
    for seed in [2_026, 7] {
        round_trip(&alpha, &beta, Chance(seed));
    }
}

/// Fills the one workspace by chance, exports it, imports that into the other, which is empty, and exports again.
fn round_trip(alpha: &Client, beta: &Client, mut chance: Chance) {
    for (program, collection) in [(alpha, "contacts"), (alpha, "companies"), (beta, "contacts"), (beta, "companies")] {
        empty(program, collection);
    }
    let mut parent = Value::Null;
    for (number, name) in ["Trip Works", "=Trip & Co", "Łódź, Ltd."].into_iter().enumerate() {
        let custom = json!({ "seats": chance.below(90), "parent": if parent.is_null() { Value::Null } else { json!({ "id": parent }) } });
        let body = json!({ "name": name, "domain": format!("trip{number}.example"), "source": "fair", "tags": ["'tag"], "custom": custom });
        parent = alpha.call("POST", "/api/v1/companies", &body).expect(201).json()["id"].clone();
    }
    let mut made: Vec<Value> = Vec::new();
    for number in 0..80 {
        let contact = awkward_contact(&mut chance, number, &made);
        made.push(add(alpha, &contact));
    }
    let (companies, contacts) = (exported(alpha, "company"), exported(alpha, "contact"));
    assert!(contacts.contains("custom/boss") && contacts.contains("@trip.example"), "{contacts}");
    import(beta, "company", &companies);
    import(beta, "contact", &contacts);
    for (object, before) in [("company", companies), ("contact", contacts)] {
        let (before, after) = (comparable(&before), comparable(&exported(beta, object)));
        for (one, other) in before.iter().zip(&after) {
            assert_eq!(one, other);
        }
        assert_eq!(before.len(), after.len());
    }
}
