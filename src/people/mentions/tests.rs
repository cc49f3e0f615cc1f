//! Which words are mentions, and what they say later.

use super::*;
use crate::id::AccountId;

fn person(id: i64, name: &str, email: &str, has_left: bool) -> Person {
    let (name, email) = (name.to_owned(), email.to_owned());
    Person { id: MemberId(id), account: AccountId(id), name, email, is_active: !has_left, has_left }
}

fn directory() -> Directory {
    Directory::new(vec![
        person(1, "Maren Aldous", "maren@saltmere.example", false),
        person(2, "Tobi Ezeudu", "tobi@saltmere.example", false),
        person(3, "Tobi Ezeudu Junior", "tobi.junior@saltmere.example", false),
        person(4, "Alex Quill", "alex.a@saltmere.example", false),
        person(5, "Alex Quill", "alex.b@saltmere.example", false),
        person(6, "Inês Falcão", "ines@saltmere.example", false),
        person(7, "Ruben Zeilstra", "ruben@saltmere.example", true),
    ])
}

fn named(text: &str) -> Vec<i64> {
    resolve(text, &directory(), "").members.into_iter().map(|MemberId(id)| id).collect()
}

#[test]
fn a_full_name_or_the_first_part_of_an_address_is_a_mention() {
    assert_eq!(named("@Maren Aldous, can you call?"), [1]);
    assert_eq!(named("ask (@maren) or @MAREN ALDOUS"), [1]);
    assert_eq!(named("@tobi ezeudu junior and @Tobi Ezeudu."), [3, 2]);
    assert_eq!(named("@tobi.junior. Thanks"), [3]);
    assert_eq!(named("@ine\u{302}s"), [] as [i64; 0], "an address has no accents");
    assert_eq!(named("@Inês Falcão!"), [6]);
}

#[test]
fn what_fits_nobody_or_several_stays_text_and_is_said() {
    let resolved = resolve("@Alex Quill, see @home and write to ana@maren.example @", &directory(), "");
    assert_eq!(resolved.body, "@Alex Quill, see @home and write to ana@maren.example @");
    let unclear: Vec<(&str, bool)> =
        resolved.unclear.iter().map(|unclear| (unclear.text.as_str(), unclear.is_ambiguous)).collect();
    assert_eq!(unclear, [("@Alex Quill", true), ("@home", false)]);
    assert!(resolved.members.is_empty());
    assert_eq!(named("@alex.b"), [5]);
    assert_eq!(named("@Ruben Zeilstra"), [] as [i64; 0], "who has left cannot be told");
}

#[test]
fn a_mention_follows_the_member_not_the_name() {
    let body = resolve("Hello @Maren Aldous and @Tobi Ezeudu", &directory(), "").body;
    assert!(!body.contains("Maren"), "{body}");
    let later = Directory::new(vec![
        person(1, "Maren Castellan", "maren@saltmere.example", false),
        person(2, "Tobi Ezeudu", "tobi@saltmere.example", true),
    ]);
    assert_eq!(plain(&body, &later), "Hello @Maren Castellan and @a former member");
    assert_eq!(plain(&body, &Directory::default()), "Hello @a former member and @a former member");
}

#[test]
fn a_form_brings_every_mention_back() {
    let body = resolve("@Maren Aldous, @alex.b, @Tobi Ezeudu", &directory(), "").body;
    let later = Directory::new(vec![
        person(1, "Maren Aldous", "maren@saltmere.example", false),
        person(4, "Alex Quill", "alex.a@saltmere.example", false),
        person(5, "Alex Quill", "alex.b@saltmere.example", false),
        person(2, "Tobi Ezeudu", "tobi@saltmere.example", true),
    ]);
    let form = typed(&body, &later);
    assert_eq!(form, "@Maren Aldous, @alex.b, @a former member");
    assert_eq!(resolve(&form, &later, &body).body, body);
    // Without the text it replaces, nobody can claim that "a former member" was somebody.
    assert!(resolve(&form, &later, "").members.len() == 2);
}

#[test]
fn marks_cannot_be_typed() {
    let typed = format!("{OPEN}1{CLOSE} and {OPEN}2");
    let resolved = resolve(&typed, &directory(), "");
    assert_eq!(resolved.body, "1 and 2");
    assert!(resolved.members.is_empty());
}
