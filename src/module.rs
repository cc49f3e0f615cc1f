//! What a feature hands to the house: its routes, its tables, its jobs, its place in the navigation, and
//! the words for what happens in it.

use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::MemberId;
use crate::jobs::Job;
use crate::permission::{Permission, words};
use crate::privacy::data_map::{File, Table};
use crate::web::{Access, Request, Route};

/// A feature as a value. The list of them is `modules::MODULES`.
pub struct Module {
    /// One word; the first part of audit actions and job names.
    pub name: &'static str,
    pub routes: &'static [&'static [Route]],
    pub tables: &'static [&'static Table],
    pub jobs: &'static [&'static Job],
    pub navigation: &'static [NavigationItem],
    /// Lines in the operator console: label, icon, path.
    pub console: &'static [(&'static str, &'static str, &'static str)],
    /// What has a page of its own, so that history and notifications can lead there.
    pub records: &'static [&'static RecordKind],
    /// What its lines in the history of records say.
    pub timeline: &'static [&'static [&'static EntryKind]],
    /// What it tells members about.
    pub notifications: &'static [&'static [&'static NotificationKind]],
    /// Which of its records are people, and how the privacy core reaches them.
    pub persons: &'static [&'static PersonKind],
    /// What waits for the reader, in the bar above each page. One module has it.
    pub bell: Option<Bell>,
}

impl Module {
    /// A feature names what it has; the rest comes from here: `Module { name: "reference", ..Module::EMPTY }`.
    pub const EMPTY: Module = Module {
        name: "",
        routes: &[],
        tables: &[],
        jobs: &[],
        navigation: &[],
        console: &[],
        records: &[],
        timeline: &[],
        notifications: &[],
        persons: &[],
        bell: None,
    };
}

/// A line in the sidebar of a workspace. Shown only to those whom the route behind it admits.
pub struct NavigationItem {
    pub label: &'static str,
    /// A symbol of `assets/icons.svg`.
    pub icon: &'static str,
    /// The page below `/w/{slug}`, such as `/people/contacts`.
    pub path: &'static str,
    pub access: Access,
    /// Items of one group stand together; groups are divided by a space.
    pub group: u8,
    /// The key after `G`.
    pub shortcut: Option<char>,
}

/// A kind of record with a page: a contact, a company, an import.
pub struct RecordKind {
    /// The word in the columns `on_type` and `about_type`, and in the API.
    pub word: &'static str,
    /// One of them and several, in the middle of a sentence.
    pub one: &'static str,
    pub many: &'static str,
    /// The right to see one, to the level that covers its owner.
    pub needs: Permission,
    /// Its page below `/w/{slug}`.
    pub path: fn(i64) -> String,
    /// The list of those that are the reader's own.
    pub own: &'static str,
    /// The record as it is now; `None` once it is gone.
    pub find: fn(&Db, i64) -> Result<Option<FoundRecord>, Error>,
}

/// A kind of record that is a person: what the privacy core must be able to ask and do, since it knows no feature.
pub struct PersonKind {
    /// The word in the columns `on_type`, in the audit log and in the API: `contact`.
    pub word: &'static str,
    pub file: File,
    /// The table whose rows are the persons; its data map says `Subject::Is`.
    pub table: &'static str,
    /// An email address or a phone number as it is compared; `None` when it is neither.
    pub normalise: fn(&Db, IdentityKind, &str) -> Result<Option<String>, Error>,
    /// Everybody with this address or number, in the form of `normalise`, living or archived.
    pub find: fn(&Db, IdentityKind, &str) -> Result<Vec<i64>, Error>,
    /// Every id the person ever had: their own first, then those of records that were merged into it.
    pub ids: fn(&Db, i64) -> Result<Vec<i64>, Error>,
    /// What they are called; `None` once they are gone.
    pub name: fn(&Db, i64) -> Result<Option<String>, Error>,
    /// The ways to reach them, emails first.
    pub identities: fn(&Db, i64) -> Result<Vec<KnownIdentity>, Error>,
    /// Keeps their data from being used, or lets it be used again (Art. 18). The caller writes the audit entry.
    pub restrict: fn(&Tx, i64, bool) -> Result<(), Error>,
}

words! {
    /// How a person is told from others.
    IdentityKind {
        Email = "email",
        Phone = "phone",
    }
}

/// One way to reach a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownIdentity {
    pub kind: IdentityKind,
    /// As it was typed.
    pub value: String,
    /// As it is compared.
    pub normalised: String,
}

/// What is asked of a record before it is named to somebody.
pub struct FoundRecord {
    pub name: String,
    pub owner: Option<MemberId>,
}

/// One record of any kind: its [`RecordKind::word`] and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub kind: &'static str,
    pub id: i64,
}

/// A kind of line in the history of a record.
pub struct EntryKind {
    /// The word in the column `kind` and in the API; unique in the house.
    pub word: &'static str,
    pub group: &'static EntryGroup,
    /// A symbol of `assets/icons.svg`.
    pub icon: &'static str,
    /// What stands after the name of who did it. `{fields}` becomes the labels of the fields, `{about}`
    /// the record that the line is about, with a link for those who may see it.
    pub words: &'static str,
    /// A right that one needs to see it, beside that to see the record.
    pub needs: Option<Permission>,
}

/// Kinds of lines that the filter of a history offers as one.
pub struct EntryGroup {
    /// The word in the address.
    pub word: &'static str,
    pub label: &'static str,
}

/// A kind of notification.
pub struct NotificationKind {
    /// The word in the column `kind` and in the API; unique in the house.
    pub word: &'static str,
    /// Its row in the settings, as the member would say it: "Somebody mentions me in a note".
    pub label: &'static str,
    /// A symbol of `assets/icons.svg`.
    pub icon: &'static str,
    /// `{who}` becomes the member who caused it, `{record}` the record it is about.
    pub words: &'static str,
    /// The same for several records, which then count as one notification; `{many}` becomes "12 contacts".
    /// `None`: each is told by itself.
    pub gathered: Option<&'static str>,
    /// One and several of them, for mails, which name nobody.
    pub counted: (&'static str, &'static str),
    /// What holds until a member chooses something else.
    pub in_app: bool,
    pub mail: MailChoice,
}

words! {
    /// When a member hears of something by mail.
    MailChoice {
        Never = "never",
        /// Within minutes.
        Soon = "soon",
        /// In the digest of the day.
        Daily = "daily",
    }
}

/// The bell above each page of a workspace.
pub struct Bell {
    /// The page behind it, below `/w/{slug}`.
    pub path: &'static str,
    /// Answers with the bell alone, as it is by now.
    pub refresh: &'static str,
    /// Where a member chooses what to hear of.
    pub settings: &'static str,
    /// How many things wait for the member of the request.
    pub unread: fn(&Request) -> Result<i64, Error>,
}

/// The kind of record with this word.
pub fn record_kind(modules: &'static [&'static Module], word: &str) -> Option<&'static RecordKind> {
    modules.iter().flat_map(|module| module.records).copied().find(|kind| kind.word == word)
}

/// Every kind of person that the file holds.
pub fn persons(modules: &'static [&'static Module], file: File) -> impl Iterator<Item = &'static PersonKind> {
    modules.iter().flat_map(|module| module.persons).copied().filter(move |kind| kind.file == file)
}
