//! Email addresses and phone numbers of a record: the ways to reach it, and how duplicates are found.

mod store;

use crate::clock::Timestamp;
use crate::permission::words;

use super::text::Faults;
use super::{email, phone};

pub use store::{Holder, add, holder, keep_proofs, of, replace};

words! {
    /// What an identity is.
    Kind {
        Email = "email",
        Phone = "phone",
    }
}

impl Kind {
    /// The field of forms and of the API that holds this kind.
    pub fn field(self) -> &'static str {
        match self {
            Kind::Email => "emails",
            Kind::Phone => "phones",
        }
    }
}

/// How many of one kind a record may have.
const MOST: usize = 20;

/// One email address or phone number, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub kind: Kind,
    /// As it was typed.
    pub value: String,
    /// As it is compared: lower case with punycode, or E.164.
    pub normalised: String,
    pub label: String,
    /// One of each kind is, when there is any.
    pub is_primary: bool,
    /// When the person showed that it is theirs.
    pub verified_at: Option<Timestamp>,
}

impl Identity {
    /// For people to read: an address as it was typed, a number in groups.
    pub fn shown(&self) -> String {
        match self.kind {
            Kind::Email => self.value.clone(),
            Kind::Phone => phone::display(&self.normalised),
        }
    }
}

/// An email address or phone number, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewIdentity {
    pub value: String,
    pub label: String,
    /// The first of the kind becomes primary when none says so.
    pub is_primary: bool,
}

impl NewIdentity {
    pub fn new(value: impl Into<String>) -> NewIdentity {
        NewIdentity { value: value.into(), ..NewIdentity::default() }
    }
}

impl From<&Identity> for NewIdentity {
    fn from(identity: &Identity) -> NewIdentity {
        NewIdentity {
            value: match identity.kind {
                Kind::Email => identity.value.clone(),
                // The number itself: what was typed may be read in another country's way by now.
                Kind::Phone => identity.normalised.clone(),
            },
            label: identity.label.clone(),
            is_primary: identity.is_primary,
        }
    }
}

/// True when there is one of the kind.
pub(super) fn has(list: &[Identity], kind: Kind) -> bool {
    list.iter().any(|identity| identity.kind == kind)
}

/// True when two records hold the same of one kind. How a number was typed says nothing that E.164 does not.
pub(super) fn are_same(one: &[Identity], other: &[Identity], kind: Kind) -> bool {
    let essence = |list: &[Identity]| -> Vec<(String, String, String, bool)> {
        let typed = |identity: &Identity| if kind == Kind::Email { identity.value.clone() } else { String::new() };
        let of_kind = list.iter().filter(|identity| identity.kind == kind);
        of_kind.map(|i| (typed(i), i.normalised.clone(), i.label.clone(), i.is_primary)).collect()
    };
    essence(one) == essence(other)
}

/// Checks one kind. Each error names its place: `emails/0`.
pub(super) fn checked(faults: &mut Faults, kind: Kind, list: &[NewIdentity], country: &str) -> Vec<Identity> {
    let field = kind.field();
    if list.len() > MOST {
        faults.add(field, "too_many", format!("{MOST} are the most a record can have."));
        return Vec::new();
    }
    let primary = list.iter().position(|new| new.is_primary).unwrap_or(0);
    let mut identities: Vec<Identity> = Vec::with_capacity(list.len());
    for (index, new) in list.iter().enumerate() {
        let place = format!("{field}/{index}");
        let (name, code, rule) = match kind {
            Kind::Email => ("The email address", "invalid_email", email::RULE),
            Kind::Phone => ("The phone number", "invalid_phone", phone::RULE),
        };
        let value = faults.line(place.clone(), name, &new.value, 254);
        let label = faults.line(format!("{place}/label"), "The label", &new.label, 40);
        let normalised = match kind {
            Kind::Email => email::normalise(&value),
            Kind::Phone => phone::normalise(&value, country),
        };
        let Some(normalised) = normalised else {
            faults.add(place, code, rule);
            continue;
        };
        if identities.iter().any(|other| other.normalised == normalised) {
            faults.add(place, "doubled", format!("{name} stands here twice. Take one out."));
            continue;
        }
        identities.push(Identity { kind, value, normalised, label, is_primary: index == primary, verified_at: None });
    }
    // The primary one stands first wherever a record is shown.
    identities.sort_by_key(|identity| !identity.is_primary);
    identities
}
