//! Names of files: what somebody else's machine called them, made safe to show and to save.

use unicode_normalization::UnicodeNormalization;

/// Letters a name may have.
pub const MOST: usize = 200;
/// Bytes of a name that every file system takes.
const MOST_BYTES: usize = 240;

/// The name as it is kept: without folders, control characters and marks that turn the direction of text,
/// so that what is read is what it is called. `None` when nothing is left.
pub fn clean(name: &str) -> Option<String> {
    let name: String = name.nfc().collect();
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let visible: String = last.chars().filter(|c| !c.is_control() && !is_hidden(*c)).collect();
    // A leading dot hides a file, a trailing one is lost on some systems.
    let trim = |name: &str| name.trim_matches(|c: char| c.is_whitespace() || c == '.').to_owned();
    let name = trim(&visible);
    // Where an overlong name is cut there may be a dot again.
    (!name.is_empty()).then(|| trim(&cut(&name)))
}

/// Marks that change how the rest is read or that nobody sees. The joiners of many scripts are not among them.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || ('\u{e0000}'..='\u{e007f}').contains(&c)
}

/// The ending of a name in lower case, without its dot; empty without one.
pub fn ending(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 10 => ending.to_lowercase(),
        _ => String::new(),
    }
}

/// Shortens what stands before the ending.
fn cut(name: &str) -> String {
    let ending = name.len()
        - name.rsplit_once('.').filter(|(_, ending)| ending.len() <= 10).map_or(name.len(), |(stem, _)| stem.len());
    let (stem, ending) = name.split_at(name.len() - ending);
    let mut stem = stem.to_owned();
    while stem.chars().count() + ending.chars().count() > MOST || stem.len() + ending.len() > MOST_BYTES {
        stem.pop();
    }
    stem + ending
}
