//! Letters: every default says what the law asks of it, and nothing that a person wrote is filled in twice.

use crate::privacy::requests::letters::templates::is_known;
use crate::privacy::requests::letters::{LetterKind, VARIABLES, default_template, fill, hash, variables};

#[test]
fn every_letter_that_comes_with_the_program_keeps_its_own_rules() {
    for kind in LetterKind::ALL {
        let template = default_template(*kind);
        let used = variables(&template.body);
        assert!(kind.needs().iter().all(|name| used.contains(name)), "{}", kind.word());
        assert!(used.iter().chain(&variables(&template.title)).all(|name| is_known(name)), "{}", kind.word());
        assert!(!variables(&template.title).contains(&"name"), "{}: others read the subject line", kind.word());
        let values: Vec<(&str, String)> = VARIABLES.iter().map(|(name, _)| (*name, format!("<{name}>"))).collect();
        assert!(!fill(&template.body, &values).contains('{'), "{}", kind.word());
        assert!(used.contains(&"contact"), "{}: says where to ask", kind.word());
    }
    for kind in [LetterKind::Refused, LetterKind::Extension] {
        assert!(default_template(kind).body.contains("{authority}"), "says where to complain");
    }
}

#[test]
fn what_a_person_wrote_is_not_a_variable() {
    let values = [("name", "{due} {name}".to_owned()), ("due", "1 May".to_owned())];
    assert_eq!(fill("Hello {name}, by {due}. {other} {", &values), "Hello {due} {name}, by 1 May. {other} {");
}

#[test]
fn the_fingerprint_tells_letters_apart() {
    assert_eq!(hash("a", "b"), hash("a", "b"));
    assert_ne!(hash("a", "b"), hash("a", "c"));
}
