//! The table `saved_views`.

use rusqlite::Row;

use super::{NewView, SavedView, Sharing};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, ViewId};
use crate::people::list::tree::{Group, json};
use crate::people::record::Object;
use crate::people::text::fold;

/// Every view of a kind of record, by name.
pub fn all(db: &Db, object: Object) -> Result<Vec<SavedView>, Error> {
    db.rows(
        "SELECT * FROM saved_views WHERE object = :object ORDER BY name_key, id",
        &[(":object", &object.word())],
        view,
    )
}

pub fn find(db: &Db, id: ViewId) -> Result<Option<SavedView>, Error> {
    db.row("SELECT * FROM saved_views WHERE id = :id", &[(":id", &id)], view)
}

/// The view that a member has under this name.
pub fn named(db: &Db, object: Object, owner: Option<MemberId>, name: &str) -> Result<Option<ViewId>, Error> {
    db.value(
        "SELECT id FROM saved_views WHERE object = :object AND owner_id IS :owner AND name_key = :name",
        &[(":object", &object.word()), (":owner", &owner), (":name", &fold(name))],
    )
}

pub fn count_of(db: &Db, object: Object, owner: MemberId) -> Result<i64, Error> {
    db.count(
        "SELECT count(*) FROM saved_views WHERE object = :object AND owner_id = :owner",
        &[(":object", &object.word()), (":owner", &owner)],
    )
}

pub fn insert(tx: &Tx, new: &NewView, owner: MemberId) -> Result<ViewId, Error> {
    tx.insert(
        "INSERT INTO saved_views (object, name, name_key, filter, columns, sort, sharing, owner_id, created_at, updated_at)
         VALUES (:object, :name, :key, :filter, :columns, :sort, :sharing, :owner, :now, :now)",
        &[
            (":object", &new.object.word()),
            (":name", &new.name),
            (":key", &fold(&new.name)),
            (":filter", &json::text(&new.filter)),
            (":columns", &new.columns.join(",")),
            (":sort", &new.sort),
            (":sharing", &new.sharing.word()),
            (":owner", &owner),
            (":now", &tx.now),
        ],
    )
    .map(ViewId)
}

pub fn update(tx: &Tx, id: ViewId, new: &NewView) -> Result<(), Error> {
    tx.execute(
        "UPDATE saved_views SET name = :name, name_key = :key, filter = :filter, columns = :columns, sort = :sort,
             sharing = :sharing, updated_at = :now, version = version + 1 WHERE id = :id",
        &[
            (":id", &id),
            (":name", &new.name),
            (":key", &fold(&new.name)),
            (":filter", &json::text(&new.filter)),
            (":columns", &new.columns.join(",")),
            (":sort", &new.sort),
            (":sharing", &new.sharing.word()),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

pub fn delete(tx: &Tx, id: ViewId) -> Result<(), Error> {
    tx.execute("DELETE FROM saved_views WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

fn view(row: &Row) -> rusqlite::Result<SavedView> {
    let word = |name: &str| row.get::<_, String>(name);
    let (filter, columns) = (word("filter")?, word("columns")?);
    Ok(SavedView {
        id: row.get("id")?,
        version: row.get("version")?,
        object: Object::from_word(&word("object")?).unwrap_or(Object::Contact),
        name: row.get("name")?,
        filter: if filter.is_empty() { Group::default() } else { json::parse(&filter, "filter").unwrap_or_default() },
        columns: columns.split(',').filter(|column| !column.is_empty()).map(str::to_owned).collect(),
        sort: row.get("sort")?,
        sharing: Sharing::from_word(&word("sharing")?).unwrap_or(Sharing::Own),
        owner: row.get("owner_id")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
