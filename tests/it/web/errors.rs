//! Bad input on every unsafe route: told, never a 5xx, never ignored (WEB-7, TEN-3).

use holdfast::modules;
use holdfast::web::{Access, Route};
use serde_json::{Value, json};

use super::{NOBODY, Programs, name, path};
use crate::support::crawler::crawl;
use crate::support::{Answer, Ask, OPERATOR, TestApp, digest, sample};
use crate::tidy::none;

fn is_told(answer: &Answer) -> bool {
    (400..500).contains(&answer.status)
}

/// Bodies that are no JSON, or not the JSON of a well-meaning program.
fn broken_json() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("cut off", b"{\"name\": ".to_vec()),
        ("no JSON", b"name=Quill".to_vec()),
        ("not UTF-8", b"{\"name\": \"\xff\xfe\"}".to_vec()),
        ("doubled key", b"{\"name\": \"a\", \"name\": \"b\"}".to_vec()),
        ("deep nesting", format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)).into_bytes()),
        ("deep objects", format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200)).into_bytes()),
        ("an array", b"[]".to_vec()),
        ("a number", b"7".to_vec()),
        ("null", b"null".to_vec()),
        ("two values", b"{} {}".to_vec()),
        ("NUL", b"{\"name\": \"a\\u0000b\"}".to_vec()),
        ("a huge number", b"{\"id\": 1e400}".to_vec()),
        ("an unknown field", b"{\"zz_unknown\": 1}".to_vec()),
        ("prototype", b"{\"__proto__\": {\"is_operator\": true}}".to_vec()),
    ]
}

#[test]
fn web_7_a_broken_body_is_told_to_programs() {
    let app = TestApp::start();
    let programs = Programs::of(&app);
    let alpha = app.workspace("alpha");
    // A run of the rules and a file with everything may be asked for with nothing but an empty object, and write down
    // that they were.
    let entries = || -> i64 {
        let others = "SELECT count(*) FROM audit
            WHERE action NOT LIKE 'privacy.retention.%' AND action NOT LIKE 'privacy.workspace_export.%'";
        alpha.query_row(others, [], |row| row.get(0)).expect("a count")
    };
    let (before, entries_before) = (digest::of(&alpha, false), entries());
    let document = sample::document();
    let mut broken = Vec::new();
    for route in modules::routes().filter(|route| route.is_api() && !route.method.is_safe()) {
        let (program, path) = (programs.of_route(route), path(route, "alpha", "1"));
        let takes_body = sample::body(document, route.method.name(), route.path).is_some() || route.upload_limit > 0;
        let mut check = |what: &str, answer: Answer| {
            let good = if takes_body { is_told(&answer) } else { answer.status < 500 };
            if !good {
                broken.push(format!("{}: {what} answers {}", name(route), answer.status));
            } else if is_told(&answer)
                && !answer.header("content-type").is_some_and(|kind| kind.starts_with("application/problem+json"))
            {
                broken.push(format!("{}: {what} answers {:?}", name(route), answer.header("content-type")));
            }
        };
        // Routes without a body act on their address alone: they are tried with an address of nothing.
        let path = if takes_body { path } else { super::path(route, "alpha", NOBODY) };
        for (what, body) in broken_json() {
            let ask = Ask::new(route.method.name(), &path).header("if-match", "\"1\"");
            check(what, program.send(ask.body("application/json", body)));
        }
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "application/xml",
        ] {
            let ask = Ask::new(route.method.name(), &path).header("if-match", "\"1\"");
            check(kind, program.send(ask.body(kind, "{}")));
        }
        let large = format!("{{\"name\":\"{}\"}}", "a".repeat(2 * 1024 * 1024));
        if route.upload_limit == 0 {
            let ask = Ask::new(route.method.name(), &path).header("if-match", "\"1\"");
            check("2 MiB", program.send(ask.body("application/json", large)));
        }
    }
    none("Broken bodies:", &broken);
    // An empty object is no body, so the search for duplicates and the file with everything were asked for rightly, and
    // their jobs may be done.
    let mut changed = digest::changed(&before, &digest::of(&alpha, false));
    changed.retain(|line| {
        !["duplicate_candidates:", "retention_runs:", "workspace_exports:"].iter().any(|own| line.starts_with(own))
    });
    none("Broken bodies changed:", &changed);
    assert_eq!(entries(), entries_before);
}

