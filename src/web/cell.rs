//! Cells of a CSV file that a spreadsheet must not take for formulas (FIL-1).

use std::borrow::Cow;

/// What makes a spreadsheet calculate.
const TRIGGERS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\0'];

/// Puts an apostrophe before what a spreadsheet would calculate. [`plain`] takes it off again.
pub fn neutral(text: &str) -> Cow<'_, str> {
    if is_risky(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Undoes [`neutral`]: what was exported is imported as it was.
pub fn plain(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_risky(rest) => rest,
        _ => text,
    }
}

/// Text that begins with a trigger, with any number of apostrophes before it: those too get one more,
/// so that taking one off always gives back what was there.
fn is_risky(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(TRIGGERS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fil_1_formulas_are_neutralised() {
        for text in ["=1+1", "+44 20", "-1", "@x", "\t=1", "\r=1", "'=1"] {
            assert!(neutral(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(neutral("O'Brien"), "O'Brien");
        assert_eq!(plain("'tis"), "'tis");
    }

    proptest! {
        #[test]
        fn fil_1_what_is_exported_is_imported_as_it_was(text in "['=+@a\\-]{0,6}") {
            let cell = neutral(&text).into_owned();
            prop_assert!(!cell.starts_with(TRIGGERS));
            prop_assert_eq!(plain(&cell), text);
        }
    }
}
