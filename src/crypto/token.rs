//! Random tokens: sessions, links, API access. Only their hash is stored.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{constant_time_eq, random_key};

/// What API tokens begin with, so that scanners for leaked secrets know them (SES-6).
pub const API_PREFIX: &str = "hf_";

/// The same for tokens of operators, so that nobody takes one for the other.
pub const OPERATOR_PREFIX: &str = "hf_op_";

/// A new token: the text goes to its owner once, the hash is kept.
pub struct NewToken {
    pub text: Zeroizing<String>,
    pub hash: [u8; 32],
}

impl NewToken {
    /// A token of 256 random bits as 52 lower-case letters and digits after `prefix`.
    ///
    /// Base32 rather than base64: it survives mail programs, and a double click selects the whole.
    pub fn generate(prefix: &str) -> NewToken {
        let symbols = Zeroizing::new(BASE32_NOPAD.encode(random_key().as_slice()));
        let mut text = Zeroizing::new(String::with_capacity(prefix.len() + symbols.len()));
        text.push_str(prefix);
        text.extend(symbols.chars().map(|symbol| symbol.to_ascii_lowercase()));
        let hash = hash_token(&text);
        NewToken { text, hash }
    }
}

/// SHA-256 of the text as it stands in the cookie, link or header.
///
/// No salt and no slow hash: 256 random bits cannot be guessed.
pub fn hash_token(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Whether `text` is the token whose hash was stored.
pub fn matches(text: &str, hash: &[u8]) -> bool {
    constant_time_eq(&hash_token(text), hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_carry_256_bits_and_match_their_hash_only() {
        let token = NewToken::generate(API_PREFIX);
        let symbols = token.text.strip_prefix(API_PREFIX).unwrap();
        assert_eq!(symbols.len(), 52);
        assert_eq!(BASE32_NOPAD.decode(symbols.to_uppercase().as_bytes()).unwrap().len(), 32);
        assert!(matches(&token.text, &token.hash));
        assert!(!matches(symbols, &token.hash));
        assert!(!matches(&token.text, &token.hash[..31]));
        assert_ne!(*NewToken::generate("").text, *NewToken::generate("").text);
    }
}
