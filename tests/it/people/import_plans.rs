//! What is said about the columns of a file: remembered mappings, treatments of values, companies beside people.

use serde_json::{Value, json};

use super::custom_fields::define;
use super::import_undo::take_back;
use super::imports::{counts, ended, run, total};
use super::{MEMBER, OWNER, add, audited, id, permit, version};
use crate::support::{Ask, Client, TestApp};

const PATH: &str = "/api/v1/imports";

fn send(program: &Client, fields: &[(&str, &str)], file: &str) -> crate::support::Answer {
    let all: Vec<(&str, &str)> =
        [("object", "contact"), ("mode", "create")].into_iter().chain(fields.to_vec()).collect();
    program.upload(PATH, &all, ("file", "people.csv", file.as_bytes()))
}

fn found(program: &Client, collection: &str, words: &str) -> Value {
    let list = program.get(&format!("/api/v1/{collection}?q={words}")).expect(200).json();
    let list = list["data"].as_array().expect("a list");
    // The words of an address may stand in others too: whoever has all of it is meant.
    let exact = list.iter().find(|record| record["emails"].to_string().contains(&format!("\"{words}\"")));
    exact.or(list.first()).expect("a record").clone()
}

/// Runs an import for real and gives what it says of itself.
fn done(program: &Client, import: i64) -> Value {
    run(program, import, false);
    let done = ended(program, import);
    let errors = program.get(&format!("{PATH}/{import}/errors")).expect(200).text();
    assert_eq!(done["state"], "done", "{done} {errors}");
    done
}

#[test]
fn a_mapping_is_remembered_by_its_headings_and_says_what_is_gone() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let field = json!({ "object": "contact", "label": "Berth", "kind": "text", "personal": false });
    let field = define(&program, &field);
    let mapping = json!({ "Wer": "display_name", "Post": "email", "Platz": "custom/berth" }).to_string();
    let treatments = json!({ "Wer": { "names": "family_first" }, "Platz": { "prefix": "Nr." } }).to_string();
    let file = "Wer,Post,Platz,Rest\nRuiz Ana,ana@plan.example,Nr. 7,x\n";
    let first = send(&program, &[("mapping", &mapping), ("treatments", &treatments)], file).expect(201).json();
    assert_eq!(first["remembered"], Value::Null);
    assert_eq!(program.get("/api/v1/import-mappings").expect(200).json()["data"], json!([]), "only use is remembered");
    done(&program, id(&first));
    let ana = found(&program, "contacts", "ana@plan.example");
    assert_eq!((ana["given_name"].as_str(), &ana["custom"]), (Some("Ana"), &json!({ "berth": "7" })));

    let list = program.get("/api/v1/import-mappings").expect(200).json();
    let known = &list["data"][0];
    assert_eq!((known["name"].as_str(), known["uses"].as_i64()), (Some("Wer, Post, Platz and 1 more"), Some(1)));
    assert_eq!(known["columns"][3]["field"], Value::Null);
    let again = send(&program, &[], "rest,PLATZ,Post,wer\n,Nr. 8,bo@plan.example,Li Bo\n").expect(201).json();
    assert_eq!(again["remembered"], known["id"]);
    assert_eq!(again["mapping"], json!({ "PLATZ": "custom/berth", "Post": "email", "wer": "display_name" }));
    assert_eq!(again["treatments"]["PLATZ"]["prefix"], "Nr.");
    done(&program, id(&again));
    assert_eq!(found(&program, "contacts", "bo@plan.example")["custom"]["berth"], "8");
    let session = app.session_of(OWNER);

    // Renamed, seen, and of use for another file too.
    let path = format!("/api/v1/import-mappings/{}", known["id"]);
    let listed = program.get("/api/v1/import-mappings").expect(200).json()["data"][0].clone();
    assert_eq!(listed["uses"], 2);
    program.change("PATCH", &path, version(&listed), &json!({ "name": "" })).expect(422);
    program.change("PATCH", &path, version(&listed) + 7, &json!({ "name": "Harbour" })).expect(412);
    program.change("PATCH", &path, version(&listed), &json!({ "name": "Harbour" })).expect(200);
    let chosen = known["id"].to_string();
    let other = send(&program, &[("remembered", &chosen)], "Post,Mehr\nc@plan.example,1\n").expect(201).json();
    assert_eq!(other["mapping"], json!({ "Post": "email" }));
    send(&program, &[("remembered", "999")], "Post\nc@plan.example\n").expect(422);
    let page = session.get(&format!("/w/alpha/people/imports/{}", other["id"])).expect(200).text();
    assert!(page.contains("Mapped as the last time: Harbour"));

    // Its field is gone: it says so, and the rest stands.
    program.send(Ask::new("DELETE", &format!("/api/v1/custom-fields/{}", field["id"]))).expect(204);
    let gone = send(&program, &[], "Wer,Post,Platz,Rest\nSu Cy,cy@plan.example,Nr. 9,\n").expect(201).json();
    assert_eq!((&gone["gone"], gone["mapping"].get("Platz")), (&json!(["PLATZ"]), None));
    let page = session.get(&format!("/w/alpha/people/imports/{}", gone["id"])).expect(200).text();
    assert!(page.contains("PLATZ went into the field custom/berth, which is gone"), "{page}");
    let page = session.get("/w/alpha/people/imports/mappings").expect(200).text();
    assert!(page.contains("Harbour") && page.contains("which is gone"));

    let refused = session.submit(&format!("/w/alpha/people/imports/mappings/{}/name", known["id"]), &[("name", " ")]);
    assert!(refused.expect(422).text().contains("Enter a name for the mapping."));
    program.send(Ask::new("DELETE", &path)).expect(204);
    program.send(Ask::new("DELETE", &path)).expect(404);
    let anew = send(&program, &[], "Wer,Post,Platz,Rest\nx,y@plan.example,,\n").expect(201).json();
    assert_eq!(anew["remembered"], Value::Null);
    assert_eq!(audited(&app, "people.import_mapping.remembered"), 1);
    assert_eq!(audited(&app, "people.import_mapping.forgotten"), 1);
}

