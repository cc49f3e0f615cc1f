//! What is found by which words, and how lists are sorted and paged.

use serde_json::json;

use super::{MEMBER, OWNER, add, add_named, names, permit};
use crate::support::{Ask, TestApp};

#[test]
fn people_are_found_by_every_word_about_them() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    add(
        &program,
        &json!({
            "given_name": "Łucja", "family_name": "Brandvold", "job_title": "Hydrologist",
            "company": { "name": "Institut Maréval" }, "tags": ["Tide staffs"],
            "emails": [{ "value": "l.brandvold@mareval.example" }], "phones": [{ "value": "+44 1632 960777" }],
        }),
    );
    for words in [
        "lucja",
        "ŁUCJA",
        "brandv",
        "hydro",
        "mareval",
        "maréval institut",
        "staffs lucja",
        "l.brandvold@mareval.example",
        "01632 960777",
        "+4416329607",
        "1632960777",
        "l brandvold",
    ] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", words).finish();
        assert_eq!(
            names(&program.get(&format!("/api/v1/contacts?{query}")).expect(200)),
            ["Łucja Brandvold"],
            "{words}"
        );
    }
    for words in ["lucjan", "brandvold quill", "\"", "*", "OR", "NEAR(a b)", "961777"] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", words).finish();
        assert!(names(&program.get(&format!("/api/v1/contacts?{query}")).expect(200)).is_empty(), "{words}");
    }
}

#[test]
fn the_palette_gets_options_and_the_page_gets_links() {
    let app = TestApp::start();
    let ana = app.session_of(OWNER);
    let options = ana.send(Ask::new("GET", "/w/alpha/search?q=quill").header("hx-request", "true")).expect(200).text();
    assert!(
        options.contains("role=\"option\"")
            && options.contains("<mark>Quill</mark> Marram 3")
            && !options.contains("<html"),
        "{options}"
    );
    let page = ana.get("/w/alpha/search?q=pier").expect(200).text();
    assert!(page.contains("Met at the alpha <mark>pier</mark>") && page.contains("<html"), "{page}");
    assert!(!page.contains("beta"), "{page}");
    let places = ana.send(Ask::new("GET", "/w/alpha/search?q=comp").header("hx-request", "true")).expect(200).text();
    assert!(places.contains("Companies") && places.contains("G O") && places.contains("Add a company"), "{places}");
}

#[test]
fn pages_go_on_where_the_last_ended_in_both_directions() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    for number in 0..120 {
        // Names that sort alike: the id has to decide.
        add_named(&program, "Same", &format!("Name {}", number % 3));
    }
    for sort in ["name", "-name", "created_at", "-updated_at", "company", "last_activity_at"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                program.get(&format!("/api/v1/contacts?sort={sort}&limit=17&cursor={cursor}")).expect(200).json();
            seen.extend(page["data"].as_array().unwrap().iter().map(|contact| contact["id"].as_i64().unwrap()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        let mut unique = seen.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!((seen.len(), unique.len()), (123, 123), "{sort}");
    }
    let ana = app.session_of(OWNER);
    let first = ana.get("/w/alpha/people/contacts?q=same").expect(200).text();
    assert!(first.contains("1 to 50 of 120"), "{first}");
    let second = ana.get(&link(&first, "rel=\"next\"")).expect(200).text();
    assert!(second.contains("51 to 100 of 120"), "{second}");
    let back = ana.get(&link(&second, "rel=\"prev\"")).expect(200).text();
    assert!(back.contains("1 to 50 of 120"), "{back}");
}

/// The address of the link that carries `mark`.
fn link(page: &str, mark: &str) -> String {
    let until = page.find(mark).expect("the link");
    let start = page[..until].rfind("href=\"").expect("its address") + 6;
    let end = start + page[start..].find('"').expect("its end");
    page[start..end].replace("&amp;", "&").replace("&#38;", "&")
}

#[test]
fn filters_narrow_and_unknown_ones_are_named() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    add(&program, &json!({ "given_name": "Bare", "tags": ["Key account"] }));
    let found = |filter: &str| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        names(&program.get(&format!("/api/v1/contacts?{query}")).expect(200))
    };
    assert_eq!(found("tag:\"key account\""), ["Bare"]);
    assert_eq!(found("no:email"), ["Bare"]);
    assert_eq!(found("has:phone owner:me source:api").len(), 3);
    assert_eq!(found("tag:nobody-made-this").len(), 0);
    assert_eq!(found("created>2020-01-01 updated<2020-01-01").len(), 0);
    let refused = program.get("/api/v1/contacts?filter=shoe:41+tag:x").expect(422).json();
    assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("shoe:41"), "{refused}");
    program.get("/api/v1/companies?filter=company:1").expect(422);
    program.get("/api/v1/contacts?sort=password").expect(422);
    program.get("/api/v1/contacts?limit=201").expect(422);
}

#[test]
fn a_field_that_names_a_record_is_offered_those_in_sight() {
    let app = TestApp::start();
    let ana = app.session_of(OWNER);
    let program = app.program_of(OWNER, "alpha");
    let made = add_named(&program, "Ottilie", "Skarsund");
    let ask = |client: &crate::support::Client, query: &str| {
        client.get(&format!("/w/alpha/search/suggestions?{query}")).expect(200).text()
    };
    let offered = ask(&ana, "object=contact&is_numbered=true&q=skars");
    assert!(offered.contains(&format!("data-insert=\"Ottilie Skarsund #{made}\"")), "{offered}");
    assert!(offered.contains("<mark>Skars</mark>und") && !offered.contains("<html"), "{offered}");
    assert!(ask(&ana, "object=contact&q=skars").contains("data-insert=\"Ottilie Skarsund\""));
    // What looks like a condition is part of a name here, and nothing typed offers nothing.
    for nothing in ["object=company&q=skars", "object=contact&q=", "object=contact&q=type:note"] {
        assert_eq!(ask(&ana, nothing).trim(), "", "{nothing}");
    }
    ana.get("/w/alpha/search/suggestions?object=note&q=skars").expect(404);
    permit(&app, "member", &json!({ "contacts.view": "own" }));
    assert_eq!(ask(&app.session_of(MEMBER), "object=contact&q=skars").trim(), "");
}
