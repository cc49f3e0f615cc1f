//! The words in which a table says how long its rows stay. A rule is declared beside its table and named by the
//! table's data map; the engine, the forecast and the page of rules are derived from it.

use crate::db::{Tx, Workspace};
use crate::error::Error;
use crate::module::ClearFiles;

/// How long something stays, from when on, and what becomes of it then.
///
/// Parts of SQL stand here because only the table's own module knows its columns: the expression of the moment, the
/// rows it is about, the columns that name a row.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its word in the API, in the audit log and in what a workspace chose. Never changes.
    pub key: &'static str,
    /// What goes, as the page of rules calls it: "Deleted records".
    pub label: &'static str,
    /// What the days count from: "the deletion".
    pub from: &'static str,
    /// The moment of a row, as an SQL expression; a row for which it is NULL stays.
    pub moment: &'static str,
    /// Which rows have come to `:before`, where that can be said by an index and the moment alone cannot.
    pub due: Option<&'static str>,
    /// The rows it is about, as an SQL condition. May use `:now`.
    pub only: &'static str,
    /// The columns that name a row.
    pub row: &'static str,
    /// Tables whose rows go along, with the column that names this row: one of them held holds this row.
    pub children: &'static [(&'static str, &'static str)],
    pub days: u32,
    /// The fewest and the most days that a workspace may choose; alike where nothing is to be chosen.
    pub least: u32,
    pub most: u32,
    /// Why not fewer or not more, as a sentence. Stands beside the rule and in every refusal.
    pub because: &'static str,
    /// Whether it works until somebody chooses otherwise.
    pub is_on: bool,
    pub may_be_off: bool,
    pub action: Action,
    /// The promise or the policy behind the number.
    pub source: &'static str,
}

/// What becomes of rows whose time is over.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// The rows are deleted.
    Erase,
    /// Some columns are emptied, and the row stays. `only` of the rule must not name a row that was done.
    Redact { set: &'static str, words: &'static str },
    /// The owner of the table does it; for tables of workspaces. `take` gets ids and says how many went; `after`
    /// runs once the rows are gone, outside a transaction, for what lies beside the file.
    Hook {
        take: fn(&Tx, &Workspace, &[i64]) -> Result<usize, Error>,
        after: Option<ClearFiles>,
        /// The row stays, without what `take` took from it.
        leaves_row: bool,
        words: &'static str,
    },
    /// A job of its own does it, because rows may only go in an order: the audit log.
    Elsewhere { job: &'static str },
}

impl Rule {
    /// Rows that go `days` after the moment in a column.
    pub const fn erase(key: &'static str, label: &'static str, moment: &'static str, days: u32) -> Rule {
        Rule {
            key,
            label,
            from: "",
            moment,
            due: None,
            only: "1",
            row: "id",
            children: &[],
            days,
            least: days,
            most: days,
            because: "",
            is_on: true,
            may_be_off: false,
            action: Action::Erase,
            source: "",
        }
    }

    /// What the days count from, in words.
    pub const fn from(mut self, from: &'static str) -> Rule {
        self.from = from;
        self
    }

    /// The promise behind it.
    pub const fn source(mut self, source: &'static str) -> Rule {
        self.source = source;
        self
    }

    /// A workspace may choose from so many to so many days.
    pub const fn between(mut self, least: u32, most: u32) -> Rule {
        self.least = least;
        self.most = most;
        self
    }

    pub const fn because(mut self, because: &'static str) -> Rule {
        self.because = because;
        self
    }

    pub const fn only(mut self, only: &'static str) -> Rule {
        self.only = only;
        self
    }

    pub const fn due(mut self, due: &'static str) -> Rule {
        self.due = Some(due);
        self
    }

    pub const fn row(mut self, row: &'static str) -> Rule {
        self.row = row;
        self
    }

    pub const fn with(mut self, children: &'static [(&'static str, &'static str)]) -> Rule {
        self.children = children;
        self
    }

    pub const fn action(mut self, action: Action) -> Rule {
        self.action = action;
        self
    }

    /// A workspace may switch it off, and begins with it on.
    pub const fn may_be_off(mut self) -> Rule {
        self.may_be_off = true;
        self
    }

    /// It does nothing until a workspace switches it on.
    pub const fn off_at_first(mut self) -> Rule {
        self.may_be_off = true;
        self.is_on = false;
        self
    }

    /// True when a workspace has something to choose.
    pub fn is_editable(&self) -> bool {
        self.may_be_off || self.least < self.most
    }

    /// What becomes of the rows, in words after "then".
    pub fn words(&self) -> &'static str {
        match self.action {
            Action::Erase => "erased",
            Action::Redact { words, .. } | Action::Hook { words, .. } => words,
            Action::Elsewhere { .. } => "erased, the oldest first",
        }
    }

    /// True when one number names a row.
    pub fn has_id(&self) -> bool {
        !self.row.contains(',')
    }

    /// True when rows go; false when some of their columns are emptied.
    pub fn takes_rows(&self) -> bool {
        !matches!(self.action, Action::Redact { .. } | Action::Hook { leaves_row: true, .. })
    }
}

/// Keys are unique: a test sees to it.
impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.key == other.key
    }
}

impl Eq for Rule {}
