//! Shapes of the API that contacts and companies share.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::identities::{Identity, NewIdentity};
use super::places::Address;
use crate::error::Error;
use crate::id::MemberId;
use crate::members::directory::Directory;
use crate::web::Request;

/// Somebody or something by its id, with its name to show.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Named<I> {
    pub id: I,
    pub name: String,
}

/// An owner as the API shows them.
pub fn owner(directory: &Directory, owner: Option<MemberId>) -> Option<Named<MemberId>> {
    owner.map(|id| Named { id, name: directory.name(id).to_owned() })
}

/// An email address or phone number.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IdentityWire {
    /// An address as it was entered, or a number as E.164.
    pub value: String,
    pub label: String,
    pub primary: bool,
    pub verified_at: Option<String>,
}

impl From<&Identity> for IdentityWire {
    fn from(identity: &Identity) -> IdentityWire {
        IdentityWire {
            value: NewIdentity::from(identity).value,
            label: identity.label.clone(),
            primary: identity.is_primary,
            verified_at: identity.verified_at.map(|at| at.rfc3339()),
        }
    }
}

/// An email address or phone number to keep.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityBody {
    value: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    primary: bool,
    /// May be sent back as it was read; only the person themselves can change it.
    #[serde(default, rename = "verified_at")]
    _verified_at: Option<String>,
}

impl From<IdentityBody> for NewIdentity {
    fn from(body: IdentityBody) -> NewIdentity {
        NewIdentity { value: body.value, label: body.label.unwrap_or_default(), is_primary: body.primary }
    }
}

/// A postal address.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AddressWire {
    pub street: String,
    pub postal_code: String,
    pub city: String,
    pub region: String,
    /// Two letters (ISO 3166-1).
    pub country: String,
}

/// An address as the API shows it; an empty one is null.
pub fn address(address: &Address) -> Option<AddressWire> {
    let Address { street, postal_code, city, region, country } = address.clone();
    (!address.is_empty()).then_some(AddressWire { street, postal_code, city, region, country })
}

/// Parts of a postal address: those that are absent stay as they are.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AddressBody {
    #[serde(deserialize_with = "present")]
    street: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    postal_code: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    city: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    region: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    country: Option<Option<String>>,
}

/// Writes an address of the body into a record; null takes it away.
pub fn patch_address(place: &mut Address, body: Option<Option<AddressBody>>) {
    match body {
        None => {}
        Some(None) => *place = Address::default(),
        Some(Some(body)) => {
            patch_text(&mut place.street, body.street);
            patch_text(&mut place.postal_code, body.postal_code);
            patch_text(&mut place.city, body.city);
            patch_text(&mut place.region, body.region);
            patch_text(&mut place.country, body.country);
        }
    }
}

/// Writes a text of the body into a record; null empties it, and what is absent stays (RFC 7396).
pub fn patch_text(place: &mut String, body: Option<Option<String>>) {
    if let Some(text) = body {
        *place = text.unwrap_or_default();
    }
}

/// The same for a list, which comes whole or not at all.
pub fn patch_list<T, B: Into<T>>(place: &mut Vec<T>, body: Option<Option<Vec<B>>>) {
    if let Some(list) = body {
        *place = list.unwrap_or_default().into_iter().map(Into::into).collect();
    }
}

/// Tells a field that is null from one that is absent.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A reference to a record or a member. Its name may be sent back as it was read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    #[serde(default)]
    pub id: Option<i64>,
    #[serde(default)]
    pub name: Option<String>,
}

impl Reference {
    pub fn to(id: i64) -> Reference {
        Reference { id: Some(id), name: None }
    }

    /// The member it names; fails on `owner` without an id.
    pub fn member(&self) -> Result<MemberId, Error> {
        self.id
            .map(MemberId)
            .ok_or_else(|| Error::field("owner", "required", "Name the owner by their id: {\"id\":5}."))
    }
}

/// The version in `If-Match` where a program may leave it out: in `DELETE`.
pub fn version_if_sent(request: &Request) -> Result<Option<i64>, Error> {
    match request.head.header("if-match") {
        None => Ok(None),
        Some(_) => request.if_match().map(Some),
    }
}

/// The version of a record as an entity tag.
pub fn entity_tag(version: i64) -> String {
    format!("\"{version}\"")
}
