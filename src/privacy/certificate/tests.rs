//! A certificate holds, and every change of it is found.

use serde_json::json;

use super::{Signer, Verdict, canonical, verify};
use crate::crypto::Key;

fn document() -> (Signer, String) {
    let signer = Signer::new(&Key::new([7; 32])).unwrap();
    let certificate = json!({ "b": 2, "a": { "d": [1, null], "c": "ü" } });
    let text = serde_json::to_string_pretty(&signer.sign(&certificate)).unwrap();
    (signer, text)
}

#[test]
fn one_form_whatever_the_order() {
    assert_eq!(
        canonical(&json!({ "b": 2, "a": { "d": [1, null], "c": "ü" } })),
        r#"{"a":{"c":"ü","d":[1,null]},"b":2}"#
    );
}

#[test]
fn what_was_signed_is_valid_in_any_layout() {
    let (signer, text) = document();
    let valid = Verdict::Valid { public_key: signer.public_key() };
    assert_eq!(verify(&text, None), valid);
    let compact: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(verify(&compact.to_string(), Some(&signer.public_key())), valid);
}

/// Every byte of the text, each exchanged for another: spaces between the parts are the only ones that may change.
#[test]
fn every_changed_byte_is_found() {
    let (signer, text) = document();
    let before: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut found = 0;
    for (place, byte) in text.bytes().enumerate() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] = if byte == b'1' { b'3' } else { b'1' };
        let Ok(altered) = String::from_utf8(bytes) else { continue };
        if serde_json::from_str::<serde_json::Value>(&altered).is_ok_and(|after| after == before) {
            continue;
        }
        assert!(matches!(verify(&altered, Some(&signer.public_key())), Verdict::Altered(_)), "byte {place}: {altered}");
        found += 1;
    }
    assert!(found > 100, "only {found} changes were tried");
}

#[test]
fn another_signer_is_told_from_ours() {
    let (_, text) = document();
    let other = Signer::new(&Key::new([8; 32])).unwrap().public_key();
    assert!(matches!(verify(&text, Some(&other)), Verdict::Altered(_)));
    let forged = Signer::new(&Key::new([8; 32])).unwrap().sign(&json!({ "a": 1 })).to_string();
    let (ours, _) = document();
    assert!(matches!(verify(&forged, Some(&ours.public_key())), Verdict::Altered(_)));
}
