//! Reads what a list asks of custom fields: which field, how compared, and with what.

use super::{Asks, CustomCondition, Sign};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::people::custom_fields::{Compared, CustomField, Definitions, Kind, Refusal, Sort as SortValue, compared};
use crate::people::list::{Sort, SortBy};
use crate::people::record::Object;
use crate::people::settings;

/// Knows the fields of one kind of record, and how values for them are read.
pub struct Reader {
    pub definitions: Definitions,
    country: String,
}

impl Reader {
    pub fn load(db: &Db, object: Object) -> Result<Reader, Error> {
        Ok(Reader { definitions: Definitions::load(db, object)?, country: settings::service::default_country(db)? })
    }

    /// The field of this key, when it is in use.
    fn field(&self, key: &str) -> Result<&CustomField, Refusal> {
        let unknown =
            || ("unknown_field", format!("There is no field {key} in use. Settings, Fields lists those there are."));
        self.definitions.live().find(|field| field.key == key).ok_or_else(unknown)
    }

    /// Those with a value in the field, or those without.
    pub fn presence(&self, key: &str, wanted: bool) -> Result<CustomCondition, Refusal> {
        Ok(CustomCondition { field: self.field(key)?.id, asks: Asks::Value(wanted) })
    }

    /// Those whose value stands so to `text`.
    pub fn comparison(&self, key: &str, sign: Sign, text: &str) -> Result<CustomCondition, Refusal> {
        let field = self.field(key)?;
        if sign != Sign::Equal {
            demand_order(field)?;
        }
        Ok(CustomCondition { field: field.id, asks: Asks::Compare(sign, compared(field, text, &self.country)?) })
    }

    /// Those from `text` on, as a page asks: with the day itself.
    pub fn from(&self, key: &str, text: &str, zone: &jiff::tz::TimeZone) -> Result<CustomCondition, Refusal> {
        match self.midnight(key, text, 0, zone)? {
            Some(midnight) => Ok(self.moment(key, Sign::AtLeast, midnight)?),
            None => self.comparison(key, Sign::AtLeast, text),
        }
    }

    /// Those up to `text`, as a page asks: with the day itself.
    pub fn until(&self, key: &str, text: &str, zone: &jiff::tz::TimeZone) -> Result<CustomCondition, Refusal> {
        match self.midnight(key, text, 1, zone)? {
            Some(midnight) => Ok(self.moment(key, Sign::Less, midnight)?),
            None => self.comparison(key, Sign::AtMost, text),
        }
    }

    fn moment(&self, key: &str, sign: Sign, at: Timestamp) -> Result<CustomCondition, Refusal> {
        let with = Compared { key: SortValue::Integer(at.0), currency: None };
        Ok(CustomCondition { field: self.field(key)?.id, asks: Asks::Compare(sign, with) })
    }

    /// The first moment of a day where the reader is, `days` later; `None` where the field holds no moments.
    fn midnight(
        &self,
        key: &str,
        text: &str,
        days: i64,
        zone: &jiff::tz::TimeZone,
    ) -> Result<Option<Timestamp>, Refusal> {
        if self.field(key)?.kind != Kind::DateTime {
            return Ok(None);
        }
        let day = text.trim().parse::<jiff::civil::Date>().ok();
        let day = day.and_then(|day| day.checked_add(jiff::Span::new().days(days)).ok());
        let midnight = day.and_then(|day| day.to_zoned(zone.clone()).ok());
        let midnight = midnight.ok_or(("invalid_date", "Enter a day, like 2026-11-17.".to_owned()))?;
        Ok(Some(Timestamp(midnight.timestamp().as_millisecond())))
    }

    /// Reads `custom.size` or `-custom.size`; `None` when it is no field in use that can be sorted by.
    pub fn sort(&self, text: &str) -> Option<Sort> {
        let (word, descending) = text.strip_prefix('-').map_or((text, false), |word| (word, true));
        let field = self.field(word.strip_prefix("custom.")?).ok().filter(|field| field.kind.is_sortable())?;
        Some(Sort { by: SortBy::Field(field.id), descending })
    }
}

fn demand_order(field: &CustomField) -> Result<(), Refusal> {
    if field.kind.is_ordered() {
        return Ok(());
    }
    let message = format!(
        "{} is no number, amount, date or moment. Compare it with a colon, like custom.{}:value.",
        field.label, field.key
    );
    Err(("not_ordered", message))
}
