//! Pseudonyms keep kinds and workspaces apart.

use super::pseudonym;
use crate::crypto::Key;
use crate::module::IdentityKind;

#[test]
fn a_pseudonym_says_nothing_without_its_key_and_kind() {
    let (one, other) = (Key::new([1; 32]), Key::new([2; 32]));
    let email = pseudonym(&one, IdentityKind::Email, "ida@example.com");
    assert_eq!(email, pseudonym(&one, IdentityKind::Email, "ida@example.com"));
    assert_ne!(email, pseudonym(&other, IdentityKind::Email, "ida@example.com"));
    assert_ne!(email, pseudonym(&one, IdentityKind::Phone, "ida@example.com"));
    assert_ne!(email, pseudonym(&one, IdentityKind::Email, "ida@example.co"));
}
