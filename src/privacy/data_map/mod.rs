//! The vocabulary in which every table and column says what it holds, in the words of the law
//! (GDPR Art. 5, 6, 15, 17 and 30).
//!
//! A declaration stands beside the module that owns the table. A test compares all of them with the
//! migrated schema of both files, column by column: what nobody declared fails the build. The inventory, the
//! record of processing, the copy of a person's data, erasure, restriction and retention are derived from here.

pub mod api;
pub mod inventory;
pub mod notice;
pub mod pages;
pub mod record;
#[cfg(test)]
mod tests;
mod words;

use crate::permission::words;

pub use crate::privacy::retention::{Action, Rule};

/// Which file a table lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// `control.db`: one for the installation.
    Control,
    /// `data.db`: one for each workspace.
    Workspace,
}

/// One table and everything that must be known about it.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// What people call its rows, where they read the inventory or the copy of their data: "Notes".
    pub label: &'static str,
    /// Its part of the inventory; columns about devices are in a part of their own.
    pub part: Part,
    pub file: File,
    /// Whose data a row is, and how to find that person from the row.
    pub subject: Subject,
    /// Why the data is kept, for the record of processing (Art. 30).
    pub purpose: &'static str,
    pub lawful_basis: LawfulBasis,
    pub role: Role,
    pub retention: Retention,
    pub erasure: Erasure,
    pub columns: &'static [Column],
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    /// What people call it, when that is not its name with spaces: see [`Column::label`].
    label: Option<&'static str>,
    pub holds: Holds,
    /// The key in an export for the person; `None` for machinery that says nothing about them.
    pub export: Option<&'static str>,
    /// True when its words go into a search index, which erasure must clear too.
    pub searchable: bool,
    /// What erasure does here when it is not what the table says.
    pub erasure: Option<Erasure>,
    /// About the person, and not in their copy: to tell them could harm others or a case. Why stands beside it.
    pub is_withheld: bool,
    /// Which processors may receive it, when that differs from what its category says: see [`Column::recipients`].
    recipients: Option<&'static [Recipient]>,
    pub reading: Reading,
}

words! {
    /// The parts of the inventory, in the words of the policy (P-001).
    Part {
        AccountProfiles = "account_profiles",
        CompanyDetails = "company_details",
        WorkspaceSettings = "workspace_settings",
        LoginEvents = "login_events",
        DeviceMetadata = "device_metadata",
        SupportMessages = "support_messages",
        UsageTelemetry = "usage_telemetry",
        ConnectedChannels = "connected_channels",
        /// What the workspace keeps about the people it works with, and how that is worked on.
        OperationalRecords = "operational_records",
    }
}

words! {
    /// The categories of processors (P-038).
    Recipient {
        /// Whoever runs the machines; sees sealed files.
        Infrastructure = "infrastructure",
        Messaging = "messaging",
        Analytics = "analytics",
        Email = "email",
        /// Backups and files outside the machine, sealed.
        Storage = "storage",
        Ai = "ai",
        Payment = "payment",
        Support = "support",
    }
}

/// How the copy of a person's data shows what stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As it is.
    Plain,
    /// The id of a row elsewhere in the file: what that row is called stands there instead.
    Named { table: &'static str, column: &'static str },
    /// Whoever did it, which is not the person: their role stands there instead.
    Actor,
    /// A network or a device of whoever did it: it is theirs, and left out.
    OfActor,
    /// A JSON object; these keys are about whoever did it and are left out.
    Without(&'static [&'static str]),
    /// Rows of other tables as they once were (`people/images`): each is shown as its own table says.
    Image,
    /// The value of a field that the workspace defined; holds the column with the id of the definition.
    Defined(&'static str),
}

/// The category of what a column holds (P-001).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Nothing about a person: ids, counters, states, times of machinery.
    Nothing,
    /// Who somebody is: names, job titles.
    Identity,
    /// How somebody is reached: e-mail, phone, postal address.
    Contact,
    /// What somebody said or what was written about them.
    Content,
    /// What somebody did, and when.
    Behaviour,
    /// Device and network: IP address, user agent.
    Device,
    /// Secrets that prove who somebody is: password hashes, sealed second factors, token hashes.
    Credential,
    /// Choices about how the product behaves.
    Preference,
    /// Whatever the definition of the field says (`custom_fields.category`): known at run time only.
    AsDefined,
}

