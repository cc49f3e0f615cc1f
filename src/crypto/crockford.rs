//! Crockford's base32: text that people copy by hand, in groups of four.

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use zeroize::Zeroizing;

/// Upper and lower case are the same, O is read as 0, I and L as 1; dashes and white space do not count.
static ALPHABET: LazyLock<Encoding> = LazyLock::new(|| {
    let mut alphabet = Specification::new();
    alphabet.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    alphabet.translate.from.push_str("abcdefghjkmnpqrstvwxyzOoIiLl");
    alphabet.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    alphabet.ignore.push_str("- \t\r\n");
    // A constant; the tests build it.
    alphabet.encoding().expect("a sound alphabet")
});

/// The bytes as one run of symbols.
pub fn encode(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(ALPHABET.encode(bytes))
}

/// Text in groups of four with a dash between them.
pub fn grouped(symbols: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(symbols.len() + symbols.len() / 4));
    for (at, symbol) in symbols.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(symbol);
    }
    text
}

/// The bytes behind text that somebody typed; `None` when it holds other symbols or the wrong number of them.
pub fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    ALPHABET.decode(text.as_bytes()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_hands_write() {
        let text = grouped(&encode(&[0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99]));
        assert_eq!(*text, "008J-4CT4-ANK7-F24S");
        for typed in ["008J-4CT4-ANK7-F24S", "oo8j4ct4 ank7 f24s", " O08J\t4CT4-ANK7F24S\n"] {
            assert_eq!(decode(typed).unwrap().as_slice(), [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99]);
        }
        assert_eq!(decode("il10").unwrap().as_slice(), decode("1110").unwrap().as_slice());
        for wrong in ["U", "008J-4CT4-ANK7-F24", "ü", "008J!"] {
            assert!(decode(wrong).is_none(), "{wrong}");
        }
    }
}
