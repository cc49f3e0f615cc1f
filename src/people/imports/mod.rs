//! Bringing contacts and companies in from a file: look, map, check without writing, then run.
//!
//! A run works in batches. Each batch and the count of rows done are one transaction, so a run that is
//! cut short anywhere goes on exactly where it was, and no row is taken twice (FIL-3).

pub mod api;
mod company_record;
pub(in crate::people) mod consents;
mod convert;
pub mod data_map;
pub mod deciding;
mod draft;
mod employer;
mod encoding;
mod fields;
pub mod jobs;
mod mapping;
pub mod pages;
mod plan;
mod record;
mod rejected;
pub mod remembered;
mod rows;
mod run;
mod sent;
pub(in crate::people) mod service;
mod store;
pub mod term;
mod treatment;
mod wire;
mod writer;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{ChangeId, ImportId, ImportMappingId, MemberId};
use crate::module::{FoundRecord, RecordKind, Target};
use crate::permission::{Action, Area, Permission, words};
use crate::web::BodyWriter;

pub use convert::Kind;
pub use mapping::Mapping;
pub use rows::Format;
pub use service::is_writing;
pub use treatment::Treatments;

use super::record::Object;

words! {
    /// What becomes of a row whose e-mail address or phone number is known already.
    Mode {
        /// It is left alone and listed as an error.
        Create = "create",
        /// The known record is changed; unknown rows are left out.
        Update = "update",
        CreateOrUpdate = "create_or_update",
    }
}

words! {
    /// What becomes of a row that resembles somebody.
    Resembling {
        /// It is somebody else: added anyway.
        Create = "create",
        Skip = "skip",
        /// It is the same person: what the row says is put over what is known.
        Update = "update",
    }
}

words! {
    /// Where an import stands.
    State {
        /// Uploaded; the columns are still to be confirmed.
        Mapping = "mapping",
        /// A dry run is under way.
        Checking = "checking",
        /// The dry run is done; nothing was written.
        Checked = "checked",
        Running = "running",
        Done = "done",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

/// An import and how far it is.
#[derive(Debug, Clone)]
pub struct Import {
    pub id: ImportId,
    pub version: i64,
    pub object: Object,
    pub mode: Mode,
    pub state: State,
    pub file_name: String,
    /// The sealed file's name in the workspace's folder `uploads`; `None` once it is gone.
    pub file: Option<String>,
    /// Bytes.
    pub file_size: i64,
    pub format: Format,
    pub columns: Vec<String>,
    pub mapping: Mapping,
    pub treatments: Treatments,
    /// The remembered mapping that it was mapped by.
    pub remembered: Option<ImportMappingId>,
    /// Whose records it may change, as `Reach::owners_json` says it.
    pub reach: Option<String>,
    pub may_assign: bool,
    /// Whose companies it may change, where its member may import companies beside people.
    pub company_reach: Option<Option<String>>,
    /// What becomes of rows that resemble somebody; `None`: nobody decided.
    pub on_resembling: Option<Resembling>,
    /// The member who made it may write down what people said about the use of their data.
    pub may_consents: bool,
    pub rests: consents::Rests,
    pub counts: Counts,
    pub bytes_read: i64,
    /// Why it could not go on.
    pub fault: String,
    /// What to tell about the file beside its columns: the sheet that was read, what was left out.
    pub remark: String,
    pub created_by: Option<MemberId>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// By which it can be taken back; `None` until it has written something.
    pub change: Option<ChangeId>,
}

impl Import {
    /// The kind and the word of a status mark.
    fn state_words(&self) -> (&'static str, &'static str) {
        match self.state {
            State::Mapping => ("", "Waits for its columns"),
            State::Checking => ("info", "Being checked"),
            State::Checked => ("info", "Checked"),
            State::Running => ("info", "Under way"),
            State::Done if self.counts.failed > 0 => ("risk", "Done, some left out"),
            State::Done => ("kept", "Done"),
            State::Failed => ("broken", "Failed"),
            State::Cancelled => ("", "Stopped"),
        }
    }
}

/// What creates an import.
pub struct NewImport {
    pub object: Object,
    pub mode: Mode,
    pub file_name: String,
    pub file: String,
    pub file_size: i64,
    pub format: Format,
    pub columns: Vec<String>,
    pub mapping: Mapping,
    pub treatments: Treatments,
    pub remembered: Option<ImportMappingId>,
    pub power: service::Power,
    pub remark: String,
}

/// How many rows became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub read: i64,
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub failed: i64,
    /// Rows left alone because somebody decided so.
    pub skipped: i64,
    /// Rows that resemble somebody, as the check found.
    pub resembling: i64,
    pub resembling_created: i64,
    pub resembling_updated: i64,
    /// Companies beside people.
    pub companies_created: i64,
    pub companies_updated: i64,
    /// Consents, withdrawals and objections that were written down.
    pub consents_taken: i64,
    pub consents_refused: i64,
}

impl Counts {
    fn plus(self, other: Counts) -> Counts {
        Counts {
            read: self.read + other.read,
            created: self.created + other.created,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
            resembling: self.resembling + other.resembling,
            resembling_created: self.resembling_created + other.resembling_created,
            resembling_updated: self.resembling_updated + other.resembling_updated,
            companies_created: self.companies_created + other.companies_created,
            companies_updated: self.companies_updated + other.companies_updated,
            consents_taken: self.consents_taken + other.consents_taken,
            consents_refused: self.consents_refused + other.consents_refused,
        }
    }
}

/// A row that could not be taken, or of which something could not.
#[derive(Debug, Clone)]
pub struct ImportError {
    /// The line of the file the row begins at.
    pub line: i64,
    pub field: String,
    pub message: String,
    /// The row itself was taken.
    pub is_remark: bool,
}

/// The errors of an import as CSV: line, field, message.
fn errors_csv(errors: Vec<ImportError>) -> BodyWriter {
    Box::new(move |out| {
        let mut writer = csv::Writer::from_writer(out);
        let broken = |error: csv::Error| Error::Internal(Box::new(error));
        writer.write_record(["line", "field", "message"]).map_err(broken)?;
        for error in errors {
            writer.write_record([error.line.to_string(), error.field, error.message]).map_err(broken)?;
        }
        writer.flush()?;
        Ok(())
    })
}

/// An import has a page of its own, so that its end can be told.
pub const RECORD: RecordKind = RecordKind {
    word: "import",
    one: "import",
    many: "imports",
    needs: Permission::new(Action::Import, Area::Contacts),
    path: |id| format!("/people/imports/{id}"),
    own: "/people/imports",
    find: |db, id| {
        let import = store::find(db, ImportId(id))?;
        Ok(import.map(|import| FoundRecord { name: import.file_name, owner: import.created_by }))
    },
};

fn target(id: ImportId) -> Target {
    Target { kind: RECORD.word, id: id.0 }
}
