//! One value of a row, in a form that JSON keeps exactly.

use data_encoding::BASE64;
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use serde::{Deserialize, Serialize};

/// A value as SQLite holds it. Numbers with a fraction stand apart, so that 5.0 does not come back as 5.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Real { real: f64 },
    Blob { base64: String },
}

impl Cell {
    pub fn read(value: ValueRef) -> rusqlite::Result<Cell> {
        Ok(match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Integer(number),
            ValueRef::Real(real) => Cell::Real { real },
            ValueRef::Text(_) => Cell::Text(value.as_str()?.to_owned()),
            ValueRef::Blob(bytes) => Cell::Blob { base64: BASE64.encode(bytes) },
        })
    }

    pub fn integer(&self) -> Option<i64> {
        match self {
            Cell::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<String> {
        match self {
            Cell::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Real { real } => ToSqlOutput::Owned(Value::Real(*real)),
            Cell::Blob { base64 } => {
                let bytes = BASE64.decode(base64.as_bytes());
                ToSqlOutput::Owned(Value::Blob(
                    bytes.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?,
                ))
            }
        })
    }
}
