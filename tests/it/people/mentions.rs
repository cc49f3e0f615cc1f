//! Members named in notes: who is told, what is said to the author, and what the words show later.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add_named, id, member_id, permit, version};
use crate::support::{Client, TestApp};

/// Gives an account another name.
fn call(app: &TestApp, email: &str, name: &str) {
    let changed = app
        .control()
        .execute("UPDATE accounts SET display_name = ?1 WHERE email = ?2", [name, email])
        .expect("an account");
    assert_eq!(changed, 1);
}

fn write(program: &Client, contact: i64, body: &str) -> Value {
    let note = json!({ "on": { "type": "contact", "id": contact }, "body": body });
    program.call("POST", "/api/v1/notes", &note).expect(201).json()
}

/// What somebody was told, newest first.
fn told(program: &Client) -> Vec<String> {
    let answer = program.get("/api/v1/notifications?unread=true").expect(200).json();
    answer["data"].as_array().expect("data").iter().map(|told| told["text"].as_str().unwrap_or("").to_owned()).collect()
}

#[test]
fn a_mention_is_kept_by_id_and_shows_the_name_of_today() {
    let app = TestApp::start();
    call(&app, MEMBER, "Tobi Ezeudu");
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    let contact = add_named(&ana, "Freya", "Castellan");
    let note = write(&ana, contact, "Ask @tobi ezeudu, and @owner too.");
    assert_eq!(note["mentions"][0], json!({ "id": member_id(&app, MEMBER), "name": "Tobi Ezeudu" }));
    assert_eq!(note["not_mentioned"], Value::Null);
    let stored: String = app
        .workspace("alpha")
        .query_row("SELECT body FROM notes WHERE id = ?1", [id(&note)], |row| row.get(0))
        .expect("the note");
    assert!(!stored.to_lowercase().contains("tobi"), "{stored:?}");
    assert_eq!(told(&bo), ["owner mentioned you in a note on Freya Castellan"]);
    assert!(told(&ana).is_empty(), "nobody is told what they wrote themselves");
    let page = format!("/w/alpha/people/contacts/{contact}");
    let body = || app.session_of(OWNER).get(&page).expect(200).text();
    assert!(body().contains("<span class=\"mention\">@Tobi Ezeudu</span>"), "{}", body());
    call(&app, MEMBER, "Tobias Ezeudu-Lind");
    assert!(body().contains("@Tobias Ezeudu-Lind</span>"));
    app.control()
        .execute("UPDATE memberships SET state = 'removed' WHERE id = ?1", [member_id(&app, MEMBER)])
        .expect("a member");
    assert!(body().contains("@a former member</span>") && !body().contains("Tobias"));
    // The form keeps who was meant, though nobody could name them again.
    let edit = format!("/w/alpha/people/notes/{}/edit", id(&note));
    assert!(app.session_of(OWNER).get(&edit).text().contains("@a former member"));
    let saved = [("version", "1"), ("body", "Ask @a former member, and nobody else.")];
    app.session_of(OWNER).submit(&edit, &saved).expect(303);
    let kept: i64 = app
        .workspace("alpha")
        .query_row(
            "SELECT count(*) FROM mentions WHERE note_id = ?1 AND member_id = ?2",
            [id(&note), member_id(&app, MEMBER)],
            |row| row.get(0),
        )
        .expect("a count");
    assert_eq!(kept, 1);
}

#[test]
fn what_is_no_mention_stays_text_and_is_said_to_the_author() {
    let app = TestApp::start();
    call(&app, MEMBER, "Alex Quill");
    call(&app, "viewer@alpha.example", "Alex Quill");
    let ana = app.session_of(OWNER);
    let program = app.program_of(OWNER, "alpha");
    let contact = add_named(&program, "Freya", "Castellan");
    let page = format!("/w/alpha/people/contacts/{contact}");
    let answer =
        ana.submit(&format!("{page}/notes"), &[("body", "@Alex Quill or @nobody, mail a@b.example")]).expect(303);
    let shown = ana.follow(answer).text();
    assert!(shown.contains("@Alex Quill fits more than one member"), "{shown}");
    assert!(shown.contains("@nobody fits no member"));
    assert!(shown.contains("@Alex Quill or @nobody, mail a@b.example"));
    assert!(told(&app.program_of(MEMBER, "alpha")).is_empty());
    let note = write(&program, contact, "@Alex Quill @nobody @viewer");
    let unclear = json!([{ "text": "@Alex Quill", "reason": "ambiguous" }, { "text": "@nobody", "reason": "unknown" }]);
    assert_eq!(note["not_mentioned"], unclear);
    assert_eq!(note["mentions"][0]["id"], member_id(&app, "viewer@alpha.example"));
    // The form writes what is unambiguous, so saving it again means the same.
    let edit = ana.get(&format!("/w/alpha/people/notes/{}/edit", id(&note))).text();
    assert!(edit.contains("@Alex Quill @nobody @viewer"), "{edit}");
}

#[test]
fn who_may_not_see_the_record_is_not_told_and_the_author_hears_it() {
    let app = TestApp::start();
    permit(&app, "member", &json!({ "contacts.view": "own", "contacts.edit": "own" }));
    let (ana, program, bo) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    let contact = add_named(&program, "Freya", "Castellan");
    let note = write(&program, contact, "@member should not hear of this");
    assert_eq!(note["not_told"][0]["id"], member_id(&app, MEMBER));
    assert!(told(&bo).is_empty());
    let page = format!("/w/alpha/people/contacts/{contact}");
    assert!(ana.get(&page).text().contains("member may not see this record, and was not told"));
    // Others read the note without a word about what somebody may see.
    assert!(!app.session_of("viewer@alpha.example").get(&page).text().contains("may not see this record"));
    let offered = ana.get(&format!("/w/alpha/people/mentions?on=contact:{contact}&q=memb")).expect(200).text();
    assert!(offered.contains("<span>member</span>") && offered.contains("may not see this"), "{offered}");
    app.session_of(MEMBER).get(&format!("/w/alpha/people/mentions?on=contact:{contact}&q=o")).expect(404);
}

#[test]
fn a_mention_that_is_taken_out_is_taken_back_and_a_new_one_told_once() {
    let app = TestApp::start();
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    let viewer = app.program_of("viewer@alpha.example", "alpha");
    let contact = add_named(&ana, "Freya", "Castellan");
    let note = write(&ana, contact, "@member have a look");
    let path = format!("/api/v1/notes/{}", id(&note));
    let again = json!({ "body": "@member have a look, @member" });
    let note = ana.change("PATCH", &path, version(&note), &again).expect(200).json();
    assert_eq!(told(&bo).len(), 1);
    let note = ana.change("PATCH", &path, version(&note), &json!({ "body": "@viewer have a look" })).expect(200).json();
    assert_eq!((told(&bo).len(), told(&viewer).len()), (0, 1));
    ana.change("DELETE", &path, version(&note), &json!(null)).expect(204);
    assert!(told(&viewer).is_empty(), "a note that is gone tells nothing");
}

#[test]
fn search_shows_the_name_and_finds_the_words_around_it() {
    let app = TestApp::start();
    call(&app, MEMBER, "Tobi Ezeudu");
    let program = app.program_of(OWNER, "alpha");
    let contact = add_named(&program, "Freya", "Castellan");
    write(&program, contact, "Tell @Tobi Ezeudu about the quenchable lantern");
    let found = app.session_of(OWNER).get("/w/alpha/search?q=quenchable").expect(200).text();
    assert!(found.contains("@Tobi Ezeudu about the <mark>quenchable</mark> lantern"), "{found}");
}
