//! What a database says, as one number: SHA-256 over every row of every table, in the order of their keys
//! (keys-and-backups 3.9).
//!
//! Two files with the same rows have the same digest, whatever their pages look like.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::Db;
use crate::error::Error;

/// What a database says, and what each of its tables does: where two differ, the tables say in which one.
pub struct Content {
    /// As [`content`] gives it.
    pub digest: [u8; 32],
    pub tables: BTreeMap<String, [u8; 32]>,
    /// Rows of all tables.
    pub rows: u64,
}

/// The digest of all tables at the moment of `db`; each row counts with its table, its key and its values, quoted.
pub fn content(db: &Db) -> Result<[u8; 32], Error> {
    let mut hash = begun();
    walk(db, &mut |_, bytes| {
        add(&mut hash, bytes);
        Ok(())
    })?;
    Ok(hash.finalize().into())
}

/// The same with each table apart, as long as `goes_on` says so: a large file takes minutes.
///
/// Fails with [`Error::Unavailable`] when it was ended.
pub fn detailed(db: &Db, goes_on: &dyn Fn() -> bool) -> Result<Content, Error> {
    let (mut hash, mut rows) = (begun(), 0);
    let mut tables: BTreeMap<String, Sha256> = BTreeMap::new();
    walk(db, &mut |table, bytes| {
        if !goes_on() {
            return Err(Error::Unavailable("reading the rows was ended".into()));
        }
        add(&mut hash, bytes);
        match tables.get_mut(table) {
            Some(of_table) => {
                rows += 1;
                add(of_table, bytes);
            }
            // The name of the table comes before its rows.
            None => drop(tables.insert(table.to_owned(), Sha256::new())),
        }
        Ok(())
    })?;
    let tables = tables.into_iter().map(|(table, hash)| (table, hash.finalize().into())).collect();
    Ok(Content { digest: hash.finalize().into(), tables, rows })
}

fn begun() -> Sha256 {
    Sha256::new_with_prefix(b"holdfast/content/v1\n")
}

/// No two lists of texts look alike.
fn add(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

/// Hears of a table and something of it that counts.
type Each<'a> = dyn FnMut(&str, &[u8]) -> Result<(), Error> + 'a;

/// Hands everything that counts to `each`, in order, with its table: the table's name, then each row.
fn walk(db: &Db, each: &mut Each) -> Result<(), Error> {
    let tables = db.rows(
        "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        &[],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)),
    )?;
    tables.iter().try_for_each(|(table, is_without_rowid)| walk_table(db, table, *is_without_rowid, each))
}

fn walk_table(db: &Db, table: &str, is_without_rowid: bool, each: &mut Each) -> Result<(), Error> {
    let columns =
        db.rows("SELECT name, pk FROM pragma_table_info(:table) ORDER BY cid", &[(":table", &table)], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        })?;
    let mut key: Vec<(&String, i64)> = columns.iter().filter(|(_, pk)| *pk > 0).map(|(name, pk)| (name, *pk)).collect();
    key.sort_by_key(|(_, pk)| *pk);
    let (first, order) = if is_without_rowid {
        (String::new(), key.iter().map(|(name, _)| quoted(name)).collect::<Vec<_>>().join(", "))
    } else {
        ("quote(rowid) || ',' || ".to_owned(), "rowid".to_owned())
    };
    let values: Vec<String> = columns.iter().map(|(name, _)| format!("quote({})", quoted(name))).collect();
    let sql = format!("SELECT {first}{} FROM {} ORDER BY {order}", values.join(" || ',' || "), quoted(table));
    each(table, table.as_bytes())?;
    db.each(&sql, &[], &mut |row| {
        let text = row.get_ref(0)?.as_bytes().map_err(|_| Error::internal("a quoted row is text"))?;
        each(table, text)
    })
}

/// A name as SQL takes it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicI64;

    use super::*;
    use crate::clock::Timestamp;
    use crate::db::open::RawKey;
    use crate::db::{Actor, DbFile, Origin};

    #[test]
    fn the_same_rows_have_the_same_digest_and_others_another() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, statements: &[&str]| {
            let key = RawKey::new(format!("x'{}'", "5a".repeat(32)));
            let file = DbFile::open(&folder.path().join(name), key, Arc::new(AtomicI64::new(512))).unwrap();
            for sql in statements {
                let origin = Origin::local(Actor::CommandLine);
                file.write_unaudited(Timestamp(0), &origin, |tx| tx.execute(sql, &[])).unwrap();
            }
            file.read(Timestamp(0), content).unwrap()
        };
        const TABLES: [&str; 2] = [
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB) STRICT",
            "CREATE TABLE k (x TEXT, y INTEGER, PRIMARY KEY (y, x)) STRICT, WITHOUT ROWID",
        ];
        let with = |name: &str, more: &[&str]| file(name, &[&TABLES, more].concat());
        let one = with("1", &["INSERT INTO t VALUES (1, 'a', x'00'), (2, NULL, x'')", "INSERT INTO k VALUES ('p', 1)"]);
        // Another order and a row that came and went leave no trace.
        let same = with(
            "2",
            &[
                "INSERT INTO k VALUES ('p', 1)",
                "INSERT INTO t VALUES (2, NULL, x''), (9, 'gone', NULL)",
                "INSERT INTO t VALUES (1, 'a', x'00')",
                "DELETE FROM t WHERE id = 9",
            ],
        );
        assert_eq!(one, same);
        let value =
            with("3", &["INSERT INTO t VALUES (1, 'b', x'00'), (2, NULL, x'')", "INSERT INTO k VALUES ('p', 1)"]);
        let null = with("4", &["INSERT INTO t VALUES (1, 'a', x'00'), (2, '', x'')", "INSERT INTO k VALUES ('p', 1)"]);
        let key = with("5", &["INSERT INTO t VALUES (1, 'a', x'00'), (2, NULL, x'')", "INSERT INTO k VALUES ('p', 2)"]);
        assert!([value, null, key].iter().all(|other| *other != one));
    }
}
