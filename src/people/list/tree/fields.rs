//! What a filter can ask about: the parts that every record has, its tags, and the workspace's own fields.

use super::operators::{self, Operator};
use crate::id::CustomFieldId;
use crate::people::custom_fields::{CustomField, Definitions, Kind};
use crate::people::identities;
use crate::people::record::Object;

/// What stands before the key of a field of the workspace's own.
pub const CUSTOM: &str = "custom.";

/// What the values of a field are, as far as comparing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Text,
    Email,
    Phone,
    Country,
    Member,
    Record(Object),
    Number,
    Amount,
    Day,
    Moment,
    /// Either, and never neither.
    Flag,
    YesNo,
    Choice,
    Choices,
    Tags,
}

/// Where the values lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A column of the record with text as it was typed. `indexed`: lists have an index of it, named after it.
    Text {
        column: &'static str,
        indexed: bool,
    },
    /// A column of folded text with an index of this name.
    Folded {
        column: &'static str,
        index: &'static str,
    },
    /// A column with a word, an id or a moment, and the index of it, where there is one.
    Plain {
        column: &'static str,
        index: Option<&'static str>,
    },
    /// The moment of the last activity, which is 0 while there was none.
    Activity,
    /// Holds for few records, which have an index of their own.
    Flag {
        index: &'static str,
        condition: &'static str,
    },
    Identities(identities::Kind),
    Tags,
    Custom(CustomFieldId),
}

/// A field that a condition can name.
#[derive(Debug, Clone)]
pub struct Field {
    pub key: String,
    pub label: String,
    pub holds: Holds,
    pub place: Place,
    /// The definition, of one of the workspace's own.
    pub custom: Option<CustomField>,
}

impl Field {
    pub fn operators(&self) -> &'static [Operator] {
        operators::offered(self.holds)
    }
}

/// Key, label, kind of values, place.
type BuiltIn = (&'static str, &'static str, Holds, Place);

const fn text(column: &'static str) -> Place {
    Place::Text { column, indexed: false }
}

const fn plain(column: &'static str, index: &'static str) -> Place {
    Place::Plain { column, index: Some(index) }
}

const NAME: Place = Place::Folded { column: "sort_name", index: "by_name" };
const CITY: Place = Place::Text { column: "city", indexed: true };
const COUNTRY: Place = plain("country", "by_country");
const CREATED_BY: Place = Place::Plain { column: "created_by", index: None };
const ARCHIVED: Place = Place::Flag { index: "archived", condition: "archived_at IS NOT NULL" };
const RESTRICTED: Place = Place::Flag { index: "restricted", condition: "restricted = 1" };

const CONTACT: &[BuiltIn] = &[
    ("name", "Name", Holds::Text, NAME),
    ("given_name", "Given name", Holds::Text, text("given_name")),
    ("family_name", "Family name", Holds::Text, text("family_name")),
    ("email", "Email address", Holds::Email, Place::Identities(identities::Kind::Email)),
    ("phone", "Phone number", Holds::Phone, Place::Identities(identities::Kind::Phone)),
    ("company", "Company, by name", Holds::Text, Place::Folded { column: "company_sort", index: "by_company_name" }),
    ("company_id", "Company, by number", Holds::Record(Object::Company), plain("company_id", "by_company")),
    ("job_title", "Job title", Holds::Text, text("job_title")),
    ("tags", "Tags", Holds::Tags, Place::Tags),
    ("owner", "Owner", Holds::Member, plain("owner_id", "by_owner")),
    ("street", "Street", Holds::Text, text("street")),
    ("postal_code", "Postal code", Holds::Text, text("postal_code")),
    ("city", "City", Holds::Text, CITY),
    ("region", "Region", Holds::Text, text("region")),
    ("country", "Country", Holds::Country, COUNTRY),
    ("language", "Language", Holds::Text, text("language")),
    ("time_zone", "Time zone", Holds::Text, text("time_zone")),
    ("source", "Source", Holds::Text, Place::Text { column: "source", indexed: true }),
    ("created_at", "Added", Holds::Moment, plain("created_at", "by_creation")),
    ("created_by", "Added by", Holds::Member, CREATED_BY),
    ("updated_at", "Changed", Holds::Moment, plain("updated_at", "by_update")),
    ("last_activity_at", "Last activity", Holds::Moment, Place::Activity),
    ("archived", "Archived", Holds::Flag, ARCHIVED),
    ("restricted", "Restricted", Holds::Flag, RESTRICTED),
];

const COMPANY: &[BuiltIn] = &[
    ("name", "Name", Holds::Text, NAME),
    ("domain", "Domain", Holds::Text, text("domain")),
    ("email", "Email address", Holds::Email, Place::Identities(identities::Kind::Email)),
    ("phone", "Phone number", Holds::Phone, Place::Identities(identities::Kind::Phone)),
    ("tags", "Tags", Holds::Tags, Place::Tags),
    ("owner", "Owner", Holds::Member, plain("owner_id", "by_owner")),
    ("street", "Street", Holds::Text, text("street")),
    ("postal_code", "Postal code", Holds::Text, text("postal_code")),
    ("city", "City", Holds::Text, CITY),
    ("region", "Region", Holds::Text, text("region")),
    ("country", "Country", Holds::Country, COUNTRY),
    ("source", "Source", Holds::Text, text("source")),
    ("created_at", "Added", Holds::Moment, plain("created_at", "by_creation")),
    ("created_by", "Added by", Holds::Member, CREATED_BY),
    ("updated_at", "Changed", Holds::Moment, plain("updated_at", "by_update")),
    ("archived", "Archived", Holds::Flag, ARCHIVED),
];

/// True for a field that holds a member.
pub fn names_member(field: &str) -> bool {
    CONTACT.iter().chain(COMPANY).any(|(name, _, holds, _)| *name == field && matches!(holds, Holds::Member))
}

/// The fields of one kind of record.
#[derive(Debug, Clone)]
pub struct Fields {
    pub all: Vec<Field>,
}

impl Fields {
    /// Those that every record has, then the workspace's own that are in use.
    pub fn of(object: Object, definitions: &Definitions) -> Fields {
        let built_in = match object {
            Object::Contact => CONTACT,
            Object::Company => COMPANY,
        };
        let usual = built_in.iter().map(|(key, label, holds, place)| Field {
            key: (*key).to_owned(),
            label: (*label).to_owned(),
            holds: *holds,
            place: *place,
            custom: None,
        });
        let own = definitions.live().map(|field| Field {
            key: format!("{CUSTOM}{}", field.key),
            label: field.label.clone(),
            holds: held_by(field),
            place: Place::Custom(field.id),
            custom: Some(field.clone()),
        });
        Fields { all: usual.chain(own).collect() }
    }

    pub fn find(&self, key: &str) -> Option<&Field> {
        self.all.iter().find(|field| field.key == key)
    }
}

fn held_by(field: &CustomField) -> Holds {
    match field.kind {
        Kind::Text | Kind::LongText | Kind::Url => Holds::Text,
        Kind::Number => Holds::Number,
        Kind::Currency => Holds::Amount,
        Kind::Date => Holds::Day,
        Kind::DateTime => Holds::Moment,
        Kind::Choice => Holds::Choice,
        Kind::Choices => Holds::Choices,
        Kind::YesNo => Holds::YesNo,
        Kind::Email => Holds::Email,
        Kind::Phone => Holds::Phone,
        Kind::Relation => Holds::Record(field.target.unwrap_or(Object::Contact)),
    }
}