/// Whose data a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Not about a person.
    Nobody,
    /// The row is the person; holds the column of its id.
    Is(&'static str),
    /// The row belongs to the row of another table.
    Via { column: &'static str, table: &'static str },
    /// The row belongs to one of several kinds of record, told apart by a column.
    Polymorphic { kind: &'static str, id: &'static str },
    /// Like [`Subject::Polymorphic`], in one column: `contact:7`.
    Object(&'static str),
}

/// GDPR Art. 6(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LawfulBasis {
    Consent,
    Contract,
    LegalObligation,
    LegitimateInterests,
}

/// In whose name the data is processed (P-022).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The workspace decides; whoever hosts Holdfast processes for it.
    Processor,
    /// Whoever hosts Holdfast decides: accounts, sign-ins, audit.
    Controller,
}

/// How long a row stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// As long as the thing it belongs to.
    WithParent,
    /// As long as the relation lasts; goes on deletion or erasure.
    WhileActive,
    /// As long as the rules say: the engine lets go by them, in this order.
    Rules(&'static [&'static Rule]),
}

/// What erasing the person does to the row or the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    DeleteRow,
    /// The column becomes NULL or empty; the row stays for what else hangs on it.
    Redact,
    /// Nothing in it names a person.
    NothingToErase,
    /// Stays, for a ground, for so many days.
    Keep {
        because: &'static str,
        days: u32,
    },
}

/// A column that says nothing about a person.
pub const fn machinery(name: &'static str) -> Column {
    Column {
        name,
        label: None,
        holds: Holds::Nothing,
        export: None,
        searchable: false,
        erasure: None,
        is_withheld: false,
        recipients: None,
        reading: Reading::Plain,
    }
}

/// A column that belongs into an export for the person, under its own name.
pub const fn column(name: &'static str, holds: Holds) -> Column {
    Column { holds, export: Some(name), ..machinery(name) }
}

/// A secret: declared, never exported.
pub const fn secret(name: &'static str) -> Column {
    Column { holds: Holds::Credential, ..machinery(name) }
}

/// Words that somebody wrote, in a row that is about nobody: they may name a person all the same. No way leads
/// from a person to them, so they are in no export for one; erasure looks in them for the names and addresses of
/// whoever is erased, and empties the column where it finds one.
pub const fn free_text(name: &'static str, holds: Holds) -> Column {
    Column { holds, erasure: Some(Erasure::Redact), ..machinery(name) }
}

impl Column {
    pub const fn searchable(mut self) -> Column {
        self.searchable = true;
        self
    }

    /// What people call it, when its name with spaces does not say it.
    pub const fn labelled(mut self, label: &'static str) -> Column {
        self.label = Some(label);
        self
    }

    /// Only these categories of processors may receive it, whatever its category says.
    pub const fn only_for(mut self, recipients: &'static [Recipient]) -> Column {
        self.recipients = Some(recipients);
        self
    }

    /// The copy of a person's data shows it so.
    pub const fn read_as(mut self, reading: Reading) -> Column {
        self.reading = reading;
        self
    }

    /// Erasure does this here, whatever the table says.
    pub const fn on_erasure(mut self, erasure: Erasure) -> Column {
        self.erasure = Some(erasure);
        self
    }

    /// The key in an export when it differs from the column's name.
    pub const fn exported_as(mut self, name: &'static str) -> Column {
        self.export = Some(name);
        self
    }

    /// Says something about the person, and must not be told to them: their copy says that it exists, by the other columns
    /// of its row. Why stands beside it.
    pub const fn withheld(mut self) -> Column {
        self.export = None;
        self.is_withheld = true;
        self
    }

    /// Says something about the person, but only again what another column says already.
    pub const fn not_exported(mut self) -> Column {
        self.export = None;
        self
    }
}
