//! The frame around a body; with `HOLDFAST_KIT=folder`, also pages to look at.

use askama::Template;

use super::*;
use crate::clock::Timestamp;
use crate::error::FieldError;
use crate::web::ui::Choice;

fn reader() -> Reader {
    let now = Timestamp::parse("2026-11-17T09:00:00Z").expect("a moment");
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone");
    Reader { csrf: "token-of-the-form".into(), zone, now }
}

fn link(label: &str, icon: &'static str, path: &str, key: char) -> NavigationLink {
    NavigationLink {
        label: label.into(),
        icon,
        href: format!("/w/saltmere{path}"),
        current: label == "Contacts",
        count: None,
        key: Some(key),
    }
}

fn frame() -> Frame {
    Frame {
        bell: None,
        hearing: String::new(),
        warning: None,
        name: "Saltmere <Instruments>".into(),
        note: "saltmere".into(),
        icon: "holdfast",
        navigation: vec![
            vec![NavigationLink { count: Some(1284), ..link("Home", "house", "", 'h') }],
            vec![
                link("Contacts", "users", "/people/contacts", 'c'),
                link("Companies", "building-2", "/people/companies", 'o'),
            ],
            vec![
                link("Audit log", "scroll-text", "/privacy/audit", 'a'),
                link("Settings", "settings", "/settings", 's'),
            ],
        ],
        search: Some("/w/saltmere/people/search".into()),
        account: Account { name: "Maren Aldous".into(), email: "maren@saltmere.example".into(), role: "Owner".into() },
        workspaces: vec![
            WorkspaceLink { name: "Saltmere Instruments".into(), slug: "saltmere".into(), current: true },
            WorkspaceLink { name: "Saltmere Foundation".into(), slug: "foundation".into(), current: false },
        ],
        is_operator: true,
    }
}

fn page(chrome: Chrome) -> Page {
    Page {
        title: "Contacts".into(),
        crumbs: vec![("People".into(), Some("/w/saltmere/people".into())), ("Contacts".into(), None)],
        chrome,
        theme: Theme::System,
        toast: Some(Toast { text: "Saved.".into(), undo: Some("/w/saltmere/people/contacts/41/undo".into()) }),
        shortcuts: true,
        error: false,
        path: "/w/saltmere/people/contacts?q=a&sort=name".into(),
    }
}

fn in_frame() -> Page {
    page(Chrome::Frame(Box::new(frame())))
}

