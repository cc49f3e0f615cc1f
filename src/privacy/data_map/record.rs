//! The record of processing (GDPR Art. 30): one line for each purpose, drawn from the declarations and the settings.
//!
//! The columns are those that the templates of the supervisory authorities ask for, under names they share.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{File, LawfulBasis, Part, Recipient, Role, Subject, Table};
use crate::app::App;
use crate::module::{Module, persons, record_kind};

/// One processing activity.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "ProcessingActivity")]
pub struct Activity {
    /// Why it is done.
    pub purpose: &'static str,
    /// `processor` or `controller`.
    pub role: &'static str,
    pub role_label: &'static str,
    pub lawful_basis: &'static str,
    /// Whose data.
    pub subjects: Vec<String>,
    /// Categories of personal data.
    pub data: Vec<&'static str>,
    /// Categories of recipients.
    pub recipients: Vec<&'static str>,
    /// To other countries, with the safeguards.
    pub transfers: String,
    /// Time limits for erasure.
    pub time_limits: Vec<String>,
    pub security: Vec<String>,
    /// What people call the places that hold it.
    pub held_in: Vec<&'static str>,
    /// Parts of the inventory.
    pub parts: Vec<&'static str>,
}

/// One line for each purpose that touches data about people, in the order of the modules.
pub fn activities(app: &App) -> Vec<Activity> {
    of_modules(app.modules, &transfers(app), &security(app))
}

/// The same for any modules; transfers and measures of security are those of the installation.
pub(super) fn of_modules(modules: &'static [&'static Module], transfers: &str, security: &[String]) -> Vec<Activity> {
    let mut purposes: Vec<(&'static str, Role, LawfulBasis)> = Vec::new();
    let personal: Vec<&'static Table> = super::inventory::tables(modules).filter(|table| is_personal(table)).collect();
    for table in &personal {
        let key = (table.purpose, table.role, table.lawful_basis);
        if !purposes.contains(&key) {
            purposes.push(key);
        }
    }
    let activity = |(purpose, role, basis): (&'static str, Role, LawfulBasis)| {
        let tables = personal
            .iter()
            .copied()
            .filter(|table| (table.purpose, table.role, table.lawful_basis) == (purpose, role, basis));
        let tables: Vec<&'static Table> = tables.collect();
        Activity {
            purpose,
            role: role.word(),
            role_label: role.label(),
            lawful_basis: basis.label(),
            subjects: each(tables.iter().map(|table| subjects(modules, table))),
            data: each(tables.iter().flat_map(|table| table.categories()).map(|holds| holds.label())),
            recipients: each(tables.iter().flat_map(|table| table.recipients()).map(Recipient::label)),
            transfers: transfers.to_owned(),
            time_limits: each(tables.iter().map(|table| table.retention.label())),
            security: security.to_vec(),
            held_in: each(tables.iter().map(|table| table.label)),
            parts: each(tables.iter().flat_map(|table| parts(table))),
        }
    };
    purposes.into_iter().map(activity).collect()
}

fn is_personal(table: &Table) -> bool {
    table.columns.iter().any(super::Column::is_personal)
}

fn parts(table: &'static Table) -> Vec<&'static str> {
    let parts: BTreeSet<Part> =
        table.columns.iter().filter(|column| column.is_personal()).map(|column| column.part(table)).collect();
    parts.into_iter().map(Part::label).collect()
}

/// Each once, in the order they come.
fn each<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.fold(Vec::new(), |mut seen, value| {
        if !seen.contains(&value) {
            seen.push(value);
        }
        seen
    })
}

/// Whose data a table holds: what people call the kind of person at the end of the way.
fn subjects(modules: &'static [&'static Module], table: &'static Table) -> String {
    let capital = |words: &str| words[..1].to_uppercase() + &words[1..];
    match (table.subject, table.file) {
        (Subject::Nobody, _) => "People who are named in it".into(),
        (_, File::Control) => match root(modules, table).name {
            "invitations" => "People who were invited".into(),
            _ => "People who sign in".into(),
        },
        (_, File::Workspace) => {
            let kinds = persons(modules, File::Workspace).filter_map(|kind| record_kind(modules, kind.word));
            kinds.map(|kind| capital(kind.many)).collect::<Vec<_>>().join(", ")
        }
    }
}

/// The table of the persons themselves, at the end of the way.
fn root(modules: &'static [&'static Module], table: &'static Table) -> &'static Table {
    match table.subject {
        Subject::Via { table: parent, .. } => super::inventory::tables(modules)
            .find(|other| other.name == parent && other.file == table.file)
            .map_or(table, |parent| root(modules, parent)),
        _ => table,
    }
}

fn transfers(app: &App) -> String {
    let mail = &app.config.mail;
    if mail.transport == "smtp" {
        let host = &mail.host;
        return format!(
            "None by Holdfast itself. Mails leave through {host}: whether that is a transfer depends on where it stands."
        );
    }
    "None: nothing is sent anywhere, mails stay in the installation.".into()
}

/// What this installation does, not what it could do.
fn security(app: &App) -> Vec<String> {
    let mut measures = vec![
        "Each workspace is a file of its own, encrypted with AES-256 under a key of its own".to_owned(),
        "Each attached file is sealed with AES-256-GCM under a key of its own".to_owned(),
        "Passwords are hashed with Argon2id; two-step sign-in can be demanded by role".to_owned(),
        "Every action names the permission it needs; nothing is served without it".to_owned(),
        "Every change and every export is in an audit log that shows tampering".to_owned(),
    ];
    let versions = if app.config.tls.allow_1_2 { "TLS 1.3, or 1.2 for older clients" } else { "TLS 1.3" };
    measures.insert(0, format!("Every connection to {} is encrypted with {versions}", app.config.host_name()));
    measures
}

impl Activity {
    /// The headings of the table, in the words of the authorities' templates.
    pub const HEADINGS: [&str; 11] = [
        "Purpose of processing",
        "Role",
        "Lawful basis",
        "Categories of individuals",
        "Categories of personal data",
        "Categories of recipients",
        "Transfers and safeguards",
        "Retention schedule",
        "Security measures",
        "Where it is held",
        "Part of the inventory",
    ];

    /// One line of the table.
    pub fn cells(&self) -> [String; 11] {
        [
            self.purpose.to_owned(),
            self.role_label.to_owned(),
            self.lawful_basis.to_owned(),
            self.subjects.join("; "),
            self.data.join("; "),
            self.recipients.join("; "),
            self.transfers.clone(),
            self.time_limits.join("; "),
            self.security.join("; "),
            self.held_in.join("; "),
            self.parts.join("; "),
        ]
    }
}
