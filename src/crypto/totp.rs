//! The second factor: time-based codes (RFC 6238) and recovery codes (AUT-6).

use qrcode::{Color, EcLevel, QrCode};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use super::derive::mac;
use super::{Key, crockford, random};
use crate::clock::Timestamp;
use crate::error::Error;

/// Bytes of a seed: the 160 bits that RFC 4226, section 4 (R6) recommends.
pub const SEED_BYTES: usize = 20;
/// Seconds in which one code is valid; every authenticator app assumes 30.
const STEP_SECONDS: u64 = 30;
/// How many recovery codes a person gets at a time.
pub const RECOVERY_CODES: usize = 10;
/// Bytes of a recovery code: 80 bits, too many to guess at the rate sign-in allows.
const RECOVERY_CODE_BYTES: usize = 10;

/// The shared secret between the server and an authenticator app.
pub struct Seed(Zeroizing<Vec<u8>>);

impl Seed {
    pub fn generate() -> Seed {
        Seed(Zeroizing::new(random::<SEED_BYTES>().to_vec()))
    }

    /// From the bytes of an opened envelope; an error when they are not a seed.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Result<Seed, Error> {
        if bytes.len() != SEED_BYTES {
            return Err(Error::internal("a stored second-factor seed has the wrong length"));
        }
        Ok(Seed(bytes))
    }

    /// What to seal and store.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The seed for typing into an app: base32 in groups of four.
    pub fn text(&self) -> Zeroizing<String> {
        let symbols = Zeroizing::new(data_encoding::BASE32_NOPAD.encode(&self.0));
        let mut text = Zeroizing::new(String::with_capacity(symbols.len() + symbols.len() / 4));
        for (at, symbol) in symbols.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                text.push(' ');
            }
            text.push(symbol);
        }
        text
    }

    /// The `otpauth:` address apps read. Colons divide its parts, so they are taken out of the names.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<Zeroizing<String>, Error> {
        let codes =
            self.builder().with_issuer(Some(issuer.replace(':', " "))).with_account_name(account.replace(':', " "));
        let uri = codes.build().and_then(|codes| codes.to_url());
        uri.map(Zeroizing::new).map_err(|source| Error::internal(format!("no otpauth address: {source}")))
    }

    /// The step whose code this is, when it is the current or the previous one and later than `last_step`.
    ///
    /// Store the step at once: no code works twice, also after a restart. Codes of the
    /// future are never taken: a phone may be up to 30 seconds slow, and not fast.
    pub fn check(&self, code: &str, now: Timestamp, last_step: Option<u64>) -> Option<u64> {
        let code: Zeroizing<String> = Zeroizing::new(code.chars().filter(|c| !c.is_whitespace()).collect());
        let codes: Totp = self.builder().with_skew(0).build_noncompliant();
        let current = u64::try_from(now.seconds()).ok()? / STEP_SECONDS;
        // Both are computed whatever comes, so the time taken does not say which one fitted.
        let [previous, current] = [current.saturating_sub(1), current]
            .map(|step| codes.check(&code, step * STEP_SECONDS).is_some().then_some(step));
        let fresh = |step: &u64| last_step.is_none_or(|last| *step > last);
        current.filter(fresh).or(previous.filter(fresh))
    }

    /// The code that an app with this seed shows now: for the demonstration, which has no phone.
    pub fn code(&self, now: Timestamp) -> String {
        let codes: Totp = self.builder().with_skew(0).build_noncompliant();
        codes.generate(u64::try_from(now.seconds()).unwrap_or_default()).to_string()
    }

    fn builder(&self) -> Builder {
        Builder::new().with_secret(self.0.to_vec()).with_step_duration(STEP_SECONDS)
    }
}

