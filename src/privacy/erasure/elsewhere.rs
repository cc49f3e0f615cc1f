//! Files on the records of others that hold a value of the person. They are somebody else's, and only a person can say
//! whether a word may be cut out of one: so they are looked through, listed, and left as they are.
//!
//! Files are read as text. What a picture shows, and what a compressed document holds, is not seen, and the pages say so.

use serde::{Deserialize, Serialize};

use super::destroy::names;
use super::needles::Needles;
use super::store;
use crate::app::App;
use crate::db::{Db, Workspace};
use crate::error::Error;
use crate::module::{FileKind, Module};
use crate::privacy::data_map::{File, Subject, Table};
use crate::privacy::subject::{self, Person};

/// The most that are listed: whoever has more knows what to do about the rest.
const MOST: usize = 200;

/// A file that holds a value of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OthersFile {
    /// The table of its row.
    pub table: String,
    pub row: i64,
    /// The record it is attached to.
    pub on_type: String,
    pub on_id: i64,
}

/// How many files would be looked through.
pub fn count(db: &Db, modules: &'static [&'static Module], person: &Person) -> Result<usize, Error> {
    Ok(of_others(db, modules, person)?.len())
}

/// Those that hold a value of the person.
pub fn naming(app: &App, workspace: &Workspace, person: &Person, needles: &Needles) -> Result<Vec<OthersFile>, Error> {
    let all = workspace.file.read(app.now(), |db| of_others(db, app.modules, person))?;
    let mut naming = Vec::new();
    for (kind, file) in all {
        // What cannot be read any more is damaged: nobody can read the person out of it either.
        let Ok(content) = (kind.open)(app, workspace, file.row) else { continue };
        if names(content, needles).unwrap_or(false) {
            naming.push(file);
        }
        if naming.len() >= MOST {
            break;
        }
    }
    Ok(naming)
}

fn of_others(
    db: &Db,
    modules: &'static [&'static Module],
    person: &Person,
) -> Result<Vec<(&'static FileKind, OthersFile)>, Error> {
    let mut found = Vec::new();
    for kind in modules.iter().flat_map(|module| module.files).copied() {
        let is_its = |table: &&&'static Table| table.name == kind.table && table.file == File::Workspace;
        let Some(table) = modules.iter().flat_map(|module| module.tables).find(is_its) else { continue };
        let Subject::Polymorphic { kind: on_type, id: on_id } = table.subject else { continue };
        let Some(theirs) = subject::condition_of(modules, person.kind, table) else { continue };
        for (row, on_type, on_id) in store::rows_of_others(db, table.name, (on_type, on_id), &theirs, person)? {
            found.push((kind, OthersFile { table: table.name.to_owned(), row, on_type, on_id }));
        }
    }
    Ok(found)
}
