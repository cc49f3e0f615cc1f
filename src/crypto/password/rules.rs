//! What a password must be (AUT-1, AUT-2), after NIST SP 800-63B-4, section 3.1.1.2.
//!
//! Length and a blocklist, nothing else: no kinds of characters, no expiry, no hints.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::FieldError;

/// Fewest characters when the password is the only factor.
pub const SHORTEST: usize = 15;
/// Fewest characters when a second factor is asked as well.
pub const SHORTEST_WITH_SECOND_FACTOR: usize = 8;
/// Most bytes. Above the 64 characters that must be possible, below what would make hashing a burden.
pub const LONGEST_BYTES: usize = 256;

/// Names shorter than this occur in too many words to be held against a password.
const SHORTEST_NAME: usize = 4;
/// Characters that must be left over beside the names of the person, the organisation and the product.
const LEFT_BESIDE_NAMES: usize = 8;

/// The 10,000 most common passwords, sorted by bytes (assets/blocklist/LICENSE says whence).
static COMMON: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("../../../assets/blocklist/passwords.txt").lines().collect());

/// Holds a new password against the rules; the error says which one it breaks and how to mend it.
///
/// `words` are the names this person would think of first: their name, address, organisation and
/// workspace. Each is split at everything that is not a letter or digit.
pub fn check(field: &'static str, password: &str, second_factor: bool, words: &[&str]) -> Result<(), FieldError> {
    let shortest = if second_factor { SHORTEST_WITH_SECOND_FACTOR } else { SHORTEST };
    let length = password.chars().count();
    if length == 0 {
        return Err(FieldError::new(field, "required", "Enter a password."));
    }
    if password.len() > LONGEST_BYTES {
        let message = format!("Use a password of at most {LONGEST_BYTES} bytes; this one has {}", password.len());
        return Err(FieldError::new(field, "too_long", message));
    }
    if length < shortest {
        let message = format!("Use at least {shortest} characters; a few unrelated words are easy to remember");
        return Err(FieldError::new(field, "too_short", message));
    }
    let folded = Zeroizing::new(password.nfkc().flat_map(char::to_lowercase).collect::<String>());
    let letters = Zeroizing::new(folded.chars().collect::<Vec<char>>());
    if is_simple(&letters) {
        let message = "Choose another password: this one is on the list of common passwords, or one pattern throughout";
        return Err(FieldError::new(field, "common_password", message));
    }
    // The one weakness length invites: a common password made longer by another.
    if (1..letters.len()).any(|at| is_simple(&letters[..at]) && is_simple(&letters[at..])) {
        let message = "Choose another password: this one is two common passwords or patterns in a row";
        return Err(FieldError::new(field, "common_password", message));
    }
    if let Some(name) = leans_on_a_name(&folded, words) {
        let message = format!("Choose another password: there is little in this one beside “{name}”");
        return Err(FieldError::new(field, "contains_name", message));
    }
    Ok(())
}

/// On the list, one short piece over and over, a straight run of characters, or up to four digits.
fn is_simple(letters: &[char]) -> bool {
    let text = Zeroizing::new(letters.iter().collect::<String>());
    is_common(&text)
        || repeats(letters)
        || is_run(letters)
        || (letters.len() <= 4 && letters.iter().all(char::is_ascii_digit))
}

fn is_common(text: &str) -> bool {
    COMMON.binary_search(&text).is_ok()
}

/// Whether a piece of at most four characters, or a common password, makes up the whole by repetition.
fn repeats(letters: &[char]) -> bool {
    (1..=letters.len() / 2).any(|period| {
        letters[period..].iter().zip(letters).all(|(later, earlier)| later == earlier)
            && (period <= 4 || is_common(&Zeroizing::new(letters[..period].iter().collect::<String>())))
    })
}

/// Whether each character follows the one before by one, up or down, as in `abcdef` and `9876`; 0 follows 9.
fn is_run(letters: &[char]) -> bool {
    let step = |from: char, to: char| match (from, to) {
        ('9', '0') => 1,
        ('0', '9') => -1,
        _ => to as i64 - from as i64,
    };
    letters.len() >= 3
        && [1, -1].iter().any(|direction| letters.windows(2).all(|pair| step(pair[0], pair[1]) == *direction))
}

/// The name a password is made of, when taking all names out leaves almost nothing.
fn leans_on_a_name(folded: &str, words: &[&str]) -> Option<String> {
    let mut names: Vec<String> = ["holdfast"]
        .iter()
        .chain(words)
        .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()))
        .map(|name| name.nfkc().flat_map(char::to_lowercase).collect::<String>())
        .filter(|name| name.chars().count() >= SHORTEST_NAME)
        .collect();
    // Longest first, so that a name inside another does not break it apart.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut left = Zeroizing::new(folded.to_owned());
    let mut found = None;
    for name in names {
        if left.contains(&name) {
            left = Zeroizing::new(left.replace(&name, " "));
            found.get_or_insert(name);
        }
    }
    found.filter(|_| left.chars().filter(|c| c.is_alphanumeric()).count() < LEFT_BESIDE_NAMES)
}
