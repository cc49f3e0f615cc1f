//! The rules of cursors and sort words. What the statements find is tested against a real file.

use super::*;

#[test]
fn a_cursor_comes_back_as_it_was() {
    for key in [
        Key::Text("a.b|c ü\u{10ffff}".into()),
        Key::Number(-5),
        Key::Text(String::new()),
        Key::Decimal(-0.1),
        Key::Nothing,
    ] {
        let cursor = Cursor { before: true, key, id: 7, position: 51 };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
    }
}

#[test]
fn what_is_no_cursor_is_refused() {
    for text in ["", "x", "YQ", "ä", "YS4xLjEuejE"] {
        assert_eq!(Cursor::decode(text), None, "{text}");
    }
    // Positions that would overflow the number of the first row.
    for position in [i64::MIN, 0, i64::MAX] {
        let cursor = Cursor { before: false, key: Key::Number(1), id: 1, position };
        assert_eq!(Cursor::decode(&cursor.encode()), None, "{position}");
    }
}

#[test]
fn a_minus_sorts_downwards() {
    assert_eq!(Sort::parse("-updated_at"), Some(Sort::down(SortKey::Updated)));
    assert_eq!(Sort::parse("name"), Some(Sort::up(SortKey::Name)));
    assert_eq!(Sort::parse("password"), None);
}
