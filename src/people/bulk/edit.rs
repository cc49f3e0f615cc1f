//! What an edit does to one record.

use super::Verb;
use crate::db::Tx;
use crate::error::Error;
use crate::id::MemberId;
use crate::people::acting;
use crate::people::custom_fields::Typed;
use crate::people::record::{Access, Object, Record};
use crate::people::{companies, contacts};
use crate::permission::Action;

/// An edit, with what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    Tag(String),
    Untag(String),
    Assign(Option<MemberId>),
    Archive,
    Unarchive,
    Delete,
    /// A field by its name in the API (`custom/key` for one of the workspace's own), and the text to put there.
    Set {
        field: String,
        value: String,
    },
}

/// The fields that can be set on many records at once, beside the workspace's own.
pub fn settable(object: Object) -> &'static [(&'static str, &'static str)] {
    match object {
        Object::Contact => &[
            ("job_title", "Job title"),
            ("company", "Company"),
            ("language", "Language"),
            ("time_zone", "Time zone"),
            ("source", "Source"),
        ],
        Object::Company => &[("source", "Source")],
    }
}

impl Edit {
    /// Reads what the table and the API call it. Fails on the field that is missing or not known.
    pub fn read(object: Object, verb: &str, field: &str, argument: &str) -> Result<Edit, Error> {
        let verb = Verb::from_word(verb).ok_or_else(|| {
            Error::field("action", "unknown", "Choose one of tag, untag, assign, archive, unarchive, delete, set.")
        })?;
        let tag = || match argument.trim() {
            "" => Err(Error::field("tag", "required", "Enter the tag.")),
            tag => Ok(tag.to_owned()),
        };
        Ok(match verb {
            Verb::Tag => Edit::Tag(tag()?),
            Verb::Untag => Edit::Untag(tag()?),
            Verb::Assign => Edit::Assign(match argument {
                "" | "nobody" => None,
                id => Some(id.parse().map_err(|_| Error::field("owner", "unknown", "Choose somebody from the list."))?),
            }),
            Verb::Archive => Edit::Archive,
            Verb::Unarchive => Edit::Unarchive,
            Verb::Delete => Edit::Delete,
            Verb::Set => {
                if !field.starts_with("custom/") && !settable(object).iter().any(|(known, _)| *known == field) {
                    let message = "This field cannot be set on many records at once. Choose one from the list.";
                    return Err(Error::field("field", "unknown", message));
                }
                Edit::Set { field: field.to_owned(), value: argument.trim().to_owned() }
            }
        })
    }

    pub fn verb(&self) -> Verb {
        match self {
            Edit::Tag(_) => Verb::Tag,
            Edit::Untag(_) => Verb::Untag,
            Edit::Assign(_) => Verb::Assign,
            Edit::Archive => Verb::Archive,
            Edit::Unarchive => Verb::Unarchive,
            Edit::Delete => Verb::Delete,
            Edit::Set { .. } => Verb::Set,
        }
    }

    /// Field and argument, as the table keeps them.
    pub(super) fn parts(&self) -> (String, String) {
        match self {
            Edit::Tag(tag) | Edit::Untag(tag) => (String::new(), tag.clone()),
            Edit::Assign(owner) => (String::new(), owner.map(|owner| owner.to_string()).unwrap_or_default()),
            Edit::Set { field, value } => (field.clone(), value.clone()),
            Edit::Archive | Edit::Unarchive | Edit::Delete => Default::default(),
        }
    }

    /// The right it needs.
    pub fn needs(&self) -> Action {
        match self {
            Edit::Assign(_) => Action::Assign,
            Edit::Delete => Action::Delete,
            _ => Action::Edit,
        }
    }

    /// Does it to one record, under all the rules of an edit by hand.
    pub fn apply(&self, tx: &Tx, record: Record, access: &Access) -> Result<(), Error> {
        match (self, record) {
            (Edit::Tag(tag), _) => acting::add_tag(tx, record, tag, access),
            (Edit::Untag(tag), _) => acting::remove_tag(tx, record, tag, access),
            (Edit::Assign(owner), _) => acting::assign(tx, record, *owner, access),
            (Edit::Archive, _) => acting::set_archived(tx, record, None, true, access),
            (Edit::Unarchive, _) => acting::set_archived(tx, record, None, false, access),
            (Edit::Delete, _) => acting::delete(tx, record, None, access),
            (Edit::Set { field, value }, Record::Contact(id)) => {
                let mut new = contacts::service::get(tx, id, &access.view)?.to_new();
                match field.as_str() {
                    "job_title" => new.job_title.clone_from(value),
                    "language" => new.language.clone_from(value),
                    "time_zone" => new.time_zone.clone_from(value),
                    "company" if value.is_empty() => new.company = None,
                    "company" => {
                        let known = companies::service::find_by_name(tx, value)?;
                        let unknown =
                            || Error::field("company", "unknown", format!("There is no company called {value}."));
                        new.company = Some(known.ok_or_else(unknown)?);
                    }
                    "source" => new.source.clone_from(value),
                    custom => set_own(&mut new.custom, custom, value),
                }
                contacts::service::update(tx, id, None, &new, access).map(drop)
            }
            (Edit::Set { field, value }, Record::Company(id)) => {
                let mut new = companies::service::get(tx, id, &access.view)?.to_new();
                match field.as_str() {
                    "source" => new.source.clone_from(value),
                    custom => set_own(&mut new.custom, custom, value),
                }
                companies::service::update(tx, id, None, &new, access).map(drop)
            }
        }
    }
}

/// Several choices are divided by semicolons, as in files.
fn set_own(custom: &mut Typed, field: &str, value: &str) {
    let key = field.strip_prefix("custom/").unwrap_or(field);
    let values = value.split(';').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
    custom.insert(key.to_owned(), values.collect());
}