/// Every field in turn gets a value of the wrong type, and one field too many stands beside good ones.
#[test]
fn ten_3_unknown_and_mistyped_fields_are_named() {
    let app = TestApp::start();
    let programs = Programs::of(&app);
    let document = sample::document();
    let mut broken = Vec::new();
    for route in modules::routes().filter(|route| route.is_api() && !route.method.is_safe()) {
        let Some(Value::Object(good)) = sample::body(document, route.method.name(), route.path) else { continue };
        let (program, path) = (programs.of_route(route), path(route, "alpha", "1"));
        let mut check = |what: String, body: Value| {
            let answer = program.send(Ask::new(route.method.name(), &path).header("if-match", "\"1\"").json(&body));
            // What is looked up before the body is read may be absent.
            if !matches!(answer.status, 400 | 404 | 409 | 412 | 422) {
                broken.push(format!("{}: {what} answers {}", name(route), answer.status));
            }
            if answer.status == 422 && answer.json()["errors"].as_array().is_none_or(Vec::is_empty) {
                broken.push(format!("{}: {what} names no field", name(route)));
            }
        };
        for extra in ["zz_unknown", "workspace_id", "is_operator", "id", "created_at"] {
            if !good.contains_key(extra) {
                let mut body = good.clone();
                body.insert(extra.into(), json!(1));
                check(format!("the unknown field {extra}"), Value::Object(body));
            }
        }
        for field in good.keys() {
            for wrong in [json!({ "a": [{}] }), json!([[1]])] {
                let mut body = good.clone();
                body.insert(field.clone(), wrong.clone());
                check(format!("{field} = {wrong}"), Value::Object(body));
            }
        }
    }
    none("Fields:", &broken);
}

fn client_of<'a>(
    route: &Route,
    stranger: &'a crate::support::Client,
    owner: &'a crate::support::Client,
    operator: &'a crate::support::Client,
) -> &'a crate::support::Client {
    match route.access {
        Access::Public => stranger,
        Access::Operator => operator,
        _ => owner,
    }
}

#[test]
fn web_7_a_broken_form_is_told_to_people() {
    let app = TestApp::start();
    let (stranger, owner, operator) = (app.stranger(), app.session_of("owner@alpha.example"), app.session_of(OPERATOR));
    let found = crawl(&owner, &["/", "/w/alpha", "/account/security", "/account/profile"]);
    let mut broken = Vec::new();
    for route in
        modules::routes().filter(|route| !route.is_api() && !route.method.is_safe() && route.path != "/sign-out")
    {
        let client = client_of(route, &stranger, &owner, &operator);
        let path = path(route, "alpha", "1");
        let mut check = |what: &str, answer: Answer| {
            if answer.status >= 500 {
                broken.push(format!("{}: {what} answers {}", name(route), answer.status));
            }
        };
        let token = client.form_token();
        let with = |kind: &'static str, bytes: Vec<u8>| {
            client.send(
                Ask::new(route.method.name(), &path)
                    .header("sec-fetch-site", "same-origin")
                    .header("x-csrf-token", token.clone())
                    .body(kind, bytes),
            )
        };
        check("bytes", with("application/x-www-form-urlencoded", b"%%%&=&a=%ff%fe&a[b][c]=1&\xff\xfe".to_vec()));
        check("JSON", with("application/json", b"{}".to_vec()));
        check("no multipart", with("multipart/form-data; boundary=x", b"no parts here".to_vec()));
        check(
            "a part cut off",
            with(
                "multipart/form-data; boundary=x",
                b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc".to_vec(),
            ),
        );
        check("NUL", with("application/x-www-form-urlencoded", b"name=a%00b&email=a%00".to_vec()));
        check("many fields", with("application/x-www-form-urlencoded", "a=1&".repeat(5_000).into_bytes()));
        if route.upload_limit > 0 {
            continue;
        }
        // A form as its page offers it, with one field too many. Buttons alone take no fields.
        let fields =
            found.forms.get(&(route.method.name(), route.path)).map(|form| form.fields.clone()).unwrap_or_default();
        if fields.iter().all(|(name, _)| name == "_csrf") {
            continue;
        }
        let unknown: Vec<_> = fields.iter().cloned().chain([("zz_unknown".to_owned(), "1".to_owned())]).collect();
        // Some of these end the session they are tried with.
        let fresh = match route.access {
            Access::Public => app.stranger(),
            Access::Operator => app.session_of(OPERATOR),
            _ => app.session_of("owner@alpha.example"),
        };
        let answer = fresh.submit_pairs(route.method.name(), &path, &unknown);
        if answer.status < 400 || answer.status >= 500 {
            broken.push(format!("{}: an unknown field answers {}", name(route), answer.status));
        }
    }
    none("Broken forms:", &broken);
}

