//! The inventory: every declared column with all it answers, and the columns that the workspace defined itself.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Erasure, File, Holds, Part, Recipient, Subject, Table};
use crate::db::Db;
use crate::error::Error;
use crate::module::{DefinedColumn, Module};

/// One column of the inventory.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "DataMapColumn")]
pub struct Entry {
    /// `workspace`: this workspace's own file; `installation`: the file of accounts, sign-ins and jobs.
    pub file: &'static str,
    pub table: &'static str,
    pub table_label: &'static str,
    pub column: String,
    pub label: String,
    /// The part of the inventory: `account_profiles`, `operational_records`, …
    pub part: &'static str,
    /// What it holds about people: `identity`, `contact`, …; `nothing` for machinery.
    pub category: &'static str,
    pub category_label: &'static str,
    pub is_personal: bool,
    /// How the person is found from it, in words.
    pub about: String,
    pub purpose: &'static str,
    /// GDPR Art. 6(1): `consent`, `contract`, `legal_obligation`, `legitimate_interests`.
    pub lawful_basis: &'static str,
    /// `processor` or `controller`.
    pub role: &'static str,
    pub retention: String,
    /// Its name in the copy of a person's data; absent for what is in none.
    pub export_name: Option<String>,
    pub is_searchable: bool,
    /// Categories of processors that may receive it.
    pub recipients: Vec<&'static str>,
    /// What erasing the person does to it: `delete`, `redact`, `keep` or `nothing`.
    pub erasure: &'static str,
    /// The same in words, with the ground and the end of what is kept.
    pub erasure_label: String,
    /// The workspace defined it itself, as a field.
    pub is_defined_here: bool,
}

/// What of the inventory is wanted.
#[derive(Default)]
pub struct Wanted {
    /// Words that must all occur somewhere in the entry.
    pub words: Vec<String>,
    pub part: Option<Part>,
    pub personal_only: bool,
}

/// Every column of both files, table by table as the modules declare them.
pub fn entries(db: &Db, modules: &'static [&'static Module]) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for table in tables(modules) {
        for column in table.columns {
            let is_about_somebody = table.subject != Subject::Nobody;
            entries.push(Entry {
                column: column.name.to_owned(),
                label: column.label().into_owned(),
                part: column.part(table).word(),
                category: column.holds.word(),
                category_label: column.holds.label(),
                is_personal: column.is_personal(),
                export_name: column.export.filter(|_| is_about_somebody).map(str::to_owned),
                is_searchable: column.searchable,
                recipients: column.recipients().iter().map(|recipient| recipient.word()).collect(),
                ..of_table(table, column.erased(table))
            });
        }
        for defined in modules.iter().flat_map(|module| module.defined).filter(|defined| defined.table == table.name) {
            entries.extend((defined.list)(db)?.into_iter().map(|column| defined_entry(table, column)));
        }
    }
    Ok(entries)
}

/// Every declared table.
pub fn tables(modules: &'static [&'static Module]) -> impl Iterator<Item = &'static Table> {
    modules.iter().flat_map(|module| module.tables).copied()
}

fn of_table(table: &'static Table, erasure: Erasure) -> Entry {
    Entry {
        file: file(table.file),
        table: table.name,
        table_label: table.label,
        about: about(table.subject),
        purpose: table.purpose,
        lawful_basis: table.lawful_basis.word(),
        role: table.role.word(),
        retention: table.retention.label(),
        erasure: erasure.word(),
        erasure_label: erasure.label(),
        column: String::new(),
        label: String::new(),
        part: table.part.word(),
        category: Holds::Nothing.word(),
        category_label: Holds::Nothing.label(),
        is_personal: false,
        export_name: None,
        is_searchable: false,
        recipients: Vec::new(),
        is_defined_here: false,
    }
}

/// A field of the workspace's own: what it holds stands in its definition.
fn defined_entry(table: &'static Table, column: DefinedColumn) -> Entry {
    Entry {
        export_name: Some(column.key.clone()),
        column: format!("{}.{}", column.on, column.key),
        label: column.label,
        category: column.category,
        category_label: column.category_label,
        is_personal: column.is_personal,
        is_searchable: column.is_searchable,
        recipients: Holds::AsDefined.recipients().iter().map(|recipient| recipient.word()).collect(),
        is_defined_here: true,
        ..of_table(table, table.erasure)
    }
}

const fn file(file: File) -> &'static str {
    match file {
        File::Workspace => "workspace",
        File::Control => "installation",
    }
}

/// The way from a row to the person, in words.
fn about(subject: Subject) -> String {
    match subject {
        Subject::Nobody => "Nobody".into(),
        Subject::Is(_) => "The row is the person".into(),
        Subject::Via { column, table } => format!("By {column}, through {table}"),
        Subject::Polymorphic { kind, id } => format!("By {kind} and {id}"),
        Subject::Object(column) => format!("By {column}"),
    }
}

impl Wanted {
    /// Reads what was typed into the search.
    pub fn new(q: &str, part: Option<Part>, personal_only: bool) -> Wanted {
        Wanted { words: q.split_whitespace().map(str::to_lowercase).collect(), part, personal_only }
    }

    pub fn fits(&self, entry: &Entry) -> bool {
        let text = || {
            let parts = [
                entry.table,
                entry.table_label,
                &entry.column,
                &entry.label,
                entry.purpose,
                entry.category_label,
                &entry.retention,
            ];
            parts.join(" ").to_lowercase()
        };
        (!self.personal_only || entry.is_personal)
            && self.part.is_none_or(|part| entry.part == part.word())
            && (self.words.is_empty() || {
                let text = text();
                self.words.iter().all(|word| text.contains(word))
            })
    }
}

/// The labels of the categories with these words.
pub fn recipient_labels(words: &[&str]) -> String {
    let labels: Vec<Recipient> = words.iter().filter_map(|word| Recipient::from_word(word)).collect();
    Recipient::list(&labels)
}
