//! How words are read: what counts, and which may go on.

use super::marking::{Piece, marked, snippet};
use super::slips;
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

#[test]
fn marks_stand_where_the_folded_words_do() {
    let asked = |text: &str| Asked::read(text).unwrap().loosened();
    let shown = |pieces: Vec<Piece>| -> String {
        pieces.iter().map(|p| if p.is_marked { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    };
    for (text, words, expected) in [
        ("José Ñandú", "jose nandu", "[José] [Ñandú]"),
        ("Jose\u{301} Lind", "jose", "[Jose\u{301}] Lind"),
        ("Łucja Brandvold", "brandv luc", "[Łuc]ja [Brandv]old"),
        ("Straße 5", "stras", "[Straß]e 5"),
        ("<b>Ana</b> & Ana's", "ana", "<b>[Ana]</b> & [Ana]'s"),
        ("Joanna", "anna", "Joanna"),
        ("王小明", "王", "[王]小明"),
    ] {
        assert_eq!(shown(marked(text, Some(&asked(words)))), expected, "{text} / {words}");
    }
    let long = format!("{} the pier\nat {}", "Before it ".repeat(30), "after that ".repeat(40));
    let cut = shown(snippet(&long, Some(&asked("pier"))));
    assert!(cut.starts_with("…") && cut.ends_with(" …") && cut.contains(" the [pier] at after"), "{cut}");
    assert!(cut.chars().count() < 180, "{cut}");
    assert_eq!(shown(snippet("short", None)), "short");
}

#[test]
fn a_slip_is_near_and_two_in_a_short_word_are_not() {
    let rank = |asked: &str, term: &str, is_begun| {
        let letters: Vec<char> = asked.chars().collect();
        slips::rank(&letters, term, slips::slips_in(&letters)?, is_begun)
    };
    for (asked, term, is_begun, expected) in [
        ("freja", "freya", false, Some(2)),
        ("fryea", "freya", false, Some(2)),
        ("freyya", "freya", false, Some(2)),
        ("freja", "freyja", false, Some(2)),
        ("frjea", "froya", false, None),
        ("freya", "freya", false, None),
        ("skelwik", "skelwick", false, Some(2)),
        ("sklewcik", "skelwick", false, None),
        ("castelen", "castellan", false, Some(4)),
        ("castelen", "costellano", false, None),
        ("brandw", "brandvold", true, Some(3)),
        ("brandw", "brandvold", false, None),
        ("brand", "brandvold", true, None),
        ("ana", "ina", false, None),
        ("1632961", "1632960", false, None),
    ] {
        assert_eq!(rank(asked, term, is_begun), expected, "{asked} / {term}");
    }
}
