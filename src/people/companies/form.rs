//! The form of a company: what was typed, from the browser to the service and back on the page.

use super::{Company, NewCompany};
use jiff::tz::TimeZone;

use crate::error::Error;
use crate::id::MemberId;
use crate::people::custom_fields::related::Related;
use crate::people::custom_fields::{Definitions, Typed, rows};
use crate::people::form::{Fields, identities_text};
use crate::people::missed::{self, Filled};
use crate::people::tags;

/// The form, filled in.
#[derive(Debug, Clone, Default)]
pub struct CompanyForm {
    pub new: NewCompany,
    pub version: i64,
    /// What stood in each field when the form was opened: `missed::marks`.
    pub opened: String,
    /// They saw that there is one of this name, and mean another.
    pub is_confirmed: bool,
}

impl CompanyForm {
    /// Reads the fields; fails with [`Error::Invalid`] for those the form does not have.
    pub fn read(mut fields: Fields, definitions: &Definitions, zone: &TimeZone) -> Result<CompanyForm, Error> {
        let form = CompanyForm {
            new: NewCompany {
                name: fields.take("name"),
                domain: fields.take("domain"),
                emails: fields.take_identities("emails"),
                phones: fields.take_identities("phones"),
                address: fields.take_address(),
                owner: fields.take_owner()?,
                tags: tags::split(&fields.take("tags")),
                custom: rows::take(definitions, &mut fields, zone),
                source: fields.take("source"),
            },
            version: fields.take_number("version")?,
            opened: fields.take("opened"),
            is_confirmed: fields.take("confirmed") == "true",
        };
        fields.nothing_left()?;
        Ok(form)
    }

    /// The form as the company fills it.
    pub fn of(company: &Company, related: &Related) -> CompanyForm {
        let new = NewCompany { custom: rows::typed_of(&company.custom, related), ..company.to_new() };
        let form = CompanyForm { new, version: company.version, opened: String::new(), is_confirmed: false };
        CompanyForm { opened: missed::marks(&form), ..form }
    }
}

impl Filled for CompanyForm {
    const FIELDS: &'static [(&'static str, &'static str)] = &FIELDS;

    fn text(&self, field: &str) -> String {
        let new = &self.new;
        match field {
            "name" => new.name.clone(),
            "domain" => new.domain.clone(),
            "emails" => identities_text(&new.emails),
            "phones" => identities_text(&new.phones),
            "address" => new.address.lines().join(", "),
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

    fn take(&mut self, field: &str, from: &CompanyForm) {
        self.new.take(field, &from.new);
    }

    fn opened(&self) -> &str {
        &self.opened
    }
}

/// The fields by the names of the API, and what forms call them.
const FIELDS: [(&str, &str); 8] = [
    ("name", "Name"),
    ("domain", "Domain"),
    ("emails", "Email addresses"),
    ("phones", "Phone numbers"),
    ("address", "Postal address"),
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
