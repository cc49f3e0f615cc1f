//! Reads the forms of records: fields with numbered names, which no plain struct can take.

use std::collections::BTreeMap;

use super::countries::COUNTRIES;
use super::identities::NewIdentity;
use super::places::Address;
use crate::error::{Error, FieldError};
use crate::id::MemberId;
use crate::web::Request;
use crate::web::ui::Choice;

/// Empty rows for addresses and numbers behind those filled in.
const SPARE: usize = 1;

/// The fields of a posted form, taken out one by one; what is left over was not asked for.
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Fails with [`Error::Invalid`] when a name stands twice.
    pub fn read(request: &Request) -> Result<Fields, Error> {
        let mut fields = BTreeMap::new();
        for (name, value) in request.form_pairs()? {
            if fields.insert(name.clone(), value).is_some() {
                let message = format!("The field {name} stands twice.");
                return Err(Error::field(name, "doubled", message));
            }
        }
        Ok(Fields(fields))
    }

    /// The value of a field; empty when it was not sent.
    pub fn take(&mut self, name: &str) -> String {
        self.0.remove(name).unwrap_or_default()
    }

    /// A whole number; 0 when it was not sent.
    pub fn take_number(&mut self, name: &'static str) -> Result<i64, Error> {
        let text = self.take(name);
        if text.is_empty() {
            Ok(0)
        } else {
            text.parse().map_err(|_| Error::field(name, "wrong_type", "This must be a whole number."))
        }
    }

    /// A member's id; `None` when nobody is chosen.
    pub fn take_owner(&mut self) -> Result<Option<MemberId>, Error> {
        match self.take("owner").as_str() {
            "" => Ok(None),
            id => id.parse().map(Some).map_err(|_| Error::field("owner", "unknown", "Choose somebody from the list.")),
        }
    }

    /// The numbered rows `emails/0`, `emails/0/label`, … that have a value, in order.
    pub fn take_identities(&mut self, field: &str) -> Vec<NewIdentity> {
        let prefix = format!("{field}/");
        let mut rows: BTreeMap<usize, NewIdentity> = BTreeMap::new();
        let names: Vec<String> = self.0.keys().filter(|name| name.starts_with(&prefix)).cloned().collect();
        for name in names {
            let rest = &name[prefix.len()..];
            let (index, is_label) = rest.strip_suffix("/label").map_or((rest, false), |index| (index, true));
            let Ok(index) = index.parse::<usize>() else { continue };
            let row = rows.entry(index).or_default();
            let value = self.take(&name);
            if is_label {
                row.label = value;
            } else {
                row.value = value;
            }
        }
        rows.into_values().filter(|row| !row.value.trim().is_empty()).collect()
    }

    pub fn take_address(&mut self) -> Address {
        Address {
            street: self.take("address/street"),
            postal_code: self.take("address/postal_code"),
            city: self.take("address/city"),
            region: self.take("address/region"),
            country: self.take("address/country"),
        }
    }

    /// Fails with [`Error::Invalid`] when something was sent that the form does not have.
    pub fn nothing_left(self) -> Result<(), Error> {
        let unknown = |name: String| {
            let message = format!("There is no field {name} here.");
            FieldError::new(name, "unknown_field", message)
        };
        let errors: Vec<FieldError> = self.0.into_keys().map(unknown).collect();
        if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
    }
}

/// Errors at the places that the form has: all tags stand in one field there.
pub fn at_fields(errors: Vec<FieldError>) -> Vec<FieldError> {
    let place = |error: FieldError| match error.field.starts_with("tags/") {
        true => FieldError { field: "tags".into(), ..error },
        false => error,
    };
    errors.into_iter().map(place).collect()
}

/// One row of addresses or numbers as a form draws it.
pub struct IdentityRow {
    pub name: String,
    pub label_name: String,
    pub value: String,
    pub label: String,
}

/// The rows of a form: those filled in, and a spare one.
pub fn identity_rows(field: &str, list: &[NewIdentity]) -> Vec<IdentityRow> {
    let blank = NewIdentity::default();
    (0..list.len() + SPARE)
        .map(|index| {
            let new = list.get(index).unwrap_or(&blank);
            IdentityRow {
                name: format!("{field}/{index}"),
                label_name: format!("{field}/{index}/label"),
                value: new.value.clone(),
                label: new.label.clone(),
            }
        })
        .collect()
}

/// Identities as one text, for comparing what two people entered: `ada@kestrel.example (work)`.
pub fn identities_text(list: &[NewIdentity]) -> String {
    let text = |new: &NewIdentity| match new.label.as_str() {
        "" => new.value.clone(),
        label => format!("{} ({label})", new.value),
    };
    list.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// How a record came in, in words.
pub fn source_words(source: &str) -> &str {
    match source {
        "" => "Not recorded",
        "manual" => "Added by hand",
        "api" => "Through the API",
        "import" => "From a file",
        words => words,
    }
}

/// The countries for a select box, and none.
pub fn country_choices() -> Vec<Choice> {
    let none = Choice::new("", "None");
    std::iter::once(none).chain(COUNTRIES.iter().map(|(code, name)| Choice::new(*code, *name))).collect()
}