#[test]
fn the_frame_escapes_names_and_prints_the_body_as_it_is() {
    let html = render(&in_frame(), &reader(), "<h1>Contacts</h1>").expect("rendered");
    assert!(html.starts_with("<!doctype html>"));
    assert!(html.contains("<h1>Contacts</h1>"));
    assert!(html.contains("Saltmere &#60;Instruments&#62;") && !html.contains("<Instruments>"));
    assert!(html.contains("<title>Contacts · Holdfast</title>"));
    assert!(html.contains(r#"<html lang="en">"#), "the system decides the theme");
}

#[test]
fn the_chosen_theme_and_errors_show_in_the_head() {
    let html = render(&Page { theme: Theme::Dark, error: true, ..in_frame() }, &reader(), "").expect("rendered");
    assert!(html.contains(r#"<html lang="en" data-theme="dark">"#));
    assert!(html.contains("<title>Error: Contacts · Holdfast</title>"));
    assert!(html.contains(r#"name="theme" value="dark" aria-pressed="true""#));
}

#[test]
fn every_form_of_the_frame_carries_the_token() {
    let html = render(&in_frame(), &reader(), "").expect("rendered");
    let posting = html.matches(r#"method="post""#).count();
    assert_eq!(posting, html.matches(r#"name="_csrf" value="token-of-the-form""#).count());
    assert!(posting >= 3, "the theme, signing out, undo: {posting}");
}

#[test]
fn shortcuts_list_only_what_exists_and_can_be_turned_off() {
    let on = render(&in_frame(), &reader(), "").expect("rendered");
    assert!(on.contains("<body data-shortcuts>") && on.contains("<dt>Go to Audit log</dt>"));
    let off = render(&Page { shortcuts: false, ..in_frame() }, &reader(), "").expect("rendered");
    assert!(off.contains("<body>") && !off.contains("Go to Audit log"));
}

#[test]
fn outside_a_workspace_there_is_nothing_to_search() {
    let chrome = Chrome::Frame(Box::new(Frame { search: None, ..frame() }));
    let html = render(&page(chrome), &reader(), "").expect("rendered");
    assert!(!html.contains("palette") && !html.contains("Search this workspace"));
}

#[test]
fn the_door_has_no_navigation() {
    let html = render(&page(Chrome::Door), &reader(), "<h1>Sign in</h1>").expect("rendered");
    assert!(html.contains("<h1>Sign in</h1>") && !html.contains("Sign out") && !html.contains("sidebar"));
}

#[test]
fn nothing_in_the_frame_needs_an_exception_from_the_content_security_policy() {
    for chrome in [Chrome::Door, Chrome::Frame(Box::new(frame()))] {
        let html = render(&page(chrome), &reader(), "").expect("rendered");
        for forbidden in ["style=", "<style", " onclick", " onload", "hx-on", "javascript:", "http://", "https://"] {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
        assert_eq!(html.matches("<script").count(), html.matches("<script src=\"/assets/").count());
    }
}

#[test]
fn themes_are_read_back_from_their_words() {
    for theme in [Theme::System, Theme::Light, Theme::Dark] {
        assert_eq!(Theme::parse(theme.word()), Some(theme));
    }
    assert_eq!(Theme::parse("blue"), None);
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<header class="page-head"><div><h1>Kit of parts</h1><p class="sub">Everything that pages are made of.</p></div>
<div class="actions"><button class="button danger" type="button" command="show-modal" commandfor="erase">{{ ui::icon("eraser") }}Erase…</button>
<button class="button primary" type="button">{{ ui::icon("plus") }}Add</button></div></header>
<div class="with-aside"><form class="card" method="post" action="/kit" novalidate><div class="body fields">
{{ ui::csrf() }}{{ ui::error_summary(errors) }}
{{ ui::text("name", "Name", name, errors).autocomplete("name") }}
{{ ui::text("email", "Email address", "nobody", errors).kind("email").hint("Where we write to you.") }}
{{ ui::password("password", "Password", errors).hint("At least 12 characters.") }}
{{ ui::select("zone", "Time zone", "UTC", zones, errors) }}
{{ ui::area("about", "About you", "", errors).optional() }}
{{ ui::text("code", "Six-digit code", "482193", errors).code() }}
{{ ui::check("weekly", "Send me a summary every Monday", true).hint("It holds counts only.") }}
{{ ui::switch("keys", "Single keys act", false) }}
{{ ui::radios("where", "Where", "UTC", zones, errors).boxed().hint("You can change it later.") }}
{{ ui::file("upload", "A file", ".csv", errors) }}
<div class="row"><button class="button primary" type="submit">{{ ui::icon("save") }}Save</button></div></div></form>
<div class="stack"><p class="row">{{ ui::badge("kept", "Consent") }}{{ ui::badge("", "Contract") }}{{ ui::badge("risk", "2 h left").icon("hourglass") }}</p>
<p class="row gap-l">{{ ui::status("kept", "Kept") }}{{ ui::status("broken", "Broken") }}{{ ui::status("", "Not checked") }}</p>
<p>{{ ui::day(at) }}, {{ ui::moment(at) }}, {{ ui::ago(at) }}; {{ ui::count(1284) }} of {{ ui::plural(1, "contact", "contacts") }}; {{ ui::size(1240000_u64) }}</p>
{{ ui::secret("token", "the token", token, true) }}
<div class="table-card"><table class="table"><thead><tr><th scope="col">Name</th></tr></thead><tbody><tr><th scope="row">{{ ui::person(name, "l.brandvold@mareval.example").href("#") }}</th></tr></tbody></table>
{{ ui::pager("Pages of people", "1 to 1 of 2", None, Some("#")) }}</div>
<div class="card">{{ ui::empty("No companies yet", "Companies appear here when you add one or import a list.").action("#", "Add a company") }}</div></div></div>
{{ ui::confirm("erase", "Erase this person?", "Their address and notes go now. The proof that they were erased stays.", "/kit", "Erase").field("id", "41") }}"##
)]
struct Kit {
    errors: Vec<FieldError>,
    zones: Vec<Choice>,
    at: Timestamp,
    name: String,
    token: String,
}

fn kit() -> String {
    let message = "Enter an email address with an @, like name@example.org";
    let kit = Kit {
        errors: vec![FieldError::new("email", "invalid_email", message)],
        zones: vec![Choice::new("Europe/Berlin", "Berlin"), Choice::new("UTC", "UTC").hint("Whatever the season.")],
        at: Timestamp::parse("2026-11-13T08:40:00Z").expect("a moment"),
        name: "Łucja Brandvold".into(),
        token: "hf_9f3ca17e0b42d9e4".into(),
    };
    kit.render_with_values(&reader()).expect("rendered")
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<div class="stack tight"><h1>Enter the code from your app</h1><p class="muted">Open your authenticator and type the six digits.</p></div>
<form class="fields" method="post" novalidate>{{ ui::csrf() }}{{ ui::error_summary(errors) }}
{{ ui::text("code", "Six-digit code", "482193", errors).code().hint("It changes every 30 seconds.") }}
<button class="button primary wide" type="submit">Continue</button></form>"#
)]
struct Step {
    errors: Vec<FieldError>,
}

/// All parts on one page. With `HOLDFAST_KIT` set, the pages are written there to be opened in a browser.
#[test]
fn the_kit_of_parts_renders() {
    let body = kit();
    assert!(body.contains("There is a problem"));
    let Ok(folder) = std::env::var("HOLDFAST_KIT") else { return };
    let step = Step {
        errors: vec![FieldError::new("code", "expired", "That code has expired. Type the one your app shows now.")],
    };
    let error = ErrorPage {
        title: "This page does not exist".into(),
        what_happened: "Nothing is kept under this address, or it is not yours to see.".into(),
        what_to_do: "Check the address, or go back to where you were.".into(),
        request_id: "9f3ca17e".into(),
        way_out: ("/".into(), "Go to the first page".into()),
    };
    for theme in [Theme::Light, Theme::Dark] {
        let console = Frame { search: None, name: "Operator console".into(), icon: "server", ..frame() };
        let pages = [
            ("workspace", Page { theme, ..in_frame() }, body.clone()),
            ("operator", Page { theme, ..page(Chrome::Frame(Box::new(console))) }, body.clone()),
            ("error", Page { theme, toast: None, ..in_frame() }, error.render().expect("rendered")),
            (
                "door",
                Page { theme, toast: None, ..page(Chrome::Door) },
                step.render_with_values(&reader()).expect("rendered"),
            ),
        ];
        for (name, page, body) in pages {
            let html = render(&page, &reader(), &body).expect("rendered");
            let file = std::path::Path::new(&folder).join(format!("{name}-{}.html", theme.word()));
            std::fs::write(file, html).expect("written");
        }
    }
}
