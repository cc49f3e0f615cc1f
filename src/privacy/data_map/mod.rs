//! The vocabulary in which every table and column says what it holds, in the words of the law
//! (GDPR Art. 5, 6, 15, 17 and 30).
//!
//! A declaration stands beside the module that owns the table. A test compares all of them with the
//! migrated schema of both files, column by column: what nobody declared fails the build.

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
    pub holds: Holds,
    /// The key in an export for the person; `None` for machinery that says nothing about them.
    pub export: Option<&'static str>,
    /// True when its words go into a search index, which erasure must clear too.
    pub searchable: bool,
    /// What erasure does here when it is not what the table says.
    pub erasure: Option<Erasure>,
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
    /// Days after the moment in a column.
    Days { after: &'static str, days: u32 },
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
    Column { name, holds: Holds::Nothing, export: None, searchable: false, erasure: None }
}

/// A column that belongs into an export for the person, under its own name.
pub const fn column(name: &'static str, holds: Holds) -> Column {
    Column { name, holds, export: Some(name), searchable: false, erasure: None }
}

/// A secret: declared, never exported.
pub const fn secret(name: &'static str) -> Column {
    Column { name, holds: Holds::Credential, export: None, searchable: false, erasure: None }
}

impl Column {
    pub const fn searchable(mut self) -> Column {
        self.searchable = true;
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

    /// Says something about the person, but only again what another column says already.
    pub const fn not_exported(mut self) -> Column {
        self.export = None;
        self
    }
}
