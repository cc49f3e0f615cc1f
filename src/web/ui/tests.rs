//! What the parts print, looked at as text.

use askama::Template;

use super::*;
use crate::clock::Timestamp;
use crate::error::FieldError;
use crate::web::reader::Reader;
use crate::web::ui;

fn reader() -> Reader {
    let now = Timestamp::parse("2026-11-17T09:00:00Z").expect("a moment");
    Reader { csrf: "a<b".into(), zone: jiff::tz::TimeZone::UTC, now }
}

fn email_errors() -> Vec<FieldError> {
    vec![FieldError::new("email", "invalid_email", "Enter an email address with an @, like name@example.org")]
}

#[test]
fn a_field_ties_label_hint_and_error_to_its_control() {
    let errors = email_errors();
    let html =
        text("email", "Email address", "no<body>", &errors).kind("email").hint("Where we write to you.").to_string();
    for part in [
        r#"<label for="email">Email address</label>"#,
        r#"<p class="hint" id="email-hint">Where we write to you.</p>"#,
        r#"type="email" value="no&#60;body&#62;" id="email" name="email" aria-invalid="true" aria-describedby="email-hint email-error""#,
        r#"<p class="error" id="email-error">"#,
        "Enter an email address with an @",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
}

#[test]
fn a_field_without_error_says_nothing_of_errors() {
    let html = area("about", "About you", "\nfirst line empty", &email_errors()).optional().rows(6).to_string();
    assert!(!html.contains("aria-invalid") && !html.contains("aria-describedby"), "{html}");
    assert!(html.contains(r#"rows="6""#) && html.contains("(optional)"), "{html}");
    // A browser drops the first line break of an area, so one of ours stands before the value.
    assert!(html.contains(">\n\nfirst line empty</textarea>"), "{html}");
}

#[test]
fn selects_and_groups_mark_what_is_chosen() {
    let choices = vec![Choice::new("eu", "Europe"), Choice::new("us", "Elsewhere").hint("Ask first.")];
    let html = select("zone", "Zone", "us", &choices, &[]).to_string();
    assert!(html.contains(r#"<option value="us" selected>Elsewhere</option>"#), "{html}");
    assert!(html.contains(r#"<option value="eu">Europe</option>"#), "{html}");
    let html = radios("zone", "Zone", "eu", &choices, &[]).boxed().to_string();
    assert!(html.contains(r#"type="radio" id="zone" name="zone" value="eu" checked"#), "{html}");
    assert!(html.contains(r#"type="radio" id="zone-2" name="zone" value="us">"#), "{html}");
    let chosen = ["eu".to_owned(), "us".to_owned()];
    assert_eq!(checks("zones", "Zones", &chosen, &choices, &[]).to_string().matches(" checked").count(), 2);
}

#[test]
fn a_password_is_never_printed_back() {
    let html = password("password", "Password", &[]).to_string();
    assert!(!html.contains("value="), "{html}");
    assert!(
        html.contains(r#"autocomplete="current-password""#) && html.contains(r#"data-reveal="password""#),
        "{html}"
    );
}

#[test]
fn the_summary_links_to_each_field_and_is_silent_without_errors() {
    assert_eq!(error_summary(&[]).to_string(), "");
    let html = error_summary(&email_errors()).to_string();
    assert!(html.contains(r##"<a href="#email">Enter an email address"##), "{html}");
}

#[derive(Template)]
#[template(
    ext = "html",
    source = "{{ ui::csrf() }}{{ ui::day(at) }}{{ ui::person(name, \"\") }}{{ ui::count(many) }}{{ ui::confirm(\"go\", name, \"\", \"/x\", \"Go\").field(\"n\", name) }}"
)]
struct Sample {
    at: Timestamp,
    name: String,
    many: usize,
}

fn sample() -> Sample {
    Sample { at: Timestamp::parse("2026-11-17T08:00:00Z").expect("a moment"), name: "Bo <b>".into(), many: 1284 }
}

#[test]
fn parts_find_the_reader_and_escape_what_people_wrote() {
    let html = sample().render_with_values(&reader()).expect("rendered");
    assert!(html.contains(r#"<input type="hidden" name="_csrf" value="a&#60;b">"#), "{html}");
    assert!(
        html.contains(
            r#"<time datetime="2026-11-17T08:00:00+00:00" title="17 November 2026, 08:00:00, UTC">Today</time>"#
        ),
        "{html}"
    );
    assert!(html.contains("Bo &#60;b&#62;") && !html.contains("<b>"), "{html}");
    assert!(html.contains("1,284"), "{html}");
    assert_eq!(html.matches("_csrf").count(), 2, "the dialog has its own: {html}");
}

#[test]
fn a_form_without_a_reader_is_an_error_and_not_a_form_without_a_token() {
    assert!(sample().render().is_err());
}

/// An icon that is not in the sprite draws nothing, and nobody notices.
#[test]
fn every_icon_that_templates_and_navigation_name_is_in_the_sprite() {
    let (sprite, _) = crate::web::assets::find("icons.svg").expect("the sprite");
    let sprite = String::from_utf8(sprite.into_owned()).expect("text");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("templates"), root.join("src")];
    let (mut missing, mut named) = (Vec::new(), 0);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a text");
            // Split in two, so that this very line is not taken for a name.
            for before in [concat!("icon", "(\""), concat!("icon", ": \"")] {
                for name in text.split(before).skip(1).filter_map(|rest| rest.split('"').next()) {
                    named += 1;
                    if !name.is_empty() && !sprite.contains(&format!("id=\"{name}\"")) {
                        missing.push(format!("{name} in {}", path.display()));
                    }
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(named > 10);
}
