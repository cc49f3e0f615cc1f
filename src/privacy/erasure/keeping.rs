//! What legal holds keep of an erasure: which rows, by which hold, until when. Everything else goes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::mentions::Found;
use super::{plan, store};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::module::Module;
use crate::privacy::data_map::{self, Table};
use crate::privacy::holds::{self, Frozen, Hold};
use crate::privacy::subject::{self, Person};

/// The table that stands for files that wait to be read.
pub const FILES: &str = "imports";

/// Rows of one table that one hold keeps. A row that several cover counts for the oldest of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub table: String,
    pub rows: i64,
    /// Rows of others that name the person, rather than rows about them.
    pub is_mention: bool,
    /// The number of the hold.
    pub hold: i64,
    /// RFC 3339; `None` until somebody releases the hold.
    pub until: Option<String>,
}

impl Kept {
    pub fn until(&self) -> Option<Timestamp> {
        self.until.as_deref().and_then(Timestamp::parse)
    }
}

/// All holds in force at one moment.
pub struct Keeping {
    modules: &'static [&'static Module],
    /// The oldest first, each with what it covers.
    holds: Vec<(Hold, Frozen)>,
    all: Frozen,
}

impl Keeping {
    pub fn of(db: &Db, modules: &'static [&'static Module]) -> Result<Keeping, Error> {
        let mut in_force = holds::service::in_force(db, db.now)?;
        in_force.sort_by_key(|hold| hold.id.0);
        let all = Frozen::by(db, modules, &in_force)?;
        let each = in_force.into_iter().map(|hold| {
            let frozen = Frozen::by(db, modules, std::slice::from_ref(&hold))?;
            Ok((hold, frozen))
        });
        Ok(Keeping { modules, holds: each.collect::<Result<_, Error>>()?, all })
    }

    /// The condition under which a row of the table stays: SQL without parameters that is never NULL.
    pub fn held(&self, table: &'static Table) -> String {
        self.all.condition(table).map_or_else(|| "0".into(), |condition| format!("(({condition}) IS TRUE)"))
    }

    /// The condition of an erasure for rows about the person, without those that stay.
    pub fn free(&self, table: &'static Table, about: &str) -> String {
        format!("({about}) AND NOT {}", self.held(table))
    }

    /// The hold that keeps files that wait to be read: they are no rows, so only one on everything covers them.
    pub fn files(&self) -> Option<&Hold> {
        self.holds.iter().find(|(_, frozen)| frozen.is_everything()).map(|(hold, _)| hold)
    }

    /// The holds that keep some of this, the oldest first.
    pub fn named(&self, kept: &[Kept]) -> Vec<Hold> {
        let keeps = |hold: &Hold| kept.iter().any(|kept| kept.hold == hold.id.0);
        self.holds.iter().map(|(hold, _)| hold).filter(|hold| keeps(hold)).cloned().collect()
    }

    /// Everything that stays of the person: of their own rows, of `found` in rows of others, of so many files.
    pub fn kept(&self, db: &Db, person: &Person, found: &[Found], files: usize) -> Result<Vec<Kept>, Error> {
        let mut kept = self.own(db, person)?;
        kept.extend(self.mentions(db, found)?);
        if let (Some(hold), 1..) = (self.files(), files) {
            kept.push(group(hold, FILES, i64::try_from(files).unwrap_or(i64::MAX), true));
        }
        Ok(kept)
    }

    fn own(&self, db: &Db, person: &Person) -> Result<Vec<Kept>, Error> {
        let mut kept = Vec::new();
        for (table, about) in subject::tables(self.modules, person.kind) {
            // What an erasure does not touch needs no hold to stay.
            if table.erasure != data_map::Erasure::DeleteRow && plan::emptied(table).is_empty() {
                continue;
            }
            self.by_hold(table, |hold, condition| {
                let rows = store::count(db, table, &format!("({about}) AND {condition}"), person)?;
                kept.extend((rows > 0).then(|| group(hold, table.name, rows, false)));
                Ok(())
            })?;
        }
        Ok(kept)
    }

    fn mentions(&self, db: &Db, found: &[Found]) -> Result<Vec<Kept>, Error> {
        let mut tables: BTreeMap<&str, (&'static Table, Vec<i64>)> = BTreeMap::new();
        for place in found.iter().filter(|place| place.is_held) {
            tables.entry(place.table.name).or_insert((place.table, Vec::new())).1.push(place.row);
        }
        let mut kept = Vec::new();
        for (table, rows) in tables.into_values() {
            let has_row_ids = store::has_row_ids(db, table.name)?;
            let mut is_told = false;
            self.by_hold(table, |hold, condition| {
                let rows = match has_row_ids {
                    true => store::count_among(db, table.name, &rows, condition)?,
                    // Rows without a number of their own are held by their table, as a whole.
                    false if is_told => 0,
                    false => i64::try_from(rows.len()).unwrap_or(i64::MAX),
                };
                is_told = true;
                kept.extend((rows > 0).then(|| group(hold, table.name, rows, true)));
                Ok(())
            })?;
        }
        Ok(kept)
    }

    /// Hands over each hold that covers rows of the table, with the condition for those that no older one covers.
    fn by_hold(
        &self,
        table: &'static Table,
        mut each: impl FnMut(&Hold, &str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut older = String::from("0");
        for (hold, frozen) in &self.holds {
            if let Some(condition) = frozen.condition(table) {
                each(hold, &format!("(({condition}) IS TRUE) AND NOT ({older})"))?;
                older = format!("{older} OR (({condition}) IS TRUE)");
            }
        }
        Ok(())
    }
}

fn group(hold: &Hold, table: &str, rows: i64, is_mention: bool) -> Kept {
    let until = hold.ends_at.map(Timestamp::rfc3339);
    Kept { table: table.to_owned(), rows, is_mention, hold: hold.id.0, until }
}
