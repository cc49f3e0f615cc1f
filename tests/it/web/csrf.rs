//! What another site makes a browser send is refused on every unsafe route, and reading changes nothing (WEB-1, WEB-2).

use holdfast::modules;
use holdfast::web::{Access, Route};

use super::{Programs, name, path};
use crate::support::crawler::crawl;
use crate::support::{Ask, Client, OPERATOR, TestApp, digest};
use crate::tidy::none;

/// Ways another site can reach a form of ours. `None` for headers that such a browser does not send.
struct Attack {
    what: &'static str,
    headers: &'static [(&'static str, &'static str)],
    /// Whether the attacker somehow knows the form token: the headers alone must stop it.
    with_token: bool,
}

const ATTACKS: [Attack; 6] = [
    Attack { what: "cross-site", headers: &[("sec-fetch-site", "cross-site")], with_token: true },
    Attack { what: "same-site, another host", headers: &[("sec-fetch-site", "same-site")], with_token: true },
    Attack { what: "a foreign origin", headers: &[("origin", "https://evil.example")], with_token: true },
    Attack { what: "the origin null", headers: &[("origin", "null")], with_token: true },
    Attack { what: "no headers and no token", headers: &[], with_token: false },
    Attack { what: "our own page without its token", headers: &[("sec-fetch-site", "same-origin")], with_token: false },
];

fn attack<'a>(client: &Client, route: &'a Route, path: &'a str, attack: &Attack) -> u16 {
    let token = if attack.with_token { client.form_token() } else { String::new() };
    let mut ask = Ask::new(route.method.name(), path);
    for (header, value) in attack.headers {
        ask = ask.header(header, *value);
    }
    let fields = [("_csrf".to_owned(), token.clone()), ("email".to_owned(), "owner@alpha.example".to_owned())];
    let ask = if route.upload_limit > 0 {
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{token}\r\n--x\r\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"a.csv\"\r\n\r\nname\r\n--x--\r\n"
        );
        ask.body("multipart/form-data; boundary=x", body)
    } else {
        ask.form(&fields)
    };
    client.send(ask).status
}

#[test]
fn web_1_what_comes_from_another_site_is_refused() {
    let app = TestApp::start();
    let (owner, operator, stranger) = (app.session_of("owner@alpha.example"), app.session_of(OPERATOR), app.stranger());
    // Coming in is written down once in a session, and is the owner's own doing.
    owner.get("/w/alpha").expect(200);
    let (control, alpha) = (app.control(), app.workspace("alpha"));
    let before = (digest::of(&control, true), digest::of(&alpha, true));
    let mut broken = Vec::new();
    for route in modules::routes().filter(|route| !route.method.is_safe() && !route.is_api()) {
        let client = match route.access {
            Access::Public => &stranger,
            Access::Operator => &operator,
            _ => &owner,
        };
        let path = path(route, "alpha", "1");
        for way in &ATTACKS {
            let status = attack(client, route, &path, way);
            if status != 403 {
                broken.push(format!("{}: {} answers {status}", name(route), way.what));
            }
        }
    }
    none("Another site got through:", &broken);
    let after = (digest::of(&control, true), digest::of(&alpha, true));
    none(
        "Another site changed:",
        &[digest::changed(&before.0, &after.0), digest::changed(&before.1, &after.1)].concat(),
    );
    // Logging somebody out is an attack too.
    assert_eq!(owner.get("/w/alpha").status, 200, "the session must still be alive");
}

/// The token of one visitor is no token for another.
#[test]
fn web_1_a_form_token_belongs_to_its_cookie() {
    let app = TestApp::start();
    let (owner, viewer) = (app.session_of("owner@alpha.example"), app.session_of("viewer@alpha.example"));
    let foreign = viewer.form_token();
    let answer = owner
        .send(Ask::new("POST", "/sign-out").header("sec-fetch-site", "same-origin").form(&[("_csrf".into(), foreign)]));
    assert_eq!(answer.status, 403);
}

#[test]
fn web_1_reading_changes_nothing() {
    let app = TestApp::start();
    let owner = app.session_of("owner@alpha.example");
    let (control, alpha) = (app.control(), app.workspace("alpha"));
    let before = (digest::of(&control, false), digest::of(&alpha, false));
    let found = crawl(&owner, &["/", "/w/alpha", "/account/security", "/account/profile"]);
    for page in found.pages.keys() {
        owner.send(Ask::new("HEAD", page));
    }
    let programs = Programs::of(&app);
    for route in modules::routes().filter(|route| route.method.is_safe() && route.is_api()) {
        programs.of_route(route).get(&path(route, "alpha", "1"));
    }
    let after = (digest::of(&control, false), digest::of(&alpha, false));
    none("Reading changed:", &[digest::changed(&before.0, &after.0), digest::changed(&before.1, &after.1)].concat());
}
