//! Reads and writes whole rows, whatever the table. Names of tables and columns come from the schema only.

use rusqlite::{Row, ToSql};

use super::shape::{self, Child};
use super::{Cell, Extent, Image, Link, Rows};
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::people::erasing;
use crate::people::record::{Object, Record};

/// What hangs on a record of `:kind` and `:id`.
const ON_RECORD: &str = "on_type = :kind AND on_id = :id";

pub fn take(db: &Db, record: Record, extent: Extent) -> Result<Option<Image>, Error> {
    let object = record.object();
    let main = shape::main_table(object);
    let row = read(db, main, "id = :id", &[(":id", &record.id())])?;
    if row.rows.is_empty() {
        return Ok(None);
    }
    let mut image = Image { tables: vec![row], links: Vec::new(), relations: Rows::default() };
    let own = shape::own_tables(object);
    let is_wanted = |table: &str| extent == Extent::Everything || own.contains(&table);
    for child in shape::children(db, main)? {
        if !child.goes_along {
            if extent == Extent::Everything {
                image.links.push(linked(db, child, record.id())?);
            }
        } else if is_wanted(&child.table) {
            take_children(db, &mut image, child, &[record.id()], extent)?;
        }
    }
    for hanging in shape::hanging(db)?.iter().filter(|table| is_wanted(table)) {
        let rows = read(db, hanging, ON_RECORD, &[(":kind", &record.kind()), (":id", &record.id())])?;
        let ids = ids(&rows);
        push(&mut image, rows);
        if extent == Extent::Everything && !ids.is_empty() {
            for child in shape::children(db, hanging)?.iter().filter(|child| child.goes_along) {
                take_children(db, &mut image, child, &ids, extent)?;
            }
        }
    }
    if extent == Extent::Everything {
        image.relations = relations(db, record)?;
    }
    image.links.retain(|link| !link.ids.is_empty());
    Ok(Some(image))
}

/// The rows that belong to the rows `parents`, and what belongs to those.
fn take_children(db: &Db, image: &mut Image, child: &Child, parents: &[i64], extent: Extent) -> Result<(), Error> {
    let condition = format!("{} IN (SELECT value FROM json_each(:parents))", child.column);
    let rows = read(db, &child.table, &condition, &[(":parents", &serde_json::to_string(parents)?)])?;
    let ids = ids(&rows);
    push(image, rows);
    if extent == Extent::Everything && !ids.is_empty() {
        for grandchild in shape::children(db, &child.table)?.iter().filter(|child| child.goes_along) {
            take_children(db, image, grandchild, &ids, extent)?;
        }
    }
    Ok(())
}

fn push(image: &mut Image, rows: Rows) {
    let known = image.tables.iter_mut().find(|known| known.table == rows.table);
    match known {
        _ if rows.rows.is_empty() => {}
        Some(known) => known.rows.extend(rows.rows),
        None => image.tables.push(rows),
    }
}

fn ids(rows: &Rows) -> Vec<i64> {
    let place = rows.columns.iter().position(|name| name == "id");
    place.map_or_else(Vec::new, |place| rows.rows.iter().filter_map(|row| row[place].integer()).collect())
}

fn read(db: &Db, table: &str, condition: &str, params: &[(&str, &dyn ToSql)]) -> Result<Rows, Error> {
    let columns = shape::columns(db, table)?;
    let rows = db.rows(&format!("SELECT {} FROM {table} WHERE {condition}", columns.join(", ")), params, cells)?;
    Ok(Rows { table: table.to_owned(), columns: columns.to_vec(), rows })
}

fn cells(row: &Row) -> rusqlite::Result<Vec<Cell>> {
    (0..row.as_ref().column_count()).map(|place| Cell::read(row.get_ref(place)?)).collect()
}

/// Rows elsewhere that point at the record and stay when it goes.
fn linked(db: &Db, child: &Child, id: i64) -> Result<Link, Error> {
    let sql = format!("SELECT id FROM {} WHERE {} = :id", child.table, child.column);
    let ids = db.rows(&sql, &[(":id", &id)], |row| row.get(0))?;
    Ok(Link { table: child.table.clone(), column: child.column.clone(), ids })
}

