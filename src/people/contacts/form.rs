//! The form of a contact: what was typed, from the browser to the service and back on the page.

use super::{Contact, NewContact};
use crate::db::Tx;
use jiff::tz::TimeZone;

use crate::error::Error;
use crate::id::CompanyId;
use crate::people::companies;
use crate::people::custom_fields::related::Related;
use crate::people::custom_fields::{Definitions, Typed, rows};
use crate::people::form::{Fields, Missed, identities_text};
use crate::people::tags;
use crate::people::text::fold;

/// The form, filled in.
#[derive(Debug, Clone, Default)]
pub struct ContactForm {
    pub new: NewContact,
    /// The company by its name: one that is not known is made.
    pub company: String,
    pub version: i64,
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
            },
            company: fields.take("company"),
            version: fields.take_number("version")?,
            is_confirmed: fields.take("confirmed") == "true",
        };
        fields.nothing_left()?;
        Ok(form)
    }

    /// The form as the contact fills it.
    pub fn of(contact: &Contact, related: &Related) -> ContactForm {
        ContactForm {
            new: NewContact { custom: rows::typed_of(&contact.custom, related), ..contact.to_new() },
            company: contact.company.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
            version: contact.version,
            is_confirmed: false,
        }
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

    /// What others changed since this form was opened, next to what stands in it.
    pub fn missed(
        &self,
        now: &ContactForm,
        fields: &[String],
        definitions: &Definitions,
        owner: &dyn Fn(&ContactForm) -> String,
    ) -> Vec<Missed> {
        let is_changed = |name: &str| fields.iter().any(|field| field == name);
        let usual = FIELDS.iter().filter(|(name, _)| is_changed(name)).map(|(name, label)| Missed {
            label: (*label).to_owned(),
            theirs: now.text(name, owner),
            yours: self.text(name, owner),
        });
        let text = |typed: &Typed, key: &str| typed.get(key).map(|texts| texts.join(", ")).unwrap_or_default();
        let own = definitions.live().filter(|_| is_changed("custom")).map(|field| Missed {
            label: field.label.clone(),
            theirs: text(&now.new.custom, &field.key),
            yours: text(&self.new.custom, &field.key),
        });
        usual.chain(own).filter(|missed| missed.theirs != missed.yours).collect()
    }

    fn text(&self, field: &str, owner: &dyn Fn(&ContactForm) -> String) -> String {
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
            "owner" => owner(self),
            "tags" => new.tags.join(", "),
            // Compared field by field.
            "custom" => String::new(),
            _ => new.source.clone(),
        }
    }

    /// The tags as one line.
    pub fn tags_line(&self) -> String {
        self.new.tags.join(", ")
    }
}

/// The fields by the names of the API, and what forms call them.
const FIELDS: [(&str, &str); 14] = [
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
    ("custom", "Your own fields"),
    ("source", "Source"),
];

/// What people call a field.
pub fn field_label(field: &str) -> &str {
    FIELDS.iter().find(|(name, _)| *name == field).map_or(field, |(_, label)| label)
}
