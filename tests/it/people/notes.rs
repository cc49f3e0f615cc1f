//! Notes: who may write, change and delete them, and where they show.

use serde_json::json;

use super::{MEMBER, OWNER, add_named, audited, id};
use crate::support::TestApp;

#[test]
fn a_note_stands_in_the_history_and_only_its_author_changes_it() {
    let app = TestApp::start();
    let (ana, bo) = (app.session_of(OWNER), app.session_of(MEMBER));
    let program = app.program_of(OWNER, "alpha");
    let contact = add_named(&program, "Rhys", "Dune");
    let page = format!("/w/alpha/people/contacts/{contact}");
    bo.submit(&format!("{page}/notes"), &[("body", "Prefers a call\nover email <b>")]).expect(303);
    let shown = ana.get(&page).expect(200).text();
    assert!(shown.contains("Prefers a call<br>over email &#60;b&#62;"), "{shown}");
    let note = program.get(&format!("/api/v1/notes?filter=contact:{contact}")).expect(200).json()["data"][0].clone();
    assert_eq!(note["on"], json!({ "type": "contact", "id": contact }));
    let edit = format!("/w/alpha/people/notes/{}/edit", id(&note));
    bo.submit(&edit, &[("version", "1"), ("body", "Prefers a letter")]).expect(303);
    let stale = bo.submit(&edit, &[("version", "1"), ("body", "Prefers a fax")]).expect(409).text();
    assert!(stale.contains("Prefers a letter") && stale.contains("Prefers a fax"), "{stale}");
    ana.submit(&edit, &[("version", "2"), ("body", "Words put into a mouth")]).expect(403);
    ana.submit(&format!("/w/alpha/people/notes/{}/delete", id(&note)), &[("version", "2")]).expect(303);
    assert!(!ana.get(&page).text().contains("Prefers a letter"));
    let words =
        ["people.note.created", "people.note.changed", "people.note.deleted"].map(|action| audited(&app, action));
    assert_eq!(words, [4, 1, 1]);
    // Something happened with the contact.
    assert!(!program.get(&format!("/api/v1/contacts/{contact}")).json()["last_activity_at"].is_null());
}

#[test]
fn an_empty_note_is_not_saved_and_what_was_typed_stays() {
    let app = TestApp::start();
    let ana = app.session_of(OWNER);
    let refused = ana.submit("/w/alpha/people/contacts/1/notes", &[("body", " \n ")]).expect(422).text();
    assert!(refused.contains("Write the note first."), "{refused}");
}
