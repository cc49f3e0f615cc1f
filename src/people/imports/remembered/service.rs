//! What one can do with remembered mappings: they are made by use, found by headings, renamed and forgotten.

use sha2::{Digest, Sha256};

use super::{Column, NAME, Remembered, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::ImportMappingId;
use crate::people::imports::Import;
use crate::people::imports::mapping::reduced;
use crate::people::record::Object;
use crate::people::text::Faults;
use crate::privacy::audit::{self, Event};

pub use super::store::all;

/// Mappings that are remembered of each kind of record; the one that was not used for longest goes.
const MOST: i64 = 200;

/// The mapping that was used for a file with these headings, in any order.
pub fn for_headings(db: &Db, object: Object, headings: &[String]) -> Result<Option<Remembered>, Error> {
    store::find_by_headings(db, object, &fingerprint(headings))
}

/// The mapping with this id.
pub fn get(db: &Db, id: ImportMappingId) -> Result<Remembered, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("mapping"))
}

/// Remembers the mapping of an import that is being run. One for the same headings takes it over and keeps its name.
pub fn remember(tx: &Tx, import: &Import) -> Result<(), Error> {
    if !import.format.has_header {
        return Ok(());
    }
    let columns: Vec<Column> = import
        .columns
        .iter()
        .enumerate()
        .map(|(position, heading)| Column {
            heading: heading.clone(),
            field: import.mapping.get(&position).cloned().unwrap_or_default(),
            treatment: import.treatments.get(&position).cloned().unwrap_or_default(),
        })
        .collect();
    let headings = fingerprint(&import.columns);
    match store::find_by_headings(tx, import.object, &headings)? {
        Some(known) => {
            store::use_again(tx, known.id, &columns)?;
            // The same again changes nothing that an auditor would want to know.
            if known.columns == columns {
                return Ok(());
            }
            audit::record(tx, Event::new("people.import_mapping.changed").on("import_mapping", known.id))
        }
        None => {
            store::forget_oldest(tx, import.object, MOST - 1)?;
            let name = usual_name(&import.columns);
            let id = store::insert(tx, import.object, &name, &headings, &columns, import.created_by)?;
            let event = Event::new("people.import_mapping.remembered").on("import_mapping", id);
            audit::record(tx, event.detail("object", import.object.word()).detail("columns", columns.len()))
        }
    }
}

/// The first headings: the name of the file may hold somebody's name, and goes after seven days.
fn usual_name(headings: &[String]) -> String {
    let first: Vec<&str> =
        headings.iter().map(|heading| heading.trim()).filter(|heading| !heading.is_empty()).collect();
    let mut name = first.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    if first.len() > 3 {
        name.push_str(&format!(" and {} more", first.len() - 3));
    }
    if name.chars().count() > NAME {
        name = name.chars().take(NAME - 1).collect::<String>() + "\u{2026}";
    }
    name
}

/// The set of headings, whatever their order, case and punctuation.
fn fingerprint(headings: &[String]) -> String {
    let mut reduced: Vec<String> = headings
        .iter()
        .map(|heading| {
            let bare = reduced(heading);
            // A heading of another script has no Latin letters left.
            if bare.is_empty() { heading.trim().to_lowercase() } else { bare }
        })
        .collect();
    reduced.sort_unstable();
    data_encoding::HEXLOWER.encode(&Sha256::digest(reduced.join("\n").as_bytes()))
}

/// Gives a mapping another name.
pub fn rename(tx: &Tx, id: ImportMappingId, version: Option<i64>, name: &str) -> Result<(), Error> {
    let known = get(tx, id)?;
    if version.is_some_and(|version| version != known.version) {
        return Err(Error::Stale(known.version));
    }
    let mut faults = Faults::default();
    let name = faults.line("name", "The name", name, NAME);
    if name.is_empty() {
        faults.add("name", "required", "Enter a name for the mapping.");
    }
    let name = faults.none_or(name).map_err(Error::Invalid)?;
    store::rename(tx, id, &name)?;
    audit::record(tx, Event::new("people.import_mapping.renamed").on("import_mapping", id))
}

/// Forgets a mapping. Imports that used it keep theirs.
pub fn forget(tx: &Tx, id: ImportMappingId) -> Result<(), Error> {
    get(tx, id)?;
    store::delete(tx, id)?;
    audit::record(tx, Event::new("people.import_mapping.forgotten").on("import_mapping", id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_a_set() {
        let of =
            |headings: &[&str]| fingerprint(&headings.iter().map(|heading| (*heading).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["First Name", "E-Mail"]), of(&["e-mail", "FIRST NAME"]));
        assert_ne!(of(&["Phone"]), of(&["Phone", "Phone"]));
        assert_ne!(of(&["名前"]), of(&["電話"]));
        assert_eq!(usual_name(&["A", "", "B", "C", "D"].map(str::to_owned)), "A, B, C and 1 more");
    }
}
