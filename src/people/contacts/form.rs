//! The form of a contact: what was typed, from the browser to the service and back on the page.

use super::{Contact, NewContact};
use crate::db::Tx;
use jiff::tz::TimeZone;

use crate::error::{Error, FieldError};
use crate::id::{CompanyId, MemberId};
use crate::people::companies;
use crate::people::custom_fields::related::Related;
use crate::people::custom_fields::{Definitions, Typed, rows};
use crate::people::form::{Fields, identities_text};
use crate::people::missed::{self, Filled};
use crate::people::tags;
use crate::people::text::fold;

/// The form, filled in.
#[derive(Debug, Clone, Default)]
pub struct ContactForm {
    pub new: NewContact,
    /// The company by its name: one that is not known is made.
    pub company: String,
    pub version: i64,
    /// What stood in each field when the form was opened: `missed::marks`.
    pub opened: String,
    /// They saw who may be the same person, and mean a new one.
    pub is_confirmed: bool,
}

impl ContactForm {
    /// Reads the fields; fails with [`Error::Invalid`] for those the form does not have.
    pub fn read(mut fields: Fields, definitions: &Definitions, zone: &TimeZone) -> Result<ContactForm, Error> {
        let form = ContactForm {
            new: NewContact {
                given_name: fields.take("given_name"),
                family_name: fields.take("family_name"),
                display_name: fields.take("display_name"),
                job_title: fields.take("job_title"),
                company: None,
                emails: fields.take_identities("emails"),
                phones: fields.take_identities("phones"),
                address: fields.take_address(),
                language: fields.take("language"),
                time_zone: fields.take("time_zone"),
                owner: fields.take_owner()?,
                tags: tags::split(&fields.take("tags")),
                custom: rows::take(definitions, &mut fields, zone),
                source: fields.take("source"),
                came_back: fields.take("came_back") == "true",
            },
            company: fields.take("company"),
            version: fields.take_number("version")?,
            opened: fields.take("opened"),
            is_confirmed: fields.take("confirmed") == "true",
        };
        fields.nothing_left()?;
        Ok(form)
    }

    /// The form as the contact fills it.
    pub fn of(contact: &Contact, related: &Related) -> ContactForm {
        let form = ContactForm {
            new: NewContact { custom: rows::typed_of(&contact.custom, related), ..contact.to_new() },
            company: contact.company.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
            version: contact.version,
            opened: String::new(),
            is_confirmed: false,
        };
        ContactForm { opened: missed::marks(&form), ..form }
    }

    /// Finds the company of the name that was typed, or makes it.
    ///
    /// `before` is the contact as it is: among companies of one name it keeps its own. Fails on `company`
    /// when there is none of this name and the asker may not make one.
    pub fn settle_company(&mut self, tx: &Tx, before: Option<&Contact>, may_add: bool) -> Result<(), Error> {
        let typed = fold(&self.company);
        let own: Option<CompanyId> = before
            .and_then(|contact| contact.company.as_ref())
            .filter(|(_, name)| fold(name) == typed)
            .map(|(id, _)| *id);
        self.new.company = if typed.is_empty() {
            None
        } else if own.is_some() {
            own
        } else if let Some(known) = companies::service::find_by_name(tx, &self.company)? {
            Some(known)
        } else if may_add {
            Some(companies::service::find_or_create_by_name(tx, &self.company)?)
        } else {
            let message =
                "There is no company of this name, and you may not add one. Choose another, or leave it empty.";
            return Err(Error::field("company", "unknown", message));
        };
        Ok(())
    }

    /// Something in it belongs to somebody who was erased: the page asks whether they came back.
    pub fn meets_erased(&self, errors: &[FieldError]) -> bool {
        self.new.came_back || errors.iter().any(|error| error.code == "erased")
    }

    /// The tags as one line.
    pub fn tags_line(&self) -> String {
        self.new.tags.join(", ")
    }
}

impl Filled for ContactForm {
    const FIELDS: &'static [(&'static str, &'static str)] = &FIELDS;

    fn text(&self, field: &str) -> String {
        let new = &self.new;
        match field {
            "given_name" => new.given_name.clone(),
            "family_name" => new.family_name.clone(),
            "display_name" => new.display_name.clone(),
            "job_title" => new.job_title.clone(),
            "company" => self.company.clone(),
            "emails" => identities_text(&new.emails),
            "phones" => identities_text(&new.phones),
            "address" => new.address.lines().join(", "),
            "language" => new.language.clone(),
            "time_zone" => new.time_zone.clone(),
            "owner" => new.owner.map(|owner| owner.to_string()).unwrap_or_default(),
            "tags" => new.tags.join(", "),
            _ => new.source.clone(),
        }
    }

    fn owner(&self) -> Option<MemberId> {
        self.new.owner
    }

    fn custom(&mut self) -> &mut Typed {
        &mut self.new.custom
    }

    fn typed(&self) -> &Typed {
        &self.new.custom
    }

    fn take(&mut self, field: &str, from: &ContactForm) {
        if field == "company" {
            self.company.clone_from(&from.company);
        }
        self.new.take(field, &from.new);
    }

    fn opened(&self) -> &str {
        &self.opened
    }
}

/// The fields by the names of the API, and what forms call them.
const FIELDS: [(&str, &str); 13] = [
    ("given_name", "Given name"),
    ("family_name", "Family name"),
    ("display_name", "Name to show"),
    ("job_title", "Job title"),
    ("company", "Company"),
    ("emails", "Email addresses"),
    ("phones", "Phone numbers"),
    ("address", "Postal address"),
    ("language", "Language"),
    ("time_zone", "Time zone"),
    ("owner", "Owner"),
    ("tags", "Tags"),
    ("source", "Source"),
];

/// Names that stand in histories besides. Lines of an earlier release say `custom` for all fields of the workspace's
/// own.
const MORE: [(&str, &str); 3] =
    [("custom", "Your own fields"), ("archived", "Archived"), ("restricted", "Restriction of processing")];

/// What people call a field.
pub fn field_label(field: &str) -> &str {
    let all = FIELDS.iter().chain(&MORE);
    all.into_iter().find(|(name, _)| *name == field).map_or(field, |(_, label)| label)
}
