//! 256 bits as text that people can copy: master keys in files, recovery codes on paper.

use zeroize::Zeroizing;

use crate::crypto::{Key, crockford};

/// Symbols of the 32 key bytes in base32.
const KEY_SYMBOLS: usize = 52;
/// Symbols of the CRC-32 after them.
const CHECKSUM_SYMBOLS: usize = 7;

/// What such a text is for; a text of one kind is not taken for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `HFMK1-…`: the master key itself.
    MasterKey,
    /// `HFRC1-…`: the recovery code, which unlocks the master key.
    RecoveryCode,
}

impl Purpose {
    fn prefix(self) -> &'static str {
        match self {
            Purpose::MasterKey => "HFMK1",
            Purpose::RecoveryCode => "HFRC1",
        }
    }
}

/// Why a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    #[error("it does not begin with {0}")]
    Prefix(&'static str),
    #[error("it holds a sign that does not occur in a key, or is not whole")]
    Form,
    #[error("it was copied with a mistake: its checksum does not fit")]
    Checksum,
}

/// `PREFIX-` and 13 groups of four symbols, `-` and seven symbols of checksum.
pub fn write(purpose: Purpose, key: &Key) -> Zeroizing<String> {
    let symbols = crockford::encode(key.as_slice());
    let checksum = crockford::encode(&crc32(key.as_slice()).to_be_bytes());
    let groups = crockford::grouped(&symbols);
    Zeroizing::new([purpose.prefix(), &groups, &checksum].join("-"))
}

/// Reads the text however it was typed: case, spaces and dashes do not count, O is 0, I and L are 1.
pub fn read(purpose: Purpose, text: &str) -> Result<Key, NotAKey> {
    let wrong_prefix = NotAKey::Prefix(purpose.prefix());
    let symbols = as_printed(text);
    let rest = symbols.strip_prefix(purpose.prefix()).ok_or(wrong_prefix)?;
    if rest.len() != KEY_SYMBOLS + CHECKSUM_SYMBOLS || !rest.is_ascii() {
        return Err(NotAKey::Form);
    }
    let (key_symbols, checksum) = rest.split_at(KEY_SYMBOLS);
    let bytes = crockford::decode(key_symbols).ok_or(NotAKey::Form)?;
    let checksum = crockford::decode(checksum).ok_or(NotAKey::Form)?;
    if checksum.as_slice() != crc32(&bytes).to_be_bytes() || bytes.len() != 32 {
        return Err(NotAKey::Checksum);
    }
    let mut key = Key::default();
    key.copy_from_slice(&bytes);
    Ok(key)
}

/// Typed text in the symbols of print, without what only divides them.
pub fn as_printed(typed: &str) -> Zeroizing<String> {
    let mut symbols = Zeroizing::new(String::with_capacity(typed.len()));
    symbols.extend(typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }));
    symbols
}

/// CRC-32 as in ISO-HDLC (polynomial 0x04C11DB7, reflected). Finds slips of the hand, nothing more.
fn crc32(bytes: &[u8]) -> u32 {
    let mut register = u32::MAX;
    for byte in bytes {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            register = (register >> 1) ^ (0xEDB8_8320 & (register & 1).wrapping_neg());
        }
    }
    !register
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::random_key;

    #[test]
    fn crc_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn reads_its_own_text_and_what_hands_make_of_it() {
        for purpose in [Purpose::MasterKey, Purpose::RecoveryCode] {
            let key = random_key();
            let text = write(purpose, &key);
            assert_eq!(text.split('-').count(), 1 + 13 + 1);
            assert_eq!(read(purpose, &text).as_deref(), Ok(&*key));
            let (prefix, rest) = text.split_at(5);
            let typed =
                format!(" {}{}\n", prefix.to_lowercase(), rest.replace('-', " ").replace('0', "o").replace('1', "i"));
            assert_eq!(read(purpose, &typed).as_deref(), Ok(&*key), "{typed}");
        }
    }

    #[test]
    fn every_wrong_symbol_is_noticed() {
        let key = random_key();
        let text = write(Purpose::RecoveryCode, &key);
        assert_eq!(read(Purpose::MasterKey, &text), Err(NotAKey::Prefix("HFMK1")));
        for at in 6..text.len() {
            if text.as_bytes()[at] != b'-' {
                let other = if &text[at..=at] == "7" { "8" } else { "7" };
                let mut wrong = text.to_string();
                wrong.replace_range(at..=at, other);
                assert!(read(Purpose::RecoveryCode, &wrong).is_err(), "{wrong}");
                wrong.replace_range(at..=at, "");
                assert_eq!(read(Purpose::RecoveryCode, &wrong), Err(NotAKey::Form));
            }
        }
        assert_eq!(read(Purpose::RecoveryCode, "HFRC1-ü"), Err(NotAKey::Form));
    }
}
