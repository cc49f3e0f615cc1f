//! Password hashing: a keyed hash, then argon2id, two at a time (AUT-3).

mod permits;
mod rules;
#[cfg(test)]
mod tests;

pub use rules::{LONGEST_BYTES, SHORTEST, SHORTEST_WITH_SECOND_FACTOR, check};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use self::permits::Permits;
use super::derive::mac;
use super::{Key, constant_time_eq, random};
use crate::error::Error;

/// How many passwords are hashed at once. Each takes [`Cost::memory_kib`] and a whole core.
const AT_ONCE: usize = 2;

/// What one hash costs. The configuration decides; it is written into every hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub iterations: u32,
    pub lanes: u32,
}

impl Cost {
    /// The floor of the OWASP Password Storage Cheat Sheet for argon2id: 19 MiB, 2 passes, 1 lane.
    pub const STANDARD: Cost = Cost { memory_kib: 19 * 1024, iterations: 2, lanes: 1 };
    /// The least argon2 allows. For tests only: a hash of this cost is no protection.
    pub const CHEAPEST: Cost = Cost { memory_kib: 8, iterations: 1, lanes: 1 };

    fn argon2(self) -> Result<Argon2<'static>, Error> {
        let params = Params::new(self.memory_kib, self.iterations, self.lanes, None)
            .map_err(|source| Error::internal(format!("the password cost is not possible: {source}")))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// Hashes and checks passwords. One for the whole process, because it counts who is hashing.
pub struct Passwords {
    pepper: Key,
    cost: Cost,
    permits: Permits,
    /// The hash of a password nobody knows, for [`Passwords::verify_nobody`].
    nobody: String,
}

impl Passwords {
    /// `pepper` is [`ControlKeys::pepper`](super::derive::ControlKeys::pepper).
    pub fn new(pepper: &Key, cost: Cost) -> Result<Passwords, Error> {
        let mut passwords =
            Passwords { pepper: pepper.clone(), cost, permits: Permits::new(AT_ONCE), nobody: String::new() };
        passwords.nobody = passwords.hash(&data_encoding::HEXLOWER.encode(&random::<32>()))?;
        Ok(passwords)
    }

    /// The PHC string to store. Waits while two other passwords are being hashed: call it off the event loop.
    ///
    /// Checks no rules; see [`check`].
    pub fn hash(&self, password: &str) -> Result<String, Error> {
        let argon2 = self.cost.argon2()?;
        let salt = random::<16>();
        let _permit = self.permits.take();
        argon2
            .hash_password_with_salt(self.peppered(password).as_slice(), &salt)
            .map(|hash| hash.to_string())
            .map_err(|source| Error::internal(format!("argon2: {source}")))
    }

    /// Whether `password` is the one behind `stored`. Waits like [`Passwords::hash`].
    ///
    /// Uses the cost written in `stored`; afterwards ask [`Passwords::needs_rehash`].
    pub fn verify(&self, password: &str, stored: &str) -> Result<bool, Error> {
        let unreadable = |source: String| Error::internal(format!("a stored password hash is unreadable: {source}"));
        let hash = PasswordHash::new(stored).map_err(|source| unreadable(source.to_string()))?;
        let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else {
            return Err(unreadable("no salt or no hash".into()));
        };
        if hash.algorithm != argon2::ARGON2ID_IDENT {
            return Err(unreadable("not argon2id".into()));
        }
        let params = Params::try_from(&hash).map_err(|source| unreadable(source.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut found = Zeroizing::new(vec![0; expected.len()]);
        let _permit = self.permits.take();
        argon2
            .hash_password_into(self.peppered(password).as_slice(), salt.as_ref(), &mut found)
            .map_err(|source| unreadable(source.to_string()))?;
        Ok(constant_time_eq(&found, expected.as_bytes()))
    }

    /// Spends what [`Passwords::verify`] would spend, for a user who does not exist (AUT-4).
    pub fn verify_nobody(&self, password: &str) -> Result<(), Error> {
        self.verify(password, &self.nobody).map(|_| ())
    }

    /// Whether `stored` was made at another cost than today's, so a successful sign-in should hash anew.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        let Ok(hash) = PasswordHash::new(stored) else { return true };
        let Ok(params) = Params::try_from(&hash) else { return true };
        let found = Cost { memory_kib: params.m_cost(), iterations: params.t_cost(), lanes: params.p_cost() };
        hash.algorithm != argon2::ARGON2ID_IDENT || found != self.cost
    }

    /// HMAC over the normalised password: without the pepper a stolen table cannot even be guessed at.
    fn peppered(&self, password: &str) -> Zeroizing<[u8; 32]> {
        let normalised = Zeroizing::new(password.nfkc().collect::<String>());
        Zeroizing::new(mac(&self.pepper, &[normalised.as_bytes()]))
    }
}
