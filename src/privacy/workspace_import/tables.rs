//! Takes the tables of an export into a fresh file, row by row, and reads each back.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::BufRead;

use super::moving::Moved;
use super::scan::Scanner;
use super::store::{self, Taking};
use super::{Table, table};
use crate::db::Filling;
use crate::error::Error;
use crate::module::Module;
use crate::privacy::data_map;
use crate::privacy::workspace_export::tables;

/// Reads `sequences` and `tables`.
pub fn take<R: BufRead>(
    modules: &'static [&'static Module],
    filling: &Filling,
    scanner: &mut Scanner<R>,
    moved: Moved,
    step: &mut dyn FnMut(&str),
) -> Result<Vec<Table>, Error> {
    let known: Vec<&'static data_map::Table> = tables(modules).collect();
    scanner.expect(b',')?;
    scanner.place = "the sequences".into();
    scanner.expect_key("sequences")?;
    let sequences: BTreeMap<String, i64> = scanner.typed()?;
    scanner.expect(b',')?;
    scanner.expect_key("tables")?;
    scanner.expect(b'{')?;
    let mut taken: Vec<Table> = Vec::new();
    while !scanner.is_next(b'}')? {
        if !taken.is_empty() {
            scanner.expect(b',')?;
        }
        scanner.place = "the tables".into();
        let name = scanner.key()?;
        let declared = known.iter().find(|table| table.name == name && is_there(filling, &name).unwrap_or(false));
        let declared = *declared.ok_or_else(|| scanner.damaged(format!("this program knows no table “{name}”")))?;
        if taken.iter().any(|table| table.name == name) {
            return Err(scanner.damaged(format!("the table “{name}” stands in it twice")));
        }
        taken.push(one(filling, scanner, declared, moved)?);
        if let Some(last) = sequences.get(&name) {
            store::set_sequence(filling, &name, *last)?;
        }
        step(declared.label);
    }
    for table in &known {
        if is_there(filling, table.name)? && !taken.iter().any(|taken| taken.name == table.name) {
            return Err(scanner.damaged(format!("the table “{}” is missing", table.name)));
        }
    }
    if let Some(dangling) = filling.dangling()? {
        let row = dangling.row.map_or_else(String::new, |row| format!(", number {row}"));
        let message =
            format!("Table {}{row}: it points at a row of {} that is not there.", dangling.table, dangling.parent);
        return Err(Error::field("file", "rule", message));
    }
    Ok(taken)
}

/// An older file has fewer tables.
fn is_there(filling: &Filling, name: &str) -> Result<bool, Error> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = :name";
    Ok(filling.count(sql, &[(":name", &name)])? > 0)
}

fn one<R: BufRead>(
    filling: &Filling,
    scanner: &mut Scanner<R>,
    declared: &'static data_map::Table,
    moved: Moved,
) -> Result<Table, Error> {
    // Both halves below look at it, one after the other.
    let taking: RefCell<Result<Taking, String>> = RefCell::new(Err(String::new()));
    store::clear(filling, declared)?;
    let read = table::read(
        scanner,
        declared.name,
        &mut |columns| {
            *taking.borrow_mut() = Taking::new(filling, declared, columns)?;
            Ok(())
        },
        &mut |scanner, columns, cells| {
            let taking = taking.borrow();
            let taking = taking.as_ref().map_err(|why| scanner.breaks_a_rule(why))?;
            let here: Vec<_> = columns
                .iter()
                .zip(cells)
                .map(|(column, cell)| moved.there_to_here(declared.name, column, cell))
                .collect();
            match taking.take(filling, &here) {
                Ok(()) => filling.step(),
                Err(error @ Error::DiskFull) => Err(error),
                Err(Error::Internal(source)) => Err(scanner.breaks_a_rule(source)),
                Err(error) => Err(scanner.breaks_a_rule(error)),
            }
        },
    )?;
    if let Err(why) = &*taking.borrow() {
        return Err(scanner.breaks_a_rule(why));
    }
    let (rows, sha256) = store::fingerprint(filling, declared, &read.columns, moved)?;
    if (rows, &sha256) != (read.rows, &read.sha256) {
        let message =
            format!("Table {}: what was read back is not what the file holds, so nothing was taken.", declared.name);
        return Err(Error::field("file", "differs", message));
    }
    Ok(Table { name: declared.name, rows, sha256 })
}