/// Values of other records that are relations to this one.
fn relations(db: &Db, record: Record) -> Result<Rows, Error> {
    let condition =
        "sort_key = :id AND field_id IN (SELECT id FROM custom_fields WHERE kind = 'relation' AND target = :kind)";
    read(db, "custom_values", condition, &[(":kind", &record.kind()), (":id", &record.id())])
}

pub fn put_back(tx: &Tx, record: Record, image: &Image) -> Result<i64, Error> {
    let object = record.object();
    refuse_taken(tx, record, image)?;
    let Some((main, rest)) = image.tables.split_first() else { return Err(Error::internal("an empty image")) };
    let version: Option<i64> =
        tx.value(&format!("SELECT version FROM {} WHERE id = :id", main.table), &[(":id", &record.id())])?;
    match version {
        Some(version) => {
            clear_own(tx, record)?;
            update_main(tx, record, main, version)?;
        }
        None => insert(tx, main)?,
    }
    for rows in rest.iter().filter(|rows| version.is_none() || shape::own_tables(object).contains(&rows.table.as_str()))
    {
        insert(tx, rows)?;
    }
    for link in image.links.iter().filter(|_| version.is_none()) {
        let sql = format!("UPDATE {0} SET {1} = :to WHERE id = :id AND {1} IS NULL", link.table, link.column);
        for id in &link.ids {
            tx.execute(&sql, &[(":to", &record.id()), (":id", id)])?;
        }
    }
    if version.is_none() {
        insert(tx, &still_there(tx, &image.relations)?)?;
    }
    let sql = format!("UPDATE {} SET version = :version + 1, updated_at = :now WHERE id = :id", main.table);
    let highest = version.unwrap_or(0).max(version_of(main));
    tx.execute(&sql, &[(":version", &highest), (":now", &tx.now), (":id", &record.id())])?;
    Ok(highest + 1)
}

fn version_of(main: &Rows) -> i64 {
    let place = main.columns.iter().position(|name| name == "version");
    place.and_then(|place| main.rows.first()?.get(place)?.integer()).unwrap_or(0)
}

