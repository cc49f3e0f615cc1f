//! Cryptography: key derivation, sealed fields and files, passwords, tokens, second factors, certificates.

pub mod aead;
pub mod certificate;
pub mod crockford;
pub mod derive;
pub mod envelope;
pub mod file;
pub mod hardening;
pub mod object;
pub mod password;
pub mod token;
pub mod totp;
pub mod validity;

use zeroize::Zeroizing;

/// 256 bits of key, wiped from memory when dropped. Every key in the program has this shape.
pub type Key = Zeroizing<[u8; 32]>;

/// `N` bytes from the kernel's generator.
///
/// Panics when the kernel has none to give: nothing may go on with predictable bytes.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Not reachable from input; going on would be worse.
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
    bytes
}

/// A fresh key. Filled in place, so no copy of it stays behind on the stack.
pub fn random_key() -> Key {
    let mut key = Key::default();
    // As in `random`.
    getrandom::fill(key.as_mut_slice()).expect("the kernel gives random bytes");
    key
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut difference = 0_u8;
    for (a, b) in left.iter().zip(right) {
        // The black box keeps the compiler from leaving the loop at the first difference.
        difference = std::hint::black_box(difference | (a ^ b));
    }
    difference == 0
}
