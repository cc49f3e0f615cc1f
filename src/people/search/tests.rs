//! How words are read: what counts, and which may go on.

use super::words::{Asked, Words, records_matching};

#[test]
fn the_last_word_may_go_on_and_whole_addresses_may_not() {
    for (asked, expression) in [
        ("Łucja Brandv", r#""lucja" "brandv"*"#),
        ("an ko", r#""an"* "ko"*"#),
        ("k brandvold", r#""brandvold"*"#),
        ("k", r#""k""#),
        ("l.brandvold@mareval.example", r#""brandvold" "mareval""#),
        ("l.brandvold@mare", r#""brandvold" "mare"*"#),
        ("mareval.example", r#""mareval"*"#),
        ("01632 960-777", r#""1632960777"*"#),
        ("王", r#""王"*"#),
    ] {
        assert_eq!(records_matching(asked).as_deref(), Some(expression), "{asked}");
    }
    for nothing in ["", "  ", "\"*()", "@"] {
        assert_eq!(records_matching(nothing), None, "{nothing}");
    }
}

#[test]
fn a_question_can_be_made_looser_and_stricter() {
    let asked = Asked::read("Frey Casta").unwrap();
    assert_eq!(asked.clone().loosened().expression(), r#""frey"* "casta"*"#);
    assert_eq!(asked.complete().expression(), r#""frey" "casta""#);
}

#[test]
fn each_word_of_a_record_is_kept_once() {
    let mut words = Words::default();
    words.add("Ana  Lind");
    words.add("Lind & Söhne, Ana-Straße");
    assert_eq!(words.text(), "ana lind sohne strasse");
}
