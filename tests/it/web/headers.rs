//! Every answer carries the security headers, and the installation sets exactly one cookie (WEB-3, SES-1).

use holdfast::modules;
use holdfast::web::Access;

use super::{NOBODY, call, name, path};
use crate::support::{Answer, Ask, OPERATOR, TestApp};
use crate::tidy::none;

const ALWAYS: [(&str, &str); 8] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("strict-transport-security", "max-age="),
    ("permissions-policy", "camera=()"),
    ("content-security-policy", "default-src 'none'"),
];

/// What is wrong with an answer's headers.
fn faults(answer: &Answer) -> Vec<String> {
    let mut faults = Vec::new();
    for (header, value) in ALWAYS {
        if !answer.header(header).is_some_and(|found| found.contains(value)) {
            faults.push(format!("{header} is {:?}", answer.header(header)));
        }
    }
    let policy = answer.header("content-security-policy").unwrap_or("");
    for needed in ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        if !policy.contains(needed) {
            faults.push(format!("the content security policy lacks {needed}"));
        }
    }
    if policy.contains("unsafe") || policy.contains("http") || policy.contains('*') {
        faults.push(format!("the content security policy allows too much: {policy}"));
    }
    let seconds = answer
        .header("strict-transport-security")
        .and_then(|value| value.split("max-age=").nth(1)?.split(';').next()?.trim().parse::<u64>().ok());
    if seconds.is_none_or(|seconds| seconds < 31_536_000) {
        faults.push(format!("HSTS lasts {seconds:?} seconds"));
    }
    if !answer.bytes.is_empty() {
        match answer.header("content-type") {
            None => faults.push("a body without a content type".into()),
            Some(kind) if kind.starts_with("text/") || kind.contains("json") => {
                if !kind.contains("charset=utf-8") {
                    faults.push(format!("no charset: {kind}"));
                }
            }
            Some(_) => {}
        }
    }
    faults.extend(cookie_faults(answer));
    for revealing in ["server", "x-powered-by", "access-control-allow-origin"] {
        if answer.header(revealing).is_some() {
            faults.push(format!("{revealing} is sent"));
        }
    }
    faults
}

fn cookie_faults(answer: &Answer) -> Vec<String> {
    let cookies: Vec<&str> =
        answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect();
    let mut faults = Vec::new();
    if cookies.len() > 1 {
        faults.push(format!("{} cookies", cookies.len()));
    }
    for cookie in cookies {
        let attributes: Vec<String> = cookie.split(';').skip(1).map(|part| part.trim().to_lowercase()).collect();
        let has = |wanted: &str| attributes.iter().any(|attribute| attribute == wanted);
        if !cookie.starts_with("__Host-holdfast=") || !has("secure") || !has("httponly") || !has("path=/") {
            faults.push(format!("the cookie {cookie}"));
        }
        if !has("samesite=lax") && !has("samesite=strict") {
            faults.push(format!("the cookie {cookie}"));
        }
        if attributes.iter().any(|attribute| attribute.starts_with("domain")) {
            faults.push(format!("the cookie names a domain: {cookie}"));
        }
    }
    faults
}

#[test]
fn web_3_every_answer_carries_the_security_headers() {
    let app = TestApp::start();
    let stranger = app.stranger();
    let owner = app.session_of("owner@alpha.example");
    let operator = app.session_of(OPERATOR);
    let program = app.program_of("owner@alpha.example", "alpha");
    let operator_program = app.operator_program();
    let mut broken = Vec::new();
    for route in modules::routes() {
        let client = match route.access {
            Access::OperatorProgram(_) => &operator_program,
            _ if route.is_api() => &program,
            Access::Operator => &operator,
            Access::Public => &stranger,
            _ => &owner,
        };
        for (who, client, id) in
            [("admitted", client, "1"), ("admitted, unknown id", client, NOBODY), ("a stranger", &stranger, "1")]
        {
            // Signing out would end the session the other routes are tried with.
            if route.path == "/sign-out" && who.starts_with("admitted") {
                continue;
            }
            let answer = call(client, route, &path(route, "alpha", id));
            broken.extend(
                faults(&answer).into_iter().map(|fault| format!("{} ({who}, {}): {fault}", name(route), answer.status)),
            );
            let is_open = route.access == Access::Public || who == "a stranger";
            if !is_open && !answer.header("cache-control").is_some_and(|value| value.contains("no-store")) {
                broken.push(format!("{}: may be cached: {:?}", name(route), answer.header("cache-control")));
            }
        }
    }
    for odd in ["/nowhere", "/api/v1/nowhere", "/assets/0/nowhere.css", "/w", "/w/alpha/nowhere"] {
        let answer = stranger.get(odd);
        broken.extend(faults(&answer).into_iter().map(|fault| format!("GET {odd} ({}): {fault}", answer.status)));
    }
    let odd_method = stranger.send(Ask::new("DELETE", "/healthz"));
    broken.extend(
        faults(&odd_method).into_iter().map(|fault| format!("DELETE /healthz ({}): {fault}", odd_method.status)),
    );
    none("Headers:", &broken);
}

/// Assets are the one thing a browser may keep, and may keep for ever: their address changes with their content.
#[test]
fn assets_are_cached_for_ever_under_their_own_name() {
    let app = TestApp::start();
    let stranger = app.stranger();
    let page = stranger.follow(stranger.get("/")).text();
    let asset = regex::Regex::new(r##"(?:href|src)="(/assets/[^"#]+)"##).expect("a good pattern");
    let mut seen = 0;
    for found in asset.captures_iter(&page) {
        let answer = stranger.get(&found[1]);
        assert_eq!(answer.status, 200, "{}", &found[1]);
        assert!(
            answer.header("cache-control").is_some_and(|value| value.contains("immutable")),
            "{:?}",
            answer.headers
        );
        assert!(answer.header("set-cookie").is_none(), "an asset sets a cookie");
        assert_eq!(faults(&answer), Vec::<String>::new(), "{}", &found[1]);
        seen += 1;
    }
    assert!(seen >= 4, "a page names its stylesheet, script, font and icon");
}

/// The health page says whether it is well, and nothing else (OPS-1).
#[test]
fn ops_1_healthz_says_ok_and_nothing_else() {
    let app = TestApp::start();
    let answer = app.stranger().get("/healthz").expect(200);
    assert!(answer.text().trim().len() <= 16, "{:?}", answer.text());
    assert!(answer.header("set-cookie").is_none());
}
