//! Reads whole tables, column by column as they are declared. Names come from the data map, which is code.

use rusqlite::ToSql;
use rusqlite::types::Value;

use super::is_secret;
use crate::db::Db;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::module::Module;
use crate::privacy::data_map::{Subject, Table, inventory};

/// What of a person's own account a workspace knows: who they are. The rest is theirs, not the workspace's.
const OF_AN_ACCOUNT: [&str; 3] = ["id", "email", "display_name"];
const ACCOUNTS: &str = "accounts";

/// The columns that are written.
pub fn columns(table: &Table) -> impl Iterator<Item = &'static str> + use<> {
    let is_account = table.name == ACCOUNTS;
    let columns = table.columns;
    let told = columns.iter().filter(|column| !is_secret(column)).map(|column| column.name);
    told.filter(move |name| !is_account || OF_AN_ACCOUNT.contains(name))
}

/// Which rows of a table of the installation are about a workspace, whose id is `:workspace`; `None` when none are.
pub fn condition(modules: &'static [&'static Module], table: &Table) -> Option<String> {
    let has = |table: &Table, name: &str| table.columns.iter().any(|column| column.name == name);
    if table.name == ACCOUNTS {
        return Some("id IN (SELECT account_id FROM memberships WHERE workspace_id = :workspace)".into());
    }
    if has(table, "workspace_id") {
        return Some("workspace_id = :workspace".into());
    }
    let Subject::Via { column, table: parent } = table.subject else { return None };
    let parent = inventory::tables(modules).find(|other| other.name == parent && other.file == table.file)?;
    has(parent, "workspace_id")
        .then(|| format!("{column} IN (SELECT id FROM {} WHERE workspace_id = :workspace)", parent.name))
}

/// True for a table that says nothing but how something is sealed here.
pub fn is_sealing(table: &Table) -> bool {
    table.columns.iter().all(|column| is_secret(column) || column.name == "id")
}

/// Hands over each row in the order of its key.
pub fn each_row(
    db: &Db,
    table: &str,
    columns: &[&str],
    of: Option<(&str, WorkspaceId)>,
    each: &mut dyn FnMut(Vec<Value>) -> Result<(), Error>,
) -> Result<(), Error> {
    let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let order = (1..=names.len().min(4)).map(|place| place.to_string()).collect::<Vec<_>>().join(", ");
    let narrowed = of.map_or(String::new(), |(condition, _)| format!(" WHERE {condition}"));
    let sql = format!("SELECT {} FROM \"{table}\"{narrowed} ORDER BY {order}", names.join(", "));
    let mut params: Vec<(&str, &dyn ToSql)> = Vec::new();
    if let Some((_, workspace)) = &of {
        params.push((":workspace", workspace));
    }
    db.each(&sql, &params, &mut |row| each((0..names.len()).map(|place| row.get(place)).collect::<Result<_, _>>()?))
}

/// The highest number that a row of each table ever had, so that none is given twice.
pub fn sequences(db: &Db) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
    let all = db.rows("SELECT name, seq FROM sqlite_sequence ORDER BY name", &[], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    Ok(all.into_iter().map(|(name, last)| (name, last.into())).collect())
}

/// The highest number that a member of any workspace ever had.
pub fn members_through(db: &Db) -> Result<i64, Error> {
    Ok(db.value("SELECT seq FROM sqlite_sequence WHERE name = 'memberships'", &[])?.unwrap_or(0))
}

/// Every id of a table.
pub fn ids(db: &Db, table: &str) -> Result<Vec<i64>, Error> {
    db.rows(&format!("SELECT id FROM \"{table}\" ORDER BY id"), &[], |row| row.get(0))
}