/// `text` as a QR code: SVG with its own quiet zone, black on white in both themes, sized by its class.
pub fn qr_code(text: &str, label: &str) -> Result<String, Error> {
    use std::fmt::Write;

    /// Empty modules around the code (ISO/IEC 18004, section 6.3.8).
    const QUIET: usize = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|source| Error::internal(format!("no QR code: {source}")))?;
    let (width, modules) = (code.width(), code.to_colors());
    let size = width + 2 * QUIET;
    let mut path = String::new();
    for (row, modules) in modules.chunks(width).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|left, right| left == right) {
            if run[0] == Color::Dark {
                let _ = write!(path, "M{} {}h{}v1h-{}z", column + QUIET, row + QUIET, run.len(), run.len());
            }
            column += run.len();
        }
    }
    let label: String = label.chars().filter(|c| !matches!(c, '<' | '>' | '&' | '"')).collect();
    Ok(format!(
        "<svg class=\"qr\" role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {size} {size}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"/>\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

/// Fresh recovery codes, each four groups of four. Shown once; store [`recovery_hash`] of each.
pub fn recovery_codes() -> [Zeroizing<String>; RECOVERY_CODES] {
    std::array::from_fn(|_| {
        let code = Zeroizing::new(random::<RECOVERY_CODE_BYTES>());
        crockford::grouped(&crockford::encode(code.as_slice()))
    })
}

/// What is stored of a recovery code, and what a typed one is looked up by; `None` when it cannot be one.
///
/// Spaces, dashes and case do not matter. Keyed with the pepper, so a stolen table does not serve
/// for checking guesses.
pub fn recovery_hash(pepper: &Key, typed: &str) -> Option<[u8; 32]> {
    let code = crockford::decode(typed).filter(|code| code.len() == RECOVERY_CODE_BYTES)?;
    Some(mac(pepper, &[b"holdfast/recovery-code/v1", &code]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::random_key;

    /// The SHA-1 seed of RFC 6238, appendix B; the table there has eight digits, apps show the last six.
    fn rfc_seed() -> Seed {
        Seed::from_bytes(Zeroizing::new(b"12345678901234567890".to_vec())).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000)
    }

    #[test]
    fn aut_6_agrees_with_rfc_6238() {
        let table = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (time, code) in table {
            assert_eq!(rfc_seed().check(code, at(time), None), Some(time as u64 / 30), "{time}");
        }
    }

    #[test]
    fn aut_6_a_code_works_once_and_for_two_steps() {
        let seed = rfc_seed();
        let step = 1_111_111_111 / 30;
        let begins = step as i64 * 30;
        assert_eq!(seed.check("050471", at(begins - 1), None), None, "not before its time");
        assert_eq!(seed.check(" 050 471", at(begins), None), Some(step));
        assert_eq!(seed.check("050471", at(begins + 59), None), Some(step), "one step later");
        assert_eq!(seed.check("050471", at(begins + 60), None), None, "not two");
        assert_eq!(seed.check("050471", at(begins), Some(step)), None, "not twice");
        assert_eq!(seed.check("050471", at(begins), Some(step + 1)), None, "not after a later one");
        assert_eq!(seed.check("050471", at(begins), Some(step - 1)), Some(step));
        for wrong in ["", "05047", "0504711", "050472", "+50471", "٠٥٠٤٧١"] {
            assert_eq!(seed.check(wrong, at(begins), None), None, "{wrong}");
        }
        assert_eq!(seed.check("050471", Timestamp(-1), None), None);
    }

    #[test]
    fn the_address_and_the_picture_carry_no_more_than_needed() {
        let seed = Seed::generate();
        assert_eq!(seed.bytes().len(), SEED_BYTES);
        let uri = seed.uri("North: wind", "anna@example.org").unwrap();
        assert!(uri.starts_with("otpauth://totp/North%20%20wind:anna"), "{}", *uri);
        let secret = seed.text().replace(' ', "");
        assert!(uri.contains(&format!("secret={secret}")), "{}", *uri);
        assert!(Totp::from_url(uri.as_str()).is_ok());
        let svg = qr_code(&uri, "Code for \"anna\"").unwrap();
        assert!(svg.starts_with("<svg class=\"qr\"") && svg.ends_with("</svg>"));
        assert!(!svg.contains("style") && svg.contains("aria-label=\"Code for anna\""));
    }

    #[test]
    fn recovery_codes_are_found_however_they_are_typed() {
        let pepper = random_key();
        let codes = recovery_codes();
        assert_eq!(
            codes.iter().map(|code| code.as_str()).collect::<std::collections::HashSet<_>>().len(),
            RECOVERY_CODES
        );
        for code in &codes {
            assert_eq!(code.len(), 19);
            let hash = recovery_hash(&pepper, code).unwrap();
            let typed = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            assert_eq!(recovery_hash(&pepper, &typed), Some(hash), "{typed}");
            assert_ne!(recovery_hash(&random_key(), code), Some(hash));
        }
        for wrong in ["", "ABCD", "0000-0000-0000-000U", "0000-0000-0000-0000-0000"] {
            assert_eq!(recovery_hash(&pepper, wrong), None, "{wrong}");
        }
    }
}
