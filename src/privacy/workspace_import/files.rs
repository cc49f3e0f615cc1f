//! Takes in the files of an export while they are read: base64 in, sealed bytes out.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use rusqlite::types::Value as Stored;

use super::scan::Scanner;
use super::{Table, store};
use crate::app::App;
use crate::db::blobs::NewBlob;
use crate::db::{Filling, Workspace};
use crate::error::Error;
use crate::module::FileKind;
use crate::privacy::data_map::{self, inventory};
use crate::privacy::images::{self, Place};

/// Files that lie in their places, and go again unless everything is committed.
#[derive(Default)]
pub struct Held {
    pub held: Vec<NewBlob>,
    /// Without their previews.
    pub files: u64,
}

/// Reads `files`; says how many of them were damaged when they were written.
pub fn take<R: BufRead>(
    app: &App,
    workspace: &Workspace,
    filling: &Filling,
    scanner: &mut Scanner<R>,
    tables: &[Table],
) -> Result<(Held, u64), Error> {
    let kinds: Vec<&'static FileKind> = app.modules.iter().flat_map(|module| module.files).copied().collect();
    let (mut all, mut damaged) = (Held::default(), 0);
    scanner.expect(b',')?;
    scanner.place = "the files".into();
    scanner.expect_key("files")?;
    scanner.expect(b'{')?;
    let mut seen: Vec<String> = Vec::new();
    while !scanner.is_next(b'}')? {
        if !seen.is_empty() {
            scanner.expect(b',')?;
        }
        let name = scanner.key()?;
        let kind = kinds.iter().find(|kind| kind.table == name && !seen.contains(&name));
        let kind = kind.ok_or_else(|| scanner.damaged(format!("this program knows no files of “{name}”")))?;
        seen.push(name.clone());
        let declared = inventory::tables(app.modules).find(|table| table.name == name);
        let declared = declared.ok_or_else(|| scanner.damaged(format!("no table “{name}” is declared")))?;
        // Rows that lie in images of deleted records have their files too.
        let mut images = images::places(filling, app.modules, kind.table)?;
        let (mut count, mut in_table, mut last) = (0_u64, 0_u64, 0);
        scanner.expect(b'[')?;
        while !scanner.is_next(b']')? {
            if count > 0 {
                scanner.expect(b',')?;
            }
            count += 1;
            scanner.place = format!("file {count} of {name}");
            let taking = Taking { app, workspace, filling, kind, table: declared };
            let (id, is_in_table, is_damaged) = taking.one(scanner, last, &mut images, &mut all)?;
            in_table += u64::from(is_in_table);
            last = id;
            damaged += u64::from(is_damaged);
            filling.step()?;
        }
        if store::count(filling, kind.table)? != in_table {
            return Err(scanner.damaged(format!("{in_table} files do not belong to the rows of {name}")));
        }
        // Those that an older export left out: the rows come back, without their files.
        for (id, places) in images {
            let taking = Taking { app, workspace, filling, kind, table: declared };
            if !store::has(filling, kind.table, id)? {
                taking.take_imaged(id, &places, None, &mut all)?;
            }
        }
    }
    let missing = tables.iter().find(|table| {
        table.rows > 0
            && kinds.iter().any(|kind| kind.table == table.name)
            && !seen.iter().any(|name| name == table.name)
    });
    match missing {
        Some(table) => Err(scanner.damaged(format!("the files of {} are missing", table.name))),
        None => Ok((all, damaged)),
    }
}

/// What taking in the files of one table needs.
struct Taking<'a> {
    app: &'a App,
    workspace: &'a Workspace,
    filling: &'a Filling<'a>,
    kind: &'static FileKind,
    table: &'static data_map::Table,
}

impl Taking<'_> {
    /// Reads one file; says whose it is, whether its row lies in the table, and whether it was damaged.
    fn one<R: BufRead>(
        &self,
        scanner: &mut Scanner<R>,
        last: i64,
        images: &mut BTreeMap<i64, Vec<Place>>,
        all: &mut Held,
    ) -> Result<(i64, bool, bool), Error> {
        scanner.expect(b'{')?;
        scanner.expect_key("id")?;
        let id: i64 = scanner.typed()?;
        if id <= last {
            return Err(scanner.damaged("the files stand in the order of their numbers"));
        }
        let places = images.remove(&id).unwrap_or_default();
        let is_in_table = places.is_empty() || store::has(self.filling, self.kind.table, id)?;
        scanner.expect(b',')?;
        let key = scanner.key()?;
        if key == "damaged" {
            if !scanner.typed::<bool>()? {
                return Err(scanner.damaged("a file that is not damaged has content"));
            }
            self.take(id, is_in_table, &places, None, all)?;
            scanner.expect(b'}')?;
            return Ok((id, is_in_table, true));
        }
        if key != "bytes" {
            return Err(scanner.damaged(format!("“bytes” should stand here, not “{key}”")));
        }
        scanner.typed::<u64>()?;
        scanner.expect(b',')?;
        scanner.expect_key("base64")?;
        let mut content = scanner.base64()?;
        let taken = self.take(id, is_in_table, &places, Some(&mut content), all);
        if let Some(fault) = content.fault() {
            return Err(fault);
        }
        taken?;
        all.files += 1;
        scanner.expect(b'}')?;
        Ok((id, is_in_table, false))
    }

    fn take(
        &self,
        id: i64,
        is_in_table: bool,
        places: &[Place],
        content: Option<&mut dyn Read>,
        all: &mut Held,
    ) -> Result<(), Error> {
        if !is_in_table {
            return self.take_imaged(id, places, content, all);
        }
        all.held.extend((self.kind.take)(self.app, self.workspace, self.filling, id, content)?);
        self.keep(id, places, &store::secrets(self.filling, self.table, id)?)
    }

    /// The file of a row that only images hold.
    fn take_imaged(
        &self,
        id: i64,
        places: &[Place],
        content: Option<&mut dyn Read>,
        all: &mut Held,
    ) -> Result<(), Error> {
        let image = places.first().map_or(Ok(None), |place| place.image(self.filling))?;
        let Some(row) = image.and_then(|image| image.row(self.table, id)) else { return Ok(()) };
        let taken = (self.kind.take_row)(self.app, self.workspace, &row, content)?;
        all.held.extend(taken.files);
        self.keep(id, places, &taken.columns)
    }

    /// Every image of a row opens its file.
    fn keep(&self, id: i64, places: &[Place], columns: &[(&'static str, Stored)]) -> Result<(), Error> {
        for place in places {
            let Some(mut image) = place.image(self.filling)? else { continue };
            image.set(self.table.name, id, columns)?;
            place.keep(self.filling, &image)?;
            self.filling.step()?;
        }
        Ok(())
    }
}
