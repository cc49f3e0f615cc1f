//! What people's data is used for: each purpose with its lawful basis, the ways of reaching somebody, and the words
//! that people read, version by version (P-097).

pub mod api;
pub mod data_map;
mod definition;
mod naming;
pub mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::id::PurposeId;
use crate::module::{FoundRecord, RecordKind};
use crate::permission::{Action, Area, Permission, words};

pub use definition::NewPurpose;

words! {
    /// Why data may be used (GDPR Art. 6(1)).
    Basis {
        Consent = "consent",
        Contract = "contract",
        LegalObligation = "legal_obligation",
        VitalInterests = "vital_interests",
        PublicTask = "public_task",
        LegitimateInterests = "legitimate_interests",
    }
}

impl Basis {
    /// In the middle of a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Basis::Consent => "consent",
            Basis::Contract => "a contract",
            Basis::LegalObligation => "a legal obligation",
            Basis::VitalInterests => "vital interests",
            Basis::PublicTask => "a public task",
            Basis::LegitimateInterests => "legitimate interests",
        }
    }

    /// Article 6(1) of the GDPR, with its letter.
    pub fn article(self) -> &'static str {
        match self {
            Basis::Consent => "Art. 6(1)(a)",
            Basis::Contract => "Art. 6(1)(b)",
            Basis::LegalObligation => "Art. 6(1)(c)",
            Basis::VitalInterests => "Art. 6(1)(d)",
            Basis::PublicTask => "Art. 6(1)(e)",
            Basis::LegitimateInterests => "Art. 6(1)(f)",
        }
    }

    /// Whether somebody can object to a use on this basis (Art. 21). Direct marketing can always be objected to.
    pub fn can_be_objected_to(self) -> bool {
        matches!(self, Basis::Consent | Basis::PublicTask | Basis::LegitimateInterests)
    }

    /// Whether it bears the use of a child's data without a parent (Art. 6(1)(f), Art. 8).
    pub fn holds_for_minors(self) -> bool {
        !matches!(self, Basis::Consent | Basis::LegitimateInterests)
    }
}

words! {
    /// A way of reaching somebody.
    Channel {
        Email = "email",
        Phone = "phone",
        Post = "post",
        /// Nobody is contacted: the data is only worked with.
        None = "none",
    }
}

impl Channel {
    pub fn label(self) -> &'static str {
        match self {
            Channel::Email => "Email",
            Channel::Phone => "Phone",
            Channel::Post => "Post",
            Channel::None => "Without contact",
        }
    }
}

/// A purpose as it is.
#[derive(Debug, Clone)]
pub struct Purpose {
    pub id: PurposeId,
    pub version: i64,
    /// Its name in the API and in files.
    pub key: String,
    pub title: String,
    pub description: String,
    pub basis: Basis,
    /// Empty: nobody is contacted.
    pub channels: Vec<Channel>,
    pub is_marketing: bool,
    pub double_opt_in: bool,
    /// Why legitimate interests weigh more than the person's; empty for other bases.
    pub assessment: String,
    /// The words that are shown today.
    pub wording: Wording,
    /// `None`: it came with the workspace.
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
}

impl Purpose {
    /// Whether somebody may be reached for it in this way.
    pub fn allows(&self, channel: Channel) -> bool {
        channel == Channel::None || self.channels.contains(&channel)
    }

    /// "Email, Phone", or that nobody is contacted.
    pub fn channel_words(&self) -> String {
        match self.channels.as_slice() {
            [] => Channel::None.label().to_owned(),
            channels => channels.iter().map(|channel| channel.label()).collect::<Vec<_>>().join(", "),
        }
    }

    /// Whether somebody can object to it.
    pub fn can_be_objected_to(&self) -> bool {
        self.is_marketing || self.basis.can_be_objected_to()
    }

    /// Whether people are asked before, instead of told.
    pub fn asks(&self) -> bool {
        self.basis == Basis::Consent
    }
}

/// One version of the words that people read. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    pub id: i64,
    /// 1, 2, … within the purpose.
    pub number: i64,
    pub title: String,
    pub text: String,
    /// SHA-256 of title, an empty line, text.
    pub hash: String,
    pub created_at: Option<Timestamp>,
}

/// What stands in a consent for these words, so that anybody can compute it again.
pub fn hash(title: &str, text: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(format!("{title}\n\n{text}")))
}

/// A purpose, for what leads to records of any kind.
pub const RECORD: RecordKind = RecordKind {
    word: "purpose",
    one: "purpose",
    many: "purposes",
    needs: Permission::new(Action::View, Area::Privacy),
    path: |id| format!("/privacy/purposes/{id}"),
    own: "/privacy/purposes",
    find: |db, id| {
        let found = store::find(db, PurposeId(id))?;
        Ok(found.map(|purpose| FoundRecord { name: purpose.title, owner: None }))
    },
};
