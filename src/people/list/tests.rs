//! The rules of cursors and sort words. What the statements find is tested against a real file.

use super::*;

#[test]
fn a_cursor_comes_back_as_it_was() {
    for key in [Key::Text("a.b|c ü\u{10ffff}".into()), Key::Number(-5), Key::Text(String::new())] {
        let cursor = Cursor { before: true, key, id: 7, position: 51 };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
    }
}

#[test]
fn what_is_no_cursor_is_refused() {
    for text in ["", "x", "YQ", "ä", "YS4xLjEuejE"] {
        assert_eq!(Cursor::decode(text), None, "{text}");
    }
}

#[test]
fn a_minus_sorts_downwards() {
    assert_eq!(Sort::parse("-updated_at"), Some(Sort::down(SortKey::Updated)));
    assert_eq!(Sort::parse("name").map(Sort::word), Some("name".into()));
    assert_eq!(Sort::parse("password"), None);
}
