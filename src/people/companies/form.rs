//! The form of a company: what was typed, from the browser to the service and back on the page.

use super::{Company, NewCompany};
use jiff::tz::TimeZone;

use crate::error::Error;
use crate::people::custom_fields::related::Related;
use crate::people::custom_fields::{Definitions, Typed, rows};
use crate::people::form::{Fields, Missed, identities_text};
use crate::people::tags;

/// The form, filled in.
#[derive(Debug, Clone, Default)]
pub struct CompanyForm {
    pub new: NewCompany,
    pub version: i64,
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
            is_confirmed: fields.take("confirmed") == "true",
        };
        fields.nothing_left()?;
        Ok(form)
    }

    /// The form as the company fills it.
    pub fn of(company: &Company, related: &Related) -> CompanyForm {
        let new = NewCompany { custom: rows::typed_of(&company.custom, related), ..company.to_new() };
        CompanyForm { new, version: company.version, is_confirmed: false }
    }

    /// What others changed since this form was opened, next to what stands in it.
    pub fn missed(
        &self,
        now: &CompanyForm,
        fields: &[String],
        definitions: &Definitions,
        owner: &dyn Fn(&CompanyForm) -> String,
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

    fn text(&self, field: &str, owner: &dyn Fn(&CompanyForm) -> String) -> String {
        let new = &self.new;
        match field {
            "name" => new.name.clone(),
            "domain" => new.domain.clone(),
            "emails" => identities_text(&new.emails),
            "phones" => identities_text(&new.phones),
            "address" => new.address.lines().join(", "),
            "owner" => owner(self),
            "tags" => new.tags.join(", "),
            // Compared field by field.
            "custom" => String::new(),
            _ => new.source.clone(),
        }
    }
}

/// The fields by the names of the API, and what forms call them.
const FIELDS: [(&str, &str); 9] = [
    ("name", "Name"),
    ("domain", "Domain"),
    ("emails", "Email addresses"),
    ("phones", "Phone numbers"),
    ("address", "Postal address"),
    ("owner", "Owner"),
    ("tags", "Tags"),
    ("custom", "Your own fields"),
    ("source", "Source"),
];

/// What people call a field.
pub fn field_label(field: &str) -> &str {
    FIELDS.iter().find(|(name, _)| *name == field).map_or(field, |(_, label)| label)
}
