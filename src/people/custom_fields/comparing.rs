//! What lists compare values with: read as values themselves are, so that what was kept is found.

use super::checking::choice;
use super::kinds::{self, Canonical, Refusal, Sort};
use super::{CustomField, Kind};

/// The other side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    pub key: Sort,
    /// Of an amount that was named with its currency: amounts in others are left out.
    pub currency: Option<String>,
}

/// Reads `text` for a comparison with the values of `field`. A related record is named by its number alone: by
/// its name, lists would tell about records that the asker may not see.
pub fn compared(field: &CustomField, text: &str, country: &str) -> Result<Compared, Refusal> {
    if text.trim().is_empty() {
        return Err(("required", format!("{} is compared with a value, and there is none.", field.label)));
    }
    let Canonical { value, sort } = match field.kind {
        Kind::Choice | Kind::Choices => choice(field, text)?,
        Kind::Relation => match text.trim().parse::<i64>() {
            Ok(id) => Canonical { value: id.to_string(), sort: Sort::Integer(id) },
            Err(_) => return Err(("unknown_record", "Name the record by its number, like 12.".into())),
        },
        _ => kinds::read(field, text, country)?,
    };
    let names_currency = field.kind == Kind::Currency && text.contains(|c: char| c.is_ascii_alphabetic());
    let currency = names_currency.then(|| kinds::parts_of_amount(&value).0.to_owned());
    Ok(Compared { key: sort, currency })
}
