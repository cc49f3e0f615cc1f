//! When a certificate ends: the one field of X.509 that is read here and nowhere in rustls' interface.

use crate::clock::Timestamp;

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The explicit tag of the version, which version 1 certificates leave out.
const VERSION: u8 = 0xa0;

/// `notAfter` of a certificate in DER; `None` when the bytes are no certificate.
pub fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (whole, _) = expect(SEQUENCE, certificate)?;
    let (mut signed, _) = expect(SEQUENCE, whole)?;
    if let Some((_, rest)) = expect(VERSION, signed) {
        signed = rest;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        signed = element(signed)?.2;
    }
    let (validity, _) = expect(SEQUENCE, signed)?;
    let (_, _, rest) = element(validity)?;
    let (tag, time, _) = element(rest)?;
    moment(tag, std::str::from_utf8(time).ok()?)
}

/// Tag, content and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.is_empty() || bytes.len() > 4 {
            return None;
        }
        (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn expect(wanted: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    element(der).filter(|(tag, ..)| *tag == wanted).map(|(_, content, rest)| (content, rest))
}

/// `261121040000Z` or `20501121040000Z` (RFC 5280, section 4.1.2.5).
fn moment(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let full = match (tag, digits.len()) {
        (UTC_TIME, 12) => format!("{}{digits}", if digits < "50" { "20" } else { "19" }),
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| &full[from..to];
    Timestamp::parse(&format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_read_from_a_real_certificate() {
        let key = rcgen::KeyPair::generate().unwrap();
        for year in [2031, 2071] {
            let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 3, 9);
            let certificate = params.self_signed(&key).unwrap();
            assert_eq!(not_after(certificate.der()), Timestamp::parse(&format!("{year}-03-09T00:00:00Z")));
        }
    }

    #[test]
    fn other_bytes_are_no_certificate() {
        for bytes in
            [b"".as_slice(), b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80", b"\x30\x02\x30\x00", b"-----BEGIN"]
        {
            assert_eq!(not_after(bytes), None);
        }
        assert_eq!(moment(UTC_TIME, "26112104000+Z"), None);
    }
}
