//! The one cookie (P-128): `__Host-holdfast`, and the CSRF token that is bound to it.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `__Host-` binds it to this host, to HTTPS and to the path `/` (SES-1).
pub const NAME: &str = "__Host-holdfast";

/// The `Set-Cookie` line for a session or for a visitor who is about to sign in.
///
/// It has no lifetime of its own: the server decides when a session ends (SES-3).
pub fn set(value: &str) -> String {
    format!("{NAME}={value}; Path=/; Secure; HttpOnly; SameSite=Lax")
}

/// The `Set-Cookie` line that removes it.
pub fn clear() -> String {
    format!("{NAME}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// A fresh opaque value: 256 random bits.
pub fn fresh() -> String {
    BASE64URL_NOPAD.encode(&crate::crypto::random::<32>())
}

/// Finds the cookie in a `Cookie` header. Two of the same name are none: somebody is playing.
pub fn find(header: &str) -> Option<&str> {
    let mut found = header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME)
        .map(|(_, value)| value);
    let value = found.next()?;
    (found.next().is_none() && value.len() == 43 && BASE64URL_NOPAD.decode(value.as_bytes()).is_ok()).then_some(value)
}

/// The token that every form of this cookie's holder must carry: a keyed hash, so nothing is stored.
pub fn csrf_token(key: &[u8; 32], cookie: &str) -> String {
    BASE64URL_NOPAD.encode(&mac(key, cookie).finalize().into_bytes())
}

/// Compares in constant time.
pub fn csrf_matches(key: &[u8; 32], cookie: &str, sent: &str) -> bool {
    BASE64URL_NOPAD.decode(sent.as_bytes()).is_ok_and(|sent| mac(key, cookie).verify_slice(&sent).is_ok())
}

fn mac(key: &[u8; 32], cookie: &str) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes any key length");
    mac.update(b"holdfast/csrf/v1");
    mac.update(cookie.as_bytes());
    mac
}
