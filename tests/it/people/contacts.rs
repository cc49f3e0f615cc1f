//! The pages of contacts: adding, changing, archiving, deleting, and who may.

use serde_json::json;

use super::{MEMBER, OWNER, add, add_named, audited, id, member_id, permit};
use crate::support::TestApp;

const LIST: &str = "/w/alpha/people/contacts";

#[test]
fn adding_a_contact_lists_and_audits_it() {
    let app = TestApp::start();
    let ana = app.session_of(OWNER);
    let added = ana.submit(
        &format!("{LIST}/new"),
        &[
            ("given_name", " Freya "),
            ("family_name", "Castellan"),
            ("company", "Skelwick Harbour Trust"),
            ("emails/0", "Freya@Skelwick.EXAMPLE"),
            ("phones/0", "+44 1632 960 199"),
            ("phones/0/label", "Office"),
            ("tags", "Reference, Tide staffs"),
            ("owner", &member_id(&app, OWNER).to_string()),
        ],
    );
    let page = ana.follow(added.expect(303)).expect(200).text();
    for words in [
        "Freya Castellan",
        "Skelwick Harbour Trust",
        "Freya@Skelwick.EXAMPLE",
        "+44 1632 960199",
        "Tide staffs",
        "Added by hand",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    assert!(ana.get(LIST).expect(200).text().contains("Freya Castellan"));
    assert!(ana.get("/w/alpha").expect(200).text().contains("Freya Castellan"));
    assert_eq!(audited(&app, "people.contact.created"), 4);
    // The name stands in the part of the entry that can be erased, and nowhere else.
    let (detail, personal): (String, String) = app
        .workspace("alpha")
        .query_row(
            "SELECT detail, personal FROM audit WHERE action = 'people.contact.created' ORDER BY seq DESC",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(!detail.contains("Freya") && personal.contains("Freya"), "{detail} / {personal}");
}

#[test]
fn a_form_with_faults_comes_back_as_it_was_typed() {
    let app = TestApp::start();
    let ana = app.session_of(OWNER);
    let answer = ana.submit(
        &format!("{LIST}/new"),
        &[
            ("given_name", "Ines"),
            ("emails/0", "ines at saltmere"),
            ("emails/1", "quill1@alpha.example"),
            ("phones/0", "12"),
        ],
    );
    let page = answer.expect(422).text();
    for words in [
        "There is a problem",
        "Enter an email address",
        "Enter a phone number",
        "value=\"ines at saltmere\"",
        "href=\"#emails/0\"",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    let answer = ana.submit(&format!("{LIST}/new"), &[("given_name", "Ines"), ("emails/0", "QUILL1@alpha.example")]);
    assert!(answer.expect(422).text().contains("Quill Marram 1 has this already"));
    let answer = ana.submit(&format!("{LIST}/new"), &[("given_name", "Ines"), ("shoe_size", "41")]);
    answer.expect(422);
}

#[test]
fn somebody_who_may_be_the_same_is_shown_first() {
    let app = TestApp::start();
    let ana = app.session_of(OWNER);
    add_named(&app.program_of(OWNER, "alpha"), "Freya", "Castellan");
    let warned =
        ana.submit(&format!("{LIST}/new"), &[("given_name", "Freja"), ("family_name", "Castellan")]).expect(409).text();
    assert!(warned.contains("somebody you know already") && warned.contains("Freya Castellan"), "{warned}");
    let fields = [("given_name", "Freja"), ("family_name", "Castellan"), ("confirmed", "true")];
    ana.submit(&format!("{LIST}/new"), &fields).expect(303);
}

#[test]
fn a_stale_form_says_what_changed_and_keeps_what_was_typed() {
    let app = TestApp::start();
    let (ana, bo) = (app.session_of(OWNER), app.session_of(MEMBER));
    let contact = add_named(&app.program_of(OWNER, "alpha"), "Noor", "Estevane");
    let edit = format!("{LIST}/{contact}/edit");
    bo.submit(&edit, &[("given_name", "Noor"), ("family_name", "Estevane"), ("job_title", "Pilot"), ("version", "1")])
        .expect(303);
    let mine = [("given_name", "Noor"), ("family_name", "Estevane"), ("job_title", "Captain")];
    let stale = ana.submit(&edit, &[&mine[..], &[("version", "1")]].concat()).expect(409).text();
    for words in ["while you were writing", "Pilot", "value=\"Captain\"", "name=\"version\" value=\"2\""] {
        assert!(stale.contains(words), "{words} is not in {stale}");
    }
    ana.submit(&edit, &[&mine[..], &[("version", "2")]].concat()).expect(303);
    assert!(ana.get(&format!("{LIST}/{contact}")).expect(200).text().contains("Captain"));
}

#[test]
fn archiving_keeps_and_deleting_takes_everything() {
    let app = TestApp::start();
    let ana = app.session_of(OWNER);
    let program = app.program_of(OWNER, "alpha");
    let contact = id(&add(
        &program,
        &json!({ "given_name": "Zephyrine", "emails": [{ "value": "zephyrine@kestrel.example" }], "tags": ["Fleeting"] }),
    ));
    program
        .call(
            "POST",
            "/api/v1/notes",
            &json!({ "on": { "type": "contact", "id": contact }, "body": "Zephyrine likes the sea" }),
        )
        .expect(201);
    let page = format!("{LIST}/{contact}");
    ana.submit(&format!("{page}/archive"), &[("version", "1"), ("archived", "true")]).expect(303);
    assert!(!ana.get(LIST).text().contains("Zephyrine"));
    assert!(ana.get(&format!("{LIST}?archived=true")).text().contains("Zephyrine"));

    let question = ana.get(&format!("{page}/delete")).expect(200).text();
    for words in ["What goes", "What stays", "Archive a record", "Deleting is not erasing", "1 note"] {
        assert!(question.contains(words), "{words} is not in {question}");
    }
    ana.submit(&format!("{page}/delete"), &[("version", "1")]).expect(409);
    ana.submit(&format!("{page}/delete"), &[("version", "2")]).expect(303);
    ana.get(&page).expect(404);
    let file = app.workspace("alpha");
    let count = |sql: &str| -> i64 { file.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM contact_search WHERE contact_search MATCH 'zephyrine'"), 0);
    assert_eq!(count("SELECT count(*) FROM note_search WHERE note_search MATCH 'zephyrine'"), 0);
    for table in [
        "contacts WHERE given_name = 'Zephyrine'",
        "notes WHERE body LIKE 'Zeph%'",
        "contact_identities WHERE value LIKE 'zeph%'",
    ] {
        assert_eq!(count(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(
        count(&format!("SELECT count(*) FROM timeline_entries WHERE on_type = 'contact' AND on_id = {contact}")),
        0
    );
    assert_eq!(count("SELECT live FROM record_counts WHERE kind = 'contact'"), count("SELECT count(*) FROM contacts"));
    // The indexes agree with what they index.
    for search in ["contact_search", "company_search", "note_search"] {
        file.execute(&format!("INSERT INTO {search} ({search}, rank) VALUES ('integrity-check', 1)"), []).unwrap();
    }
}

#[test]
fn who_reaches_only_their_own_sees_and_changes_only_those() {
    let app = TestApp::start();
    let levels = json!({
        "contacts.view": "own", "contacts.edit": "own", "contacts.delete": "own", "companies.view": "own",
    });
    permit(&app, "member", &levels);
    let mine = app.program_of(MEMBER, "alpha");
    let contact = add_named(&mine, "Bo", "Thornaby");
    let listed = mine.get("/api/v1/contacts?count=true").expect(200).json();
    assert_eq!((listed["data"].as_array().unwrap().len(), listed["total"].as_i64()), (1, Some(1)));
    let page = app.session_of(MEMBER);
    let list = page.get(LIST).expect(200).text();
    assert!(list.contains("Bo Thornaby") && !list.contains("Quill"), "{list}");
    assert!(!page.get("/w/alpha/search?q=quill").expect(200).text().contains("Marram"));
    for path in ["", "/edit", "/delete"] {
        page.get(&format!("{LIST}/1{path}")).expect(404);
    }
    mine.get("/api/v1/contacts/1").expect(404);
    mine.change("PATCH", "/api/v1/contacts/1", 1, &json!({ "job_title": "x" })).expect(404);
    // The duplicate exists, but its owner's contact is not named.
    let refused = mine
        .call("POST", "/api/v1/contacts", &json!({ "emails": [{ "value": "quill1@alpha.example" }] }))
        .expect(422)
        .json();
    let error = &refused["errors"][0];
    assert_eq!((error["pointer"].as_str(), error["code"].as_str()), (Some("/emails/0"), Some("duplicate")));
    assert!(!error["detail"].as_str().unwrap().contains("Quill"));
    // Giving away needs a right of its own.
    let owner = member_id(&app, OWNER);
    mine.change("PATCH", &format!("/api/v1/contacts/{contact}"), 1, &json!({ "owner": { "id": owner } })).expect(403);
}

#[test]
fn ticked_rows_are_tagged_given_archived_and_deleted_together() {
    let app = TestApp::start();
    let ana = app.session_of(OWNER);
    let program = app.program_of(OWNER, "alpha");
    let (one, two) = (add_named(&program, "Oskar", "One").to_string(), add_named(&program, "Oskar", "Two").to_string());
    let both = [("id", one.as_str()), ("id", two.as_str()), ("back", LIST)];
    let bulk = format!("{LIST}/bulk");
    ana.submit(&bulk, &[&both[..], &[("action", "tag"), ("tag", "Brine")]].concat()).expect(303);
    assert_eq!(program.get("/api/v1/contacts?filter=tag:brine&count=true").json()["total"], 2);
    let member = member_id(&app, MEMBER).to_string();
    ana.submit(&bulk, &[&both[..], &[("action", "assign"), ("owner", &member)]].concat()).expect(303);
    assert_eq!(program.get(&format!("/api/v1/contacts?filter=owner:{member}&count=true")).json()["total"], 2);
    let asked = ana.submit(&bulk, &[&both[..], &[("action", "delete")]].concat()).expect(200).text();
    assert!(asked.contains("Delete 2 contacts?") && asked.contains("Oskar Two"), "{asked}");
    ana.submit(&bulk, &[&both[..], &[("action", "archive")]].concat()).expect(303);
    assert_eq!(program.get("/api/v1/contacts?filter=archived:true&count=true").json()["total"], 2);
    ana.submit(&bulk, &[&both[..], &[("action", "delete"), ("confirmed", "true")]].concat()).expect(303);
    assert_eq!(program.get("/api/v1/contacts?filter=tag:brine&count=true").json()["total"], 0);
    assert_eq!(audited(&app, "people.contact.deleted"), 2);
}

#[test]
fn columns_are_kept_for_each_member() {
    let app = TestApp::start();
    let (ana, bo) = (app.session_of(OWNER), app.session_of(MEMBER));
    ana.submit(&format!("{LIST}/columns"), &[("column", "source"), ("column", "job_title"), ("column", "nonsense")])
        .expect(303);
    let hers = ana.get(LIST).expect(200).text();
    assert!(hers.contains("Source</th>") && !hers.contains("Phone</th>"), "{hers}");
    assert!(bo.get(LIST).expect(200).text().contains("Phone</th>"));
}
