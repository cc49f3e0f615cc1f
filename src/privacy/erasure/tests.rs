//! What is found in texts and in bytes, and what is left alone.

use super::needles::{ByteNeedles, MARK, Needles};
use super::values::Values;

fn values() -> Values {
    Values {
        names: vec!["Zoë Ångström".into()],
        emails: vec!["anna@example.com".into()],
        phones: vec!["+4930123456".into()],
        shared_names: 0,
    }
}

#[test]
fn names_and_addresses_are_found_in_every_case_and_with_other_accents() {
    let needles = Needles::new(&values()).unwrap();
    for text in [
        "We met Zoë Ångström today",
        "ZOE ANGSTROM",
        "zoe  angstrom,",
        "zoe \u{b}\r\n\tangstrom",
        "Zoe\u{308} A\u{30a}ngstro\u{308}m",
        "(Anna@Example.com)",
        "mailto:ANNA@EXAMPLE.COM",
        r#"{"body":"line\nanna@example.com"}"#,
        "call +49 30 123 456 now",
        "call 0049 (30) 123-456",
    ] {
        let redacted = needles.redacted(text).unwrap_or_else(|| panic!("nothing found in {text}"));
        assert!(redacted.contains(MARK), "{redacted}");
        assert_eq!(needles.redacted(&redacted), None, "{redacted}");
    }
    assert_eq!(needles.redacted("Ask Zoë Ångström (anna@example.com)!").unwrap(), "Ask [erased] ([erased])!");
    assert_eq!(needles.redacted("+49 30 123456.").unwrap(), "[erased].");
}

#[test]
fn what_only_contains_a_value_is_somebody_elses() {
    let needles = Needles::new(&values()).unwrap();
    for text in ["joanna@example.com", "anna@example.community", "49301234567", "Zoë Ångströmer", "x.anna@example.com"]
    {
        assert_eq!(needles.redacted(text), None, "{text}");
    }
}

#[test]
fn every_form_is_found_in_bytes() {
    let values = values();
    let needles = ByteNeedles::new(values.all()).unwrap();
    let mut bytes: Vec<Vec<u8>> = vec![
        b"xxanna@example.comxx".to_vec(),
        b"ANNA@EXAMPLE.COM".to_vec(),
        b"anna%40example%2Ecom".to_vec(),
        "zoe angstrom".into(),
        "ZOË ÅNGSTRÖM".into(),
        b"4930123456".to_vec(),
        "anna@example.com".encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ];
    for shift in 0..3 {
        bytes.push(data_encoding::BASE64.encode(format!("{}anna@example.com;", "-".repeat(shift)).as_bytes()).into());
    }
    for bytes in bytes {
        assert!(needles.count(&bytes) > 0, "{}", String::from_utf8_lossy(&bytes));
    }
    assert_eq!(needles.count(b"bertha@example.com"), 0);
}