#[test]
fn values_are_treated_as_was_said_and_shown_so_before() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    for (label, kind) in [("Born", "date"), ("Active", "yes_no"), ("Worth", "number")] {
        let personal =
            json!({ "object": "contact", "label": label, "kind": kind, "personal": true, "category": "identity" });
        define(&program, &personal);
    }
    let file = "Name,Email,Phone,Born,Active,Worth,City,Tags\n\
        RUIZ ANA,a@treat.example,030 901820,17/03/1980,aktiv,\"1.234,50\",,x/y\n\
        LI BO,b@treat.example,,31/12/1979,ruht,\"2,5\",Kiel,\n\
        SU CY,c@treat.example,,12/31/1979,,,,\n";
    let treatments = json!({
        "Name": { "letters": "title", "names": "family_first" }, "Phone": { "country": "DE" },
        "Born": { "dates": "day_first" }, "Active": { "yes": "aktiv", "no": "ruht" }, "Worth": { "decimals": "comma" },
        "City": { "constant": "Oslo" }, "Tags": { "separator": "slash" },
    });
    // The order of dates and the comma are found out; the rest has to be said.
    let proposed = send(&program, &[], file).expect(201).json();
    let expected = json!({ "Born": { "dates": "day_first" }, "Worth": { "decimals": "comma" } });
    assert_eq!(proposed["treatments"], expected);
    let import = id(&send(&program, &[("treatments", &treatments.to_string())], file).expect(201).json());
    let page = app.session_of(OWNER);
    let shown = page.get(&format!("/w/alpha/people/imports/{import}")).expect(200).text();
    for text in
        ["Ruiz Ana", "+4930901820", "1980-03-17", "1234.50", "no date with the day first", "Of 3 dates looked at"]
    {
        assert!(shown.contains(text), "{text} is not on the page");
    }
    for dry in [true, false] {
        run(&program, import, dry);
        assert_eq!(counts(&ended(&program, import)), [3, 2, 0, 0, 1], "dry: {dry}");
    }
    let errors = program.get(&format!("{PATH}/{import}/errors")).expect(200).text();
    assert!(
        errors.contains("4,custom/born,Born: \u{201c}12/31/1979\u{201d} is no date with the day first."),
        "{errors}"
    );
    let ana = found(&program, "contacts", "a@treat.example");
    assert_eq!((ana["given_name"].as_str(), ana["family_name"].as_str()), (Some("Ana"), Some("Ruiz")));
    assert_eq!(ana["custom"], json!({ "born": "1980-03-17", "active": true, "worth": 1234.5 }));
    assert_eq!(ana["address"]["city"], "Oslo");
    let number: String = ana["phones"][0]["value"].to_string().chars().filter(char::is_ascii_digit).collect();
    assert_eq!(number, "4930901820", "{ana}");
    assert_eq!(ana["tags"], json!(["x", "y"]));
    assert_eq!(found(&program, "contacts", "b@treat.example")["address"]["city"], "Kiel");
}

