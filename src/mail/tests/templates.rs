//! What the mails say, and what nobody can make them say.

use jiff::tz::TimeZone;

use crate::clock::Timestamp;
use crate::mail::templates::*;

const LINK: &str = "https://crm.example.org/x?a=1&b=2";

fn until() -> Until {
    Until::new(Timestamp::parse("2026-11-21T13:35:00Z").unwrap(), TimeZone::get("Europe/Berlin").unwrap())
}

fn all() -> Vec<Content> {
    let (site, link, until) = ("crm.example.org", LINK, until());
    let (device, address, contact, workspace) = ("Firefox on Linux", "192.0.2.7", "desk@example.org", "Korvath");
    vec![
        SignInLink { site, link, until: until.clone() }.content(),
        SignInCode { site, code: "481 502", until: until.clone() }.content(),
        PasswordReset { site, link, until: until.clone() }.content(),
        Invitation { site, inviter: "Lotte", workspace, link, until: until.clone() }.content(),
        NewDevice { site, at: until.clone(), device, address, link }.content(),
        TwoStepUnfinished { site, at: until.clone(), device, address, link }.content(),
        AccountChanged { site, change: "Your password was changed.", at: until.clone(), contact }.content(),
        EmailChange { site, link, until: until.clone() }.content(),
        OwnershipTransferred { site, workspace, from: "Lotte", to: "Anselm", at: until.clone(), contact }.content(),
        WorkspaceRestored { site, workspace, change: "It is back.", moment: "then", at: until.clone(), link }.content(),
        DeletionAsked { site, workspace, by: "Lotte", at: until.clone(), due: until.clone(), link }.content(),
        BackupTrouble { site, place: workspace, words: "The disk is full.", at: until, link }.content(),
    ]
    .into_iter()
    .map(Result::unwrap)
    .collect()
}

#[test]
fn every_mail_says_who_sends_it_when_and_what_to_do() {
    for content in all() {
        let Content { purpose, title, text, html, .. } = &content;
        assert!(text.ends_with("\n\nSent by Holdfast at crm.example.org.\n"), "{purpose}: {text}");
        assert!(text.contains("21 November 2026, 14:35 (CET)"), "{purpose}");
        assert!(text.contains("\n\nIf "), "{purpose} says what to do when nobody asked");
        assert!(!title.contains(['\n', '\r']) && title.chars().count() <= 160, "{title}");
        assert!(!text.contains("\n\n\n") && !text.contains('!') && !text.contains("{{"), "{purpose}: {text}");
        for word in ["please", "sorry", "invalid", "oops"] {
            assert!(!text.to_lowercase().contains(word), "{purpose} says {word}");
        }
        assert!(!html.contains("style") && !html.contains("<script") && !html.contains("<img"));
    }
}

#[test]
fn purposes_are_distinct_and_secrets_are_marked_and_not_in_titles() {
    let contents = all();
    let mut purposes: Vec<&str> = contents.iter().map(|content| content.purpose).collect();
    purposes.sort();
    purposes.dedup();
    assert_eq!(purposes.len(), contents.len());
    let secret: Vec<&str> = contents.iter().filter(|content| content.secret).map(|content| content.purpose).collect();
    assert_eq!(secret, ["sign_in_link", "sign_in_code", "password_reset", "invitation", "email_change"]);
    assert!(contents.iter().all(|content| !content.title.contains("481") && !content.title.contains("https:")));
}

#[test]
fn the_html_form_says_the_same_and_links_only_the_link() {
    let content = all().remove(0);
    assert!(content.html.contains(r#"<a href="https://crm.example.org/x?a=1&#38;b=2">"#), "{}", content.html);
    assert_eq!(content.html.matches("<a ").count(), 1);
    let code = all().remove(1);
    assert!(code.html.contains("<strong>481 502</strong>"));
}

#[test]
fn names_cannot_become_messages_or_markup() {
    let hostile = "<b>Bank</b>\r\n\r\nhttps://evil.example\n\u{202e}www.evil.example — your account is locked, act now or lose it all";
    let content =
        Invitation { site: "crm.example.org", inviter: hostile, workspace: hostile, link: LINK, until: until() };
    let content = content.content().unwrap();
    assert!(
        !content.text.contains("https://evil")
            && !content.text.contains("www.evil")
            && !content.text.contains("act now")
    );
    assert!(!content.html.contains("<b>") && !content.title.contains(['\r', '\n', '\u{202e}']));
    assert_eq!(content.html.matches("<a ").count(), 1);
    assert!(name(hostile).chars().count() <= 61);
    assert_eq!(name("  Lotte\tvan  Dijk "), "Lotte van Dijk");
}