/// An address that the record had may be somebody else's by now, or that of somebody who was erased.
fn refuse_taken(tx: &Tx, record: Record, image: &Image) -> Result<(), Error> {
    if record.object() != Object::Contact {
        return Ok(());
    }
    erasing::demand_welcome_back(tx, image)?;
    let Some(rows) = image.tables.iter().find(|rows| rows.table == "contact_identities") else { return Ok(()) };
    let place = |name: &str| rows.columns.iter().position(|column| column == name);
    let (Some(kind), Some(normalised)) = (place("kind"), place("normalised")) else { return Ok(()) };
    let mut errors = Vec::new();
    for row in &rows.rows {
        let holder: Option<i64> = tx.value(
            "SELECT contact_id FROM contact_identities WHERE kind = :kind AND normalised = :normalised AND contact_id <> :id",
            &[(":kind", &row[kind]), (":normalised", &row[normalised]), (":id", &record.id())],
        )?;
        if holder.is_some() {
            let address = row[normalised].text().unwrap_or_default();
            let field = if row[kind].text().as_deref() == Some("phone") { "phones" } else { "emails" };
            let message =
                format!("{address} belongs to another contact by now. Take it off there first, or merge the two.");
            errors.push(FieldError::new(field, "duplicate", message));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Takes the record's own rows away, to be put back from the image.
fn clear_own(tx: &Tx, record: Record) -> Result<(), Error> {
    let main = shape::main_table(record.object());
    let own = shape::own_tables(record.object());
    for child in shape::children(tx, main)?.iter().filter(|child| own.contains(&child.table.as_str())) {
        tx.execute(&format!("DELETE FROM {} WHERE {} = :id", child.table, child.column), &[(":id", &record.id())])?;
    }
    for hanging in shape::hanging(tx)?.iter().filter(|table| own.contains(&table.as_str())) {
        let sql = format!("DELETE FROM {hanging} WHERE {ON_RECORD}");
        tx.execute(&sql, &[(":kind", &record.kind()), (":id", &record.id())])?;
    }
    Ok(())
}

fn update_main(tx: &Tx, record: Record, main: &Rows, version: i64) -> Result<(), Error> {
    let Some(mut row) = whole(tx, main)?.into_iter().next() else { return Ok(()) };
    row.retain(|(column, _)| column != "id");
    row.iter_mut().filter(|(column, _)| column == "version").for_each(|(_, cell)| *cell = Cell::Integer(version));
    let names: Vec<String> = (0..row.len()).map(|place| format!(":v{place}")).collect();
    let set: Vec<String> = row.iter().zip(&names).map(|((column, _), name)| format!("{column} = {name}")).collect();
    let sql = format!("UPDATE {} SET {} WHERE id = :id", main.table, set.join(", "));
    let id = record.id();
    let mut params: Vec<(&str, &dyn ToSql)> =
        names.iter().map(String::as_str).zip(row.iter().map(|(_, cell)| cell as &dyn ToSql)).collect();
    params.push((":id", &id));
    tx.execute(&sql, &params)?;
    Ok(())
}

/// The values whose records still exist.
fn still_there(db: &Db, relations: &Rows) -> Result<Rows, Error> {
    let place = |name: &str| relations.columns.iter().position(|column| column == name);
    let (Some(kind), Some(id)) = (place("on_type"), place("on_id")) else { return Ok(Rows::default()) };
    let mut kept = Rows { rows: Vec::new(), ..relations.clone() };
    for row in &relations.rows {
        let record = row[kind].text().zip(row[id].integer()).and_then(|(kind, id)| Record::new(&kind, id));
        let Some(record) = record else { continue };
        let sql = format!("SELECT count(*) FROM {} WHERE id = :id", shape::main_table(record.object()));
        if db.count(&sql, &[(":id", &record.id())])? > 0 {
            kept.rows.push(row.clone());
        }
    }
    Ok(kept)
}

fn insert(tx: &Tx, rows: &Rows) -> Result<(), Error> {
    for row in whole(tx, rows)? {
        let columns: Vec<&str> = row.iter().map(|(column, _)| column.as_str()).collect();
        let names: Vec<String> = (0..row.len()).map(|place| format!(":v{place}")).collect();
        let sql =
            format!("INSERT OR IGNORE INTO {} ({}) VALUES ({})", rows.table, columns.join(", "), names.join(", "));
        let params: Vec<(&str, &dyn ToSql)> =
            names.iter().map(String::as_str).zip(row.iter().map(|(_, cell)| cell as &dyn ToSql)).collect();
        tx.execute(&sql, &params)?;
    }
    Ok(())
}

/// The rows with the columns that the table still has. A row whose owner is gone is left out; a pointer to
/// what is gone becomes nothing.
fn whole(db: &Db, rows: &Rows) -> Result<Vec<Vec<(String, Cell)>>, Error> {
    let known = shape::columns(db, &rows.table)?;
    let parents = shape::parents(db, &rows.table)?;
    let mut kept = Vec::new();
    'rows: for cells in &rows.rows {
        let mut row: Vec<(String, Cell)> = rows
            .columns
            .iter()
            .cloned()
            .zip(cells.iter().cloned())
            .filter(|(column, _)| known.contains(column))
            .collect();
        for (column, parent, goes_along) in parents {
            let Some((_, cell)) = row.iter_mut().find(|(name, cell)| name == column && *cell != Cell::Null) else {
                continue;
            };
            if db.count(&format!("SELECT count(*) FROM {parent} WHERE id = :id"), &[(":id", &*cell)])? == 0 {
                if *goes_along {
                    continue 'rows;
                }
                *cell = Cell::Null;
            }
        }
        kept.push(row);
    }
    Ok(kept)
}

pub fn follow(tx: &Tx, from: Record, to: Record) -> Result<(), Error> {
    let own = shape::own_tables(from.object());
    let (old, new) = (from.id(), to.id());
    for child in shape::children(tx, shape::main_table(from.object()))? {
        if !own.contains(&child.table.as_str()) {
            let sql = format!("UPDATE OR IGNORE {0} SET {1} = :new WHERE {1} = :old", child.table, child.column);
            tx.execute(&sql, &[(":new", &new), (":old", &old)])?;
        }
    }
    for hanging in shape::hanging(tx)?.iter().filter(|table| !own.contains(&table.as_str())) {
        let sql = format!("UPDATE OR IGNORE {hanging} SET on_id = :new WHERE on_type = :kind AND on_id = :old");
        tx.execute(&sql, &[(":new", &new), (":old", &old), (":kind", &from.kind())])?;
    }
    tx.execute(
        "UPDATE OR IGNORE custom_values SET value = CAST(:new AS TEXT), sort_key = :new WHERE sort_key = :old
         AND field_id IN (SELECT id FROM custom_fields WHERE kind = 'relation' AND target = :kind)",
        &[(":new", &new), (":old", &old), (":kind", &from.kind())],
    )?;
    Ok(())
}

pub fn unfollow(tx: &Tx, gone: Record, kept: Record, image: &Image) -> Result<i64, Error> {
    refuse_taken(tx, gone, image)?;
    let Some((main, rest)) = image.tables.split_first() else { return Err(Error::internal("an empty image")) };
    insert(tx, main)?;
    let own = shape::own_tables(gone.object());
    for rows in rest.iter().filter(|rows| own.contains(&rows.table.as_str())) {
        insert(tx, rows)?;
    }
    let (new, old) = (gone.id(), kept.id());
    for child in shape::children(tx, shape::main_table(gone.object()))?.iter().filter(|child| child.goes_along) {
        let Some(rows) = rest.iter().find(|rows| rows.table == child.table && !own.contains(&rows.table.as_str()))
        else {
            continue;
        };
        let sql = format!("UPDATE {0} SET {1} = :new WHERE id = :id AND {1} = :old", child.table, child.column);
        for id in ids(rows) {
            tx.execute(&sql, &[(":new", &new), (":old", &old), (":id", &id)])?;
        }
    }
    for hanging in shape::hanging(tx)?.iter().filter(|table| !own.contains(&table.as_str())) {
        let Some(rows) = rest.iter().find(|rows| rows.table == *hanging) else { continue };
        let sql = format!("UPDATE {hanging} SET on_id = :new WHERE id = :id AND on_type = :kind AND on_id = :old");
        for id in ids(rows) {
            tx.execute(&sql, &[(":new", &new), (":old", &old), (":id", &id), (":kind", &gone.kind())])?;
        }
    }
    for link in &image.links {
        let sql = format!("UPDATE {0} SET {1} = :new WHERE id = :id AND {1} = :old", link.table, link.column);
        for id in &link.ids {
            tx.execute(&sql, &[(":new", &new), (":old", &old), (":id", id)])?;
        }
    }
    unfollow_relations(tx, new, old, &image.relations)?;
    let sql = format!("UPDATE {} SET version = version + 1, updated_at = :now WHERE id = :id", main.table);
    tx.execute(&sql, &[(":now", &tx.now), (":id", &new)])?;
    Ok(version_of(main) + 1)
}

fn unfollow_relations(tx: &Tx, new: i64, old: i64, relations: &Rows) -> Result<(), Error> {
    let place = |name: &str| relations.columns.iter().position(|column| column == name);
    let key = [place("on_type"), place("on_id"), place("field_id"), place("position")];
    let [Some(kind), Some(id), Some(field), Some(position)] = key else { return Ok(()) };
    for row in &relations.rows {
        tx.execute(
            "UPDATE custom_values SET value = CAST(:new AS TEXT), sort_key = :new
             WHERE on_type = :kind AND on_id = :id AND field_id = :field AND position = :position AND sort_key = :old",
            &[
                (":new", &new),
                (":old", &old),
                (":kind", &row[kind]),
                (":id", &row[id]),
                (":field", &row[field]),
                (":position", &row[position]),
            ],
        )?;
    }
    Ok(())
}