#[test]
fn what_cannot_be_done_to_a_column_names_it_and_the_rule() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let refused = |treatments: Value, pointer: &str, words: &str| {
        let answer = send(&program, &[("treatments", &treatments.to_string())], "Telefon,Email\n1,a@b.example\n");
        let answer = answer.expect(422).json();
        assert_eq!(answer["errors"][0]["pointer"], pointer, "{answer}");
        assert!(answer["errors"][0]["detail"].as_str().is_some_and(|text| text.contains(words)), "{answer}");
    };
    refused(json!({ "Telefon": { "country": "XX" } }), "/treatments/0/country", "Telefon: choose a country");
    refused(json!({ "Telefon": { "dates": "day_first" } }), "/treatments/0/dates", "Telefon: this is for fields");
    refused(json!({ "Email": { "replace": "x" } }), "/treatments/1/find", "Email: enter what");
    refused(json!({ "Fax": { "find": "x" } }), "/treatments/Fax", "no column Fax");
    refused(json!({ "Email": { "letters": "loud" } }), "/treatments", "heading → what is done");

    // The page of the column keeps what was typed.
    let import = id(&send(&program, &[], "Telefon,Email,Rest\n030 1,a@b.example,x\n").expect(201).json());
    let page = app.session_of(OWNER);
    let path = format!("/w/alpha/people/imports/{import}/columns");
    page.get(&format!("{path}/2")).expect(409);
    page.get(&format!("{path}/9")).expect(404);
    assert!(page.get(&format!("{path}/0")).expect(200).text().contains("Numbers without a country code are in"));
    let sent = [("find", ""), ("replace", "kept as typed"), ("country", "DE"), ("action", "save")];
    let answer = page.submit(&format!("{path}/0"), &sent).expect(422).text();
    assert!(answer.contains("kept as typed") && answer.contains("Telefon: enter what the other text replaces."));
    page.submit(&format!("{path}/0"), &[("country", "DE"), ("letters", "loud")]).expect(422);
    page.submit(&format!("{path}/0"), &[("country", "DE"), ("action", "save")]).expect(303);
    let shown = page.get(&format!("/w/alpha/people/imports/{import}")).expect(200).text();
    assert!(shown.contains("numbers without country code: DE"));
}

