//! Search over everything: conditions in words, words a slip away, the order of hits, and who may see what.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add, add_named, id, member_id, permit};
use crate::support::{Answer, Ask, Client, TestApp};

fn query(pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/api/v1/search?{query}")
}

fn ask(program: &Client, q: &str) -> Answer {
    program.get(&query(&[("q", q)]))
}

/// `type text` of each hit.
fn hits(answer: &Value) -> Vec<String> {
    let data = answer["data"].as_array().expect("data");
    data.iter().map(|hit| format!("{} {}", hit["type"].as_str().unwrap(), hit["text"].as_str().unwrap())).collect()
}

fn found(program: &Client, q: &str) -> Vec<String> {
    hits(&ask(program, q).expect(200).json())
}

/// What is wrong with a question.
fn fault(program: &Client, q: &str) -> (String, String) {
    let refused = ask(program, q).expect(422).json();
    let error = &refused["errors"][0];
    (error["code"].as_str().unwrap().to_owned(), error["detail"].as_str().unwrap().to_owned())
}

fn note(program: &Client, contact: i64, body: &str) {
    program
        .call("POST", "/api/v1/notes", &json!({ "on": { "type": "contact", "id": contact }, "body": body }))
        .expect(201);
}

fn company(program: &Client, name: &str) -> i64 {
    id(&program.call("POST", "/api/v1/companies", &json!({ "name": name })).expect(201).json())
}

#[test]
fn conditions_in_words_narrow_every_kind() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let firm = company(&program, "Skelwick Tide GmbH");
    company(&program, "Skelwick Harbour");
    let ana = id(&add(
        &program,
        &json!({ "given_name": "Zora", "family_name": "Lindqvist", "tags": ["Key account"], "company": { "id": firm } }),
    ));
    let bo = add_named(&program, "Zora", "Thornaby");
    note(&program, ana, "Talked about the zephyr mill");
    note(&program, bo, "The zephyr again");

    assert_eq!(found(&program, "zora").len(), 2);
    assert_eq!(found(&program, "zora tag:\"key account\""), ["contact Zora Lindqvist"]);
    assert_eq!(found(&program, "TAG:\"Key Account\""), ["contact Zora Lindqvist"]);
    assert_eq!(found(&program, "company:\"skelwick tide\""), ["contact Zora Lindqvist", "company Skelwick Tide GmbH"]);
    assert_eq!(found(&program, "company:skelwick type:company").len(), 2);
    assert_eq!(found(&program, "zephyr tag:\"key account\""), ["note Talked about the zephyr mill"]);
    assert_eq!(found(&program, "type:notes zephyr").len(), 2);
    assert_eq!(found(&program, "zora type:note"), [""; 0]);
    for owner in ["me", OWNER, "owner", &member_id(&app, OWNER).to_string()] {
        assert_eq!(found(&program, &format!("zora owner:{owner}")).len(), 2, "{owner}");
    }
    assert_eq!(found(&program, &format!("zora owner:{MEMBER}")), [""; 0]);
    // A colon alone makes no condition.
    assert_eq!(found(&program, "zephyr 10:30"), [""; 0]);

    for (q, code, words) in [
        ("zora tag:nobody", "unknown_tag", "nobody"),
        ("owner:nobody", "unknown_owner", "nobody"),
        ("company:nobody", "unknown_company", "nobody"),
        ("type:shoe", "unknown_type", "contact, company, note or file"),
        ("tag:", "empty_condition", "tag:"),
        ("owner:me owner:me", "doubled_filter", "owner:"),
        ("type:note", "needs_words", "word"),
    ] {
        let (found, detail) = fault(&program, q);
        assert_eq!(found, code, "{q}");
        assert!(detail.contains(words), "{q}: {detail}");
    }
    program.get(&query(&[("q", "zora"), ("type", "shoe")])).expect(422);
    assert_eq!(hits(&program.get(&query(&[("q", "zephyr"), ("type", "contact")])).expect(200).json()), [""; 0]);

    let ana = app.session_of(OWNER);
    let page = ana.get("/w/alpha/search?q=zora+tag%3Anobody").expect(422).text();
    assert!(page.contains("There is no tag nobody.") && page.contains("aria-invalid"), "{page}");
    let palette = ana.send(Ask::new("GET", "/w/alpha/search?q=tag%3Anobody").header("hx-request", "true"));
    assert!(palette.expect(200).text().contains("There is no tag nobody."));
}