/// Addresses and queries that nobody typed.
#[test]
fn web_7_odd_addresses_are_told() {
    let app = TestApp::start();
    let (owner, operator, programs) =
        (app.session_of("owner@alpha.example"), app.session_of(OPERATOR), Programs::of(&app));
    let mut broken = Vec::new();
    for route in modules::routes().filter(|route| route.method.is_safe()) {
        let client = match route.access {
            _ if route.is_api() => programs.of_route(route),
            Access::Operator => &operator,
            _ => &owner,
        };
        for id in ["0", "-1", "9223372036854775808", "1e3", "%00", "1%27", "..%2f..%2fetc%2fpasswd", "%ff"] {
            if !route.path.contains('{') {
                break;
            }
            let answer = client.get(&path(route, "alpha", id));
            if answer.status >= 500 || answer.status == 200 && route.path.contains("{id}") {
                broken.push(format!("{} with {id}: {}", name(route), answer.status));
            }
        }
        for query in [
            "zz_unknown=1",
            "limit=-1",
            "limit=1e9",
            "limit=99999999999999999999",
            "cursor=%00",
            "cursor=garbage",
            // "a.1.9223372036854775807.n1" and "b.1.-9223372036854775808.n1": pages at the ends of the numbers.
            "cursor=YS4xLjkyMjMzNzIwMzY4NTQ3NzU4MDcubjE",
            "cursor=Yi4xLi05MjIzMzcyMDM2ODU0Nzc1ODA4Lm4x",
            "sort=;drop",
            "q=%22%2a%28",
            "q=%ff",
            "filter=((((",
            "q=a&q=b",
            "page=-1",
            "%ff=%fe",
            "q=NEAR(a%20b)%20AND%20*",
        ] {
            let answer = client.get(&format!("{}?{query}", path(route, "alpha", "1")));
            if answer.status >= 500 {
                broken.push(format!("{}?{query}: {}", name(route), answer.status));
            }
        }
        if route.is_api() && route.api.is_some_and(|operation| !operation.query.is_empty()) {
            let answer = client.get(&format!("{}?zz_unknown=1", path(route, "alpha", "1")));
            if !is_told(&answer) {
                broken.push(format!("{}: an unknown parameter answers {}", name(route), answer.status));
            }
        }
    }
    none("Odd addresses:", &broken);
}

#[test]
fn a_wrong_method_is_told_with_the_right_ones() {
    let app = TestApp::start();
    let stranger = app.stranger();
    let answer = stranger.send(Ask::new("DELETE", "/healthz"));
    assert_eq!(answer.status, 405);
    assert!(answer.header("allow").is_some_and(|allowed| allowed.contains("GET")), "{:?}", answer.headers);
    let program = stranger.send(Ask::new("PUT", "/api/v1/contacts"));
    assert_eq!(program.status, 405);
    assert_eq!(program.header("content-type"), Some("application/problem+json; charset=utf-8"));
    assert_eq!(program.json()["detail"], "It takes GET, POST.");
    for method in ["TRACE", "CONNECT", "OPTIONS"] {
        let status = stranger.try_send(Ask::new(method, "/healthz")).map_or(400, |answer| answer.status);
        assert!((400..500).contains(&status), "{method} answers {status}");
    }
}

#[test]
fn web_7_what_cannot_be_meant_is_never_ignored() {
    let app = TestApp::start();
    let (owner, program) = (app.session_of("owner@alpha.example"), app.program_of("owner@alpha.example", "alpha"));
    // Letters in no encoding.
    program.get("/api/v1/contacts?q=%ff").expect(400);
    let token = owner.form_token();
    let body = format!("_csrf={token}&given_name=%ff%fe");
    let ask = Ask::new("POST", "/w/alpha/people/contacts/new").body("application/x-www-form-urlencoded", body);
    owner.send(ask).expect(400);
    // Two conditions for one place: the second must not put the first aside.
    for filter in ["owner:1%20owner:2", "has:email%20no:email", "created%3E2026-01-01%20created%3E2026-02-01"] {
        let answer = program.get(&format!("/api/v1/contacts?filter={filter}")).expect(422);
        assert_eq!(answer.json()["errors"][0]["code"], "doubled_filter", "{filter}");
    }
    program
        .get("/api/v1/contacts?filter=has:email%20no:phone%20created%3E2020-01-01%20created%3C2040-01-01")
        .expect(200);
}
