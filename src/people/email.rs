//! Email addresses: what counts as one, and when two are the same.

use super::text::clean;
use unicode_normalization::UnicodeNormalization;

/// RFC 5321: 64 bytes before the @, 254 in all.
const LOCAL: usize = 64;
const WHOLE: usize = 254;

/// What to tell somebody whose address does not pass.
pub const RULE: &str = "Enter an email address with an @, like name@example.org.";

/// The form in which addresses are compared: lower case, the domain in punycode. `None` when it is none.
///
/// Quoted local parts and addresses on a bare host are refused: nobody is reached at them from outside.
pub fn normalise(text: &str) -> Option<String> {
    let address = clean(text);
    let (local, domain) = address.rsplit_once('@')?;
    let local: String = local.to_lowercase().nfc().collect();
    let domain = normalise_domain(domain)?;
    let is_good = !local.is_empty()
        && local.len() <= LOCAL
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(is_local)
        && local.len() + 1 + domain.len() <= WHOLE;
    is_good.then(|| format!("{local}@{domain}"))
}

/// RFC 5322 `atext`, the dot, and letters beyond ASCII (RFC 6531).
fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || ".!#$%&'*+/=?^_`{|}~-".contains(c)
        || (!c.is_ascii() && !c.is_control() && !c.is_whitespace())
}

/// A domain in lower case and punycode; `None` when it is not one. It has at least one dot.
pub fn normalise_domain(text: &str) -> Option<String> {
    let domain = clean(text);
    let domain = domain.trim_end_matches('.');
    let ascii = idna::domain_to_ascii_strict(domain).ok()?.to_ascii_lowercase();
    let is_good = ascii.len() <= 253
        && ascii.contains('.')
        && ascii.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
        // The last label of a name is never all digits: that would be an IPv4 address.
        && ascii.rsplit('.').next().is_some_and(|last| last.bytes().any(|byte| !byte.is_ascii_digit()));
    is_good.then_some(ascii)
}

/// The domain of a web address or an email address as people paste them: `https://www.example.org/about`.
pub fn domain_of(text: &str) -> Option<String> {
    let text = clean(text);
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or("");
    let rest = rest.rsplit_once('@').map_or(rest, |(_, domain)| domain);
    let rest = rest.split(':').next().unwrap_or("");
    let domain = normalise_domain(rest)?;
    Some(match domain.strip_prefix("www.") {
        Some(bare) if bare.contains('.') => bare.to_owned(),
        _ => domain,
    })
}