#[test]
fn words_a_slip_away_are_found_and_said() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    add_named(&program, "Freya", "Castellan");
    company(&program, "Skelwick Tide");
    for (q, showing, hit) in [
        ("freja", "freya", "contact Freya Castellan"),
        ("fryea castellan", "freya castellan", "contact Freya Castellan"),
        ("Freja Castelan", "freya castellan", "contact Freya Castellan"),
        ("freya castelam", "freya castellan", "contact Freya Castellan"),
        ("sklewick", "skelwick", "company Skelwick Tide"),
    ] {
        let answer = ask(&program, q).expect(200).json();
        assert_eq!(answer["instead"], json!([showing]), "{q}");
        assert_eq!(hits(&answer), [hit], "{q}");
        assert_eq!(answer["data"][0]["corrected"], json!(true), "{q}");
    }
    for q in ["frx", "fxxya", "qqzzxxvv", "freya nobodyatall"] {
        let answer = ask(&program, q).expect(200).json();
        assert_eq!((hits(&answer).len(), &answer["instead"]), (0, &json!([])), "{q}");
    }
    let page = app.session_of(OWNER).get("/w/alpha/search?q=freja").expect(200).text();
    assert!(
        page.contains("Nothing for freja; showing freya.") && page.contains("<mark>Freya</mark> Castellan"),
        "{page}"
    );
    // Whoever is called so comes first, and who is called nearly so comes along.
    add_named(&program, "Freja", "Lund");
    let answer = ask(&program, "freja").expect(200).json();
    assert_eq!(hits(&answer), ["contact Freja Lund", "contact Freya Castellan"]);
    assert_eq!(answer["instead"], json!(["freya"]));
    // What was erased is not offered any more.
    let contact = &ask(&program, "castellan").expect(200).json()["data"][0]["id"];
    program.change("DELETE", &format!("/api/v1/contacts/{contact}"), 1, &json!(null)).expect(204);
    assert_eq!(found(&program, "castelan"), [""; 0]);
}

#[test]
fn the_likeliest_comes_first_and_what_matched_is_marked() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let firm = company(&program, "Marzo");
    let at_firm = add(&program, &json!({ "given_name": "Odd", "family_name": "Nilsen", "company": { "id": firm } }));
    let gone = add_named(&program, "Marzo", "Archived");
    let older = add_named(&program, "Marzo", "Older");
    let newer = add_named(&program, "Marzo", "Newer");
    add_named(&program, "Marzolina", "Begins");
    add_named(&program, "Jos\u{e9}", "Mar\u{ed}n");
    program.change("PATCH", &format!("/api/v1/contacts/{gone}"), 1, &json!({ "archived": true })).expect(200);
    app.advance(60);
    note(&program, older, "A word with <b>Marzo</b> & others");
    let answer = ask(&program, "marzo").expect(200).json();
    assert_eq!(
        hits(&answer),
        [
            "contact Marzo Older",
            "contact Marzo Newer",
            "contact Odd Nilsen",
            "contact Marzolina Begins",
            "contact Marzo Archived",
            "company Marzo",
            "note A word with <b>Marzo</b> & others"
        ]
    );
    assert_eq!(answer["data"][4]["archived"], json!(true));
    assert_eq!((id(&answer["data"][1]), id(&answer["data"][2])), (newer, id(&at_firm)));
    let page = app.session_of(OWNER).get("/w/alpha/search?q=marzo").expect(200).text();
    for part in ["<mark>Marzo</mark>lina", "&#60;b&#62;<mark>Marzo</mark>&#60;/b&#62; &#38; others", "Archived</span>"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let answer = ask(&program, "marin jose").expect(200).json();
    assert_eq!(
        answer["data"][0]["pieces"],
        json!([{ "text": "José", "marked": true }, { "text": " ", "marked": false }, { "text": "Marín", "marked": true }])
    );
    // Page by page it is the same order.
    let first = program.get(&query(&[("q", "marzo"), ("limit", "3")])).expect(200).json();
    let next = first["next_cursor"].as_str().expect("there is more");
    let second = program.get(&query(&[("q", "marzo"), ("limit", "4"), ("cursor", next)])).expect(200).json();
    assert_eq!([hits(&first), hits(&second)].concat(), found(&program, "marzo"));
    assert_eq!(second["next_cursor"], Value::Null);
}