#[test]
fn companies_and_their_people_come_from_one_file_and_go_with_it() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let known = json!({ "name": "Faro GmbH", "domain": "faro.example" });
    let known = program.call("POST", "/api/v1/companies", &known).expect(201).json();
    let before = (total(&program), program.get("/api/v1/companies?count=true").expect(200).json()["total"].clone());
    let file = "Name,Email,Company,Website,Company Phone,Company City\n\
        Ana Ruiz,ana@beside.example,Kestrel Works,https://www.kestrel.example/about,+44 1632 960111,Whitby\n\
        Bo Li,bo@beside.example,Kestrel Works,kestrel.example,+44 1632 960112,\n\
        Cy Su,cy@beside.example,Faro,faro.example,+44 1632 960113,Lisbon\n\
        Di Vo,di@beside.example,,,+44 1632 960114,\n\
        Ed Wu,ed@beside.example,Tern Ltd,not a domain,,\n";
    let import = |mode: &str| {
        let fields = [("object", "contact"), ("mode", mode)];
        program.upload(PATH, &fields, ("file", "both.csv", file.as_bytes())).expect(201).json()
    };
    let answer = import("create");
    assert_eq!(answer["mapping"]["Website"], "company/domain");
    assert_eq!(answer["mapping"]["Company Phone"], "company/phone");
    let first = id(&answer);
    run(&program, first, true);
    assert_eq!(counts(&ended(&program, first)), [5, 3, 0, 0, 2]);
    let told = program.get(&format!("{PATH}/{first}/errors")).expect(200).text();
    assert!(told.contains("5,company,") && told.contains("6,company/domain,"), "{told}");
    let told = done(&program, first);
    assert_eq!((told["companies_created"].as_i64(), told["companies_updated"].as_i64()), (Some(1), Some(0)), "{told}");
    let kestrel = found(&program, "companies", "Kestrel");
    assert_eq!((&kestrel["domain"], &kestrel["address"]["city"]), (&json!("kestrel.example"), &json!("Whitby")));
    assert_eq!(kestrel["phones"].as_array().map(Vec::len), Some(2), "the second row adds its number");
    let cy = found(&program, "contacts", "cy@beside.example");
    assert_eq!(cy["company"]["id"], known["id"], "the same but for its legal form, with the same domain");
    assert_eq!(found(&program, "companies", "Faro")["phones"], json!([]), "an import that only adds changes none");

    let second = id(&import("create_or_update"));
    let told = done(&program, second);
    assert_eq!((told["companies_created"].as_i64(), told["companies_updated"].as_i64()), (Some(0), Some(1)), "{told}");
    assert_eq!(found(&program, "companies", "Faro")["address"]["city"], "Lisbon");
    for import in [second, first] {
        take_back(&program, import);
    }
    let after = (total(&program), program.get("/api/v1/companies?count=true").expect(200).json()["total"].clone());
    assert_eq!(before, after, "people and companies are gone");
    let faro = found(&program, "companies", "Faro");
    assert_eq!((&faro["phones"], &faro["address"]["city"]), (&json!([]), &known["address"]["city"]));
}

#[test]
fn who_may_not_import_companies_fills_none_of_their_fields() {
    let app = TestApp::start();
    permit(&app, "member", &json!({ "contacts.view": "all", "contacts.edit": "all", "contacts.import": "all" }));
    let member = app.program_of(MEMBER, "alpha");
    let file = "Name,Company,Company City\nAna Ruiz,Kestrel,Whitby\n";
    let answer = send(&member, &[], file).expect(201).json();
    assert_eq!(answer["mapping"].get("Company City"), None);
    let mapping = json!({ "Name": "display_name", "Company City": "company/city" }).to_string();
    let refused = send(&member, &[("mapping", &mapping)], file).expect(422).json();
    assert!(refused["errors"][0]["detail"].as_str().is_some_and(|text| text.starts_with("Company City: you may not")));
    let page = app.session_of(MEMBER);
    let path = format!("/w/alpha/people/imports/{}", answer["id"]);
    assert!(!page.get(&path).expect(200).text().contains("company/city"));
    page.submit(&format!("{path}/mapping"), &[("action", "field-0")]).expect(403);
}

