//! Keys at rest: where the master key comes from, and the keyring that it unlocks.
//!
//! ```text
//! master key ──► keys/keyring: one wrapped root key per workspace ──► the keys of `crypto::derive`
//!     ▲
//!     └── a file, a systemd credential, or keys/slots: a passphrase, the recovery code
//! ```
//!
//! `keys/slots` is written at setup in every case, because it holds the recovery slot and the value by
//! which a wrong key is told before anything is unwrapped.

pub mod keyring;
pub mod master;
pub mod recovery;
mod rotation;
mod service;
pub mod slots;
#[cfg(test)]
mod tests;
pub mod text;

pub use keyring::Version;
pub use master::{Folders, MasterKey, Source};
pub use recovery::RecoveryCode;
pub use service::Keys;
pub use service::copies::{self, FoundKeys, find_keys};
pub use slots::{SlotCost, Slots};