#[test]
fn who_sees_only_their_own_learns_nothing_of_others() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let firm = company(&program, "Zanzibar Freight");
    let secret = id(&add(
        &program,
        &json!({ "given_name": "Wilhelmine", "family_name": "Ostrander", "company": { "id": firm }, "tags": ["quiet"] }),
    ));
    note(&program, secret, "Wilhelmine likes peppermint");
    super::attachments::attach(&program, secret, "peppermint.txt", b"words");
    let everything = ["wilhelmine", "wilhelmina", "ostrandar", "zanzibar", "zanzibor", "peppermint", "tag:quiet"];
    // The owner of the workspace finds all of it.
    for q in everything {
        assert!(!found(&program, q).is_empty(), "{q}");
    }
    permit(
        &app,
        "member",
        &json!({ "contacts.view": "own", "contacts.edit": "own", "companies.view": "own", "companies.edit": "own" }),
    );
    let mine = app.program_of(MEMBER, "alpha");
    let session = app.session_of(MEMBER);
    for q in everything {
        let answer = ask(&mine, q).expect(200).json();
        assert_eq!(answer, json!({ "data": [], "next_cursor": null, "instead": [] }), "{q}");
        let path = query(&[("q", q)]).replace("/api/v1", "/w/alpha");
        let page = session.get(&path).expect(200).text();
        assert!(page.contains("Nothing found") && !page.contains("showing"), "{q}: {page}");
    }
    assert_eq!(fault(&mine, "company:zanzibar").0, "unknown_company");
    assert_eq!(fault(&mine, &format!("company:{firm}")).0, "unknown_company");
    // A word of both is offered for the own record alone.
    add_named(&mine, "Wilhelmine", "Quist");
    let answer = ask(&mine, "wilhelmina").expect(200).json();
    assert_eq!(
        (hits(&answer), &answer["instead"]),
        (vec!["contact Wilhelmine Quist".to_owned()], &json!(["wilhelmine"]))
    );
    assert_eq!(ask(&mine, "wilhelmina ostrandar").expect(200).json()["instead"], json!([]));
    // With the level team, what a colleague owns is in sight.
    permit(&app, "member", &json!({ "contacts.view": "team", "companies.view": "all" }));
    assert_eq!(found(&mine, "ostrander"), [""; 0]);
    assert_eq!(found(&mine, "zanzibar"), ["company Zanzibar Freight"]);
    let control = app.control();
    let (owner, member) = (member_id(&app, OWNER), member_id(&app, MEMBER));
    let team: i64 = control
        .query_row(
            "SELECT id FROM teams WHERE workspace_id = (SELECT id FROM workspaces WHERE slug = 'alpha') LIMIT 1",
            [],
            |row| row.get(0),
        )
        .expect("a team");
    for member in [owner, member] {
        control
            .execute("INSERT OR IGNORE INTO team_members (team_id, member_id) VALUES (?1, ?2)", [team, member])
            .expect("a member of the team");
    }
    assert_eq!(found(&mine, "ostrandar"), ["contact Wilhelmine Ostrander"]);
    // Without the right to see people, nobody and no note of them is found.
    permit(&app, "member", &json!({ "companies.view": "all" }));
    assert_eq!(found(&mine, "ostrandar"), [""; 0]);
    assert_eq!(found(&mine, "peppermint"), [""; 0]);
}
