//! Files on contacts and companies: each sealed under a key of its own, which dies with its row.
//!
//! The same bytes attached twice are two files with two keys: one person's data goes without regard to another's.

pub mod api;
pub mod data_map;
pub mod history;
mod intake;
pub mod jobs;
pub mod media;
mod name;
pub mod opening;
pub mod pages;
mod preview;
pub mod service;
mod store;
mod taking;
pub mod view;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

use crate::clock::Timestamp;
use crate::id::{AttachmentId, MemberId};

use super::record::Record;

/// The random name of a sealed file. Stands in addresses of pages too, so that none can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectId(pub [u8; 16]);

/// A file on a record.
#[derive(Debug, Clone)]
pub struct Attachment {
    pub id: AttachmentId,
    pub version: i64,
    pub on: Record,
    pub name: String,
    /// One of [`media`]'s list.
    pub media_type: String,
    /// Plain bytes.
    pub size: i64,
    pub sha256: Vec<u8>,
    pub object: ObjectId,
    /// A small picture of a picture.
    pub preview: Option<ObjectId>,
    sealed_key: Vec<u8>,
    key_version: u32,
    pub author: Option<MemberId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Attachment {
    /// Its page below `/w/{slug}`.
    pub fn path(&self) -> String {
        self.object.path()
    }

    pub fn sha256_words(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.sha256)
    }
}

impl ObjectId {
    /// The page of the file below `/w/{slug}`.
    pub fn path(self) -> String {
        format!("/people/attachments/{self}")
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl FromStr for ObjectId {
    type Err = ();
    fn from_str(text: &str) -> Result<ObjectId, ()> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(|_| ())?;
        bytes.try_into().map(ObjectId).map_err(|_| ())
    }
}

impl ToSql for ObjectId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.to_vec()))
    }
}

impl FromSql for ObjectId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<ObjectId> {
        value.as_blob()?.try_into().map(ObjectId).map_err(|_| FromSqlError::InvalidType)
    }
}
