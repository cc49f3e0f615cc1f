//! What a page may say about the last action. A redirect carries the word; anybody could write an
//! address, so the sentence never comes from there.

/// The sentence behind a word, or nothing for a word nobody here wrote.
pub fn text(word: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(known, _)| *known == word).map(|(_, text)| *text)
}

/// One row for each `Reply::toast`. A test looks for words without a row, and rows without a use.
pub const TEXTS: &[(&str, &str)] = &[
    ("saved", "Saved."),
    ("archived", "Archived. It is kept, but out of the way."),
    ("restored", "Back among the others."),
    ("deleted", "Deleted."),
    ("workspace-made", "The workspace is made. Its owner can go in."),
    ("mail-retried", "It is sent again within a minute."),
    ("job-asked", "It runs as soon as a place is free."),
];
