//! One stored value as the person reads it: moments in words, ids by what they name, others masked.

use rusqlite::types::Value as Stored;
use serde_json::Value as Json;

use super::redact::Redactor;
use super::store;
use super::team::Team;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::MemberId;
use crate::module::{DefinedColumns, ShownValue};
use crate::privacy::data_map::{Column, Holds, Reading, Table};
use crate::privacy::retention::Timetable;

/// What reading a row needs.
pub struct Reader<'a> {
    pub db: &'a Db<'a>,
    pub team: &'a Team,
    pub redactor: &'a Redactor<'a>,
    pub defined: &'a [&'static DefinedColumns],
    /// When rows go by themselves.
    pub timetable: &'a Timetable,
}

impl Reader<'_> {
    /// The value in a column of a row; `None` for what is left out altogether.
    pub fn value(
        &self,
        table: &Table,
        column: &Column,
        row: &[Stored],
        stored: &Stored,
    ) -> Result<Option<Json>, Error> {
        Ok(Some(match (column.reading, stored) {
            (Reading::OfActor | Reading::Image, _) => return Ok(None),
            (Reading::Actor, Stored::Null) => Json::Null,
            (Reading::Actor, Stored::Integer(id)) => self.redactor.member(self.team.role(MemberId(*id))).into(),
            (Reading::Actor, Stored::Text(actor)) => self.redactor.member(&self.team.role_of_actor(actor)).into(),
            (Reading::Named { table, column }, Stored::Integer(id)) => {
                store::name_of(self.db, table, column, *id)?.map_or(Json::Null, Json::from)
            }
            (Reading::Without(keys), Stored::Text(text)) => self.object(text, keys)?,
            (Reading::Defined(definition), Stored::Text(text)) => self.defined(table, definition, row, text)?,
            (_, stored) => self.plain(column, stored)?,
        }))
    }

    fn plain(&self, column: &Column, stored: &Stored) -> Result<Json, Error> {
        Ok(match stored {
            Stored::Null => Json::Null,
            Stored::Integer(0) if column.is_moment() => Json::Null,
            Stored::Integer(moment) if column.is_moment() => Timestamp(*moment).rfc3339().into(),
            Stored::Integer(flag) if column.is_flag() => (*flag != 0).into(),
            Stored::Integer(number) => (*number).into(),
            Stored::Real(number) => (*number).into(),
            Stored::Text(text) if matches!(column.holds, Holds::Content | Holds::AsDefined) => {
                self.redactor.text(text)?.into()
            }
            Stored::Text(text) => text.as_str().into(),
            Stored::Blob(bytes) => data_encoding::HEXLOWER.encode(bytes).into(),
        })
    }

    /// A JSON object without what is about whoever did it, and with others masked in the rest.
    fn object(&self, text: &str, keys: &[&str]) -> Result<Json, Error> {
        let Ok(Json::Object(mut object)) = serde_json::from_str::<Json>(text) else {
            return Ok(self.redactor.text(text)?.into());
        };
        for key in keys {
            object.remove(*key);
        }
        if object.is_empty() {
            return Ok(Json::Null);
        }
        let mut json = Json::Object(object);
        self.mask(&mut json)?;
        Ok(json)
    }

    fn mask(&self, json: &mut Json) -> Result<(), Error> {
        match json {
            Json::String(text) => *text = self.redactor.text(text)?,
            Json::Array(values) => values.iter_mut().try_for_each(|value| self.mask(value))?,
            Json::Object(object) => object.values_mut().try_for_each(|value| self.mask(value))?,
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
        Ok(())
    }

    fn defined(&self, table: &Table, definition: &str, row: &[Stored], text: &str) -> Result<Json, Error> {
        let place = table.columns.iter().position(|column| column.name == definition);
        let id = match place.and_then(|place| row.get(place)) {
            Some(Stored::Integer(id)) => *id,
            _ => return Ok(self.redactor.text(text)?.into()),
        };
        let Some(defined) = self.defined.iter().find(|defined| defined.table == table.name) else {
            return Ok(self.redactor.text(text)?.into());
        };
        Ok(match (defined.shown)(self.db, id, text)? {
            ShownValue::Words(words) => self.redactor.text(&words)?.into(),
            ShownValue::AnotherPerson(_) => self.redactor.another_person().into(),
        })
    }
}

/// A JSON value as a line of text, for tables and spreadsheets.
pub fn words(json: &Json) -> String {
    match json {
        Json::Null => String::new(),
        Json::Bool(flag) => (if *flag { "Yes" } else { "No" }).to_owned(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        Json::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        Json::Object(object) => {
            let parts = object.iter().map(|(key, value)| format!("{}: {}", key.replace('_', " "), words(value)));
            parts.collect::<Vec<_>>().join("; ")
        }
    }
}
