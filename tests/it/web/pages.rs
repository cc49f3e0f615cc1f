//! Every page that links lead to is there, carries the frame, and names nothing from elsewhere.

use crate::support::crawler::crawl;
use crate::support::{OPERATOR, ROLES, TestApp};
use crate::tidy::none;

#[test]
fn every_link_leads_somewhere() {
    let app = TestApp::start();
    let mut broken = Vec::new();
    let people = ROLES.iter().map(|role| format!("{role}@alpha.example")).chain([OPERATOR.to_owned()]);
    for email in people {
        let client = app.session_of(&email);
        let starts: &[&str] = if email == OPERATOR {
            &["/", "/operator"]
        } else {
            &["/", "/w/alpha", "/account/profile", "/account/security"]
        };
        let found = crawl(&client, starts);
        assert!(found.pages.len() > 3, "{email} found only {:?}", found.pages.keys());
        for (page, answer) in &found.pages {
            if answer.status >= 400 {
                broken.push(format!("{email}: {page} answers {}", answer.status));
            }
        }
    }
    none("A link leads nowhere:", &broken);
}

#[test]
fn web_6_no_page_names_another_host() {
    let app = TestApp::start();
    let elsewhere = regex::Regex::new(r#"(?:src|href|action|poster|data|srcset|formaction)="(?:https?:)?//[^"]*"|style="|<style|<iframe|<script(?:>| [^>]*>[^<])"#)
        .expect("a good pattern");
    let mut broken = Vec::new();
    for (email, starts) in [
        ("owner@alpha.example", &["/", "/w/alpha", "/account/profile", "/account/security", "/api/docs"][..]),
        (OPERATOR, &["/operator"]),
    ] {
        for (page, answer) in crawl(&app.session_of(email), starts).pages {
            if !answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
                continue;
            }
            let text = answer.text();
            for found in elsewhere.find_iter(&text) {
                broken.push(format!("{page}: {}", found.as_str()));
            }
            if text.matches("<h1").count() != 1 {
                broken.push(format!("{page}: {} h1 elements", text.matches("<h1").count()));
            }
            if !text.contains("<html lang=") || !text.contains("<title>") {
                broken.push(format!("{page}: not a whole document"));
            }
        }
    }
    none("Pages:", &broken);
}
