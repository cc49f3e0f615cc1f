//! Certificates of erasure: what was done, signed, so that anybody with the public key can tell an altered one.
//!
//! The text that is signed is canonical JSON: keys in order, no spaces, whole numbers. It names nobody.

#[cfg(test)]
mod tests;

use data_encoding::BASE64;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde_json::{Map, Value, json};

use crate::crypto::Key;
use crate::error::Error;

/// What stands before the text that is signed, so that a signature serves for nothing else.
const DOMAIN: &[u8] = b"holdfast/certificate/v1\n";
/// How a public key is written: this and base64.
const PREFIX: &str = "ed25519:";

/// Signs. The key is derived from that of the installation, and the same for all of its certificates.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// `seed` is `ControlKeys::certificate`.
    pub fn new(seed: &Key) -> Result<Signer, Error> {
        Ed25519KeyPair::from_seed_unchecked(seed.as_slice())
            .map(Signer)
            .map_err(|_| Error::internal("a seed of 32 bytes made no signing key"))
    }

    /// `ed25519:` and base64: what is published.
    pub fn public_key(&self) -> String {
        format!("{PREFIX}{}", BASE64.encode(self.0.public_key().as_ref()))
    }

    /// The document: the certificate, who signed it, the signature.
    pub fn sign(&self, certificate: &Value) -> Value {
        let signature = self.0.sign(&signed_part(certificate));
        json!({
            "certificate": certificate,
            "public_key": self.public_key(),
            "signature": BASE64.encode(signature.as_ref()),
        })
    }
}

/// What a check of a document found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every byte is as it was signed, by this key.
    Valid { public_key: String },
    /// It is not, for this reason.
    Altered(String),
}

/// Checks a document against `public_key`, or against the key that it names itself. Needs nothing else.
pub fn verify(text: &str, public_key: Option<&str>) -> Verdict {
    match check(text, public_key) {
        Ok(public_key) => Verdict::Valid { public_key },
        Err(reason) => Verdict::Altered(reason.to_owned()),
    }
}

fn check(text: &str, expected: Option<&str>) -> Result<String, &'static str> {
    let document: Value = serde_json::from_str(text).map_err(|_| "the file is no certificate")?;
    let named = document["public_key"].as_str().ok_or("the file names no key")?;
    let expected = expected.map(str::trim);
    if expected.is_some_and(|key| key != named) {
        return Err("another key signed it");
    }
    let key = named.strip_prefix(PREFIX).and_then(|key| BASE64.decode(key.as_bytes()).ok());
    let key = key.ok_or("the key in the file cannot be read")?;
    let signature = document["signature"].as_str().and_then(|text| BASE64.decode(text.as_bytes()).ok());
    let signature = signature.ok_or("the signature in the file cannot be read")?;
    let certificate =
        document.get("certificate").filter(|part| part.is_object()).ok_or("the file is no certificate")?;
    let others = document.as_object().map_or(0, Map::len);
    if others != 3 {
        return Err("the file holds more than was signed");
    }
    UnparsedPublicKey::new(&ED25519, key)
        .verify(&signed_part(certificate), &signature)
        .map_err(|_| "what it says was changed after it was signed")?;
    Ok(named.to_owned())
}

fn signed_part(certificate: &Value) -> Vec<u8> {
    [DOMAIN, canonical(certificate).as_bytes()].concat()
}

/// JSON in the one form that is signed: keys sorted by their bytes, no spaces.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            let parts: Vec<String> = names
                .iter()
                .map(|name| format!("{}:{}", Value::from(name.as_str()), canonical(&fields[*name])))
                .collect();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