#[test]
fn a_field_is_proposed_for_birthdays_and_filled() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let card = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ana Ruiz\r\nEMAIL:ana@born.example\r\nBDAY:19800317\r\nEND:VCARD\r\n";
    let fields = [("object", "contact"), ("mode", "create")];
    let upload = || program.upload(PATH, &fields, ("file", "ana.vcf", card.as_bytes())).expect(201).json();
    let answer = upload();
    assert_eq!(answer["mapping"].get("Birthday"), None);
    let page = app.session_of(OWNER);
    let path = format!("/w/alpha/people/imports/{}", answer["id"]);
    let text = page.get(&path).expect(200).text();
    assert!(text.contains("Make the field Birthday"), "{text}");
    let position = answer["columns"].as_array().and_then(|all| all.iter().position(|one| one == "Birthday"));
    let position = position.expect("a column");
    let columns = answer["columns"].as_array().expect("columns").iter().enumerate();
    let mut sent: Vec<(String, String)> = columns
        .filter_map(|(at, heading)| {
            Some((format!("column_{at}"), answer["mapping"][heading.as_str()?].as_str()?.to_owned()))
        })
        .collect();
    sent.push(("action".into(), format!("field-{position}")));
    page.submit_pairs("POST", &format!("{path}/mapping"), &sent).expect(303);
    let field = program.get("/api/v1/custom-fields?object=contact").expect(200).json()["data"][0].clone();
    assert_eq!(
        (&field["kind"], &field["personal"], &field["category"]),
        (&json!("date"), &json!(true), &json!("identity"))
    );
    done(&program, id(&answer));
    assert_eq!(found(&program, "contacts", "ana@born.example")["custom"], json!({ "birthday": "1980-03-17" }));
    // In any language, once there is such a field.
    let german = send(&program, &[], "Name,Geburtsdatum\nBo Li,1.2.1990\n").expect(201).json();
    assert_eq!(german["mapping"]["Geburtsdatum"], "custom/birthday");
    let path = format!("/w/alpha/people/imports/{}", german["id"]);
    page.submit(&format!("{path}/mapping"), &[("action", "field-0")]).expect(409);
}

#[test]
fn second_addresses_and_kinds_of_addresses_are_kept() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let file = "Name,E-mail 1 - Label,E-mail 1 - Value,City,Home City,Home Street\n\
        Ana Ruiz,* Work,ana@second.example,Oslo,Bergen,Strand 1\nBo Li,Home,bo@second.example,,Bergen,Strand 2\n";
    let answer = send(&program, &[], file).expect(201).json();
    assert_eq!(answer["mapping"]["E-mail 1 - Label"], "email_label");
    done(&program, id(&answer));
    let ana = found(&program, "contacts", "ana@second.example");
    assert_eq!((&ana["emails"][0]["label"], &ana["address"]["city"]), (&json!("work"), &json!("Oslo")));
    let notes = program.get(&format!("/api/v1/notes?filter=contact:{}", ana["id"])).expect(200).json();
    assert_eq!(notes["data"][0]["body"], "Further address: Strand 1, Bergen", "{notes}");
    assert_eq!(found(&program, "contacts", "bo@second.example")["address"]["street"], "Strand 2");
}

#[test]
fn tags_that_only_the_import_made_go_with_it() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let tags = |program: &Client| -> Vec<String> {
        let found = program.get("/api/v1/tags").expect(200).json();
        let data = found["data"].as_array().expect("data").iter();
        data.map(|tag| tag["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    program.call("POST", "/api/v1/tags", &json!({ "name": "Known" })).expect(201);
    let before = tags(&program);
    let file = "Name,Tags\nAna Ruiz,Known; Fresh; Kept\nBo Li,Fresh\n";
    let import = id(&send(&program, &[], file).expect(201).json());
    done(&program, import);
    add(&program, &json!({ "given_name": "Later", "tags": ["kept"] }));
    let told = take_back(&program, import);
    let mut expected = before;
    expected.push("Kept".into());
    expected.sort();
    let mut after = tags(&program);
    after.sort();
    assert_eq!(after, expected);
    assert_eq!((told["records"].as_i64(), told["restored"].as_i64()), (Some(2), Some(2)), "tags are no records");
}
