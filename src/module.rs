//! What a feature hands to the house: its routes, its tables, its jobs, its place in the navigation, and
//! the words for what happens in it.

use std::io::Read;

use rusqlite::types::Value;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::blobs::NewBlob;
use crate::db::{Db, Origin, Tx, Workspace};
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
    /// Files that its rows name, for the copy of a person's data.
    pub files: &'static [&'static FileKind],
    /// Files that wait to be read and then go: erasure looks into them, and discards those that name the person.
    pub passing_files: &'static [&'static PassingFiles],
    /// Its texts that name members by their numbers, which are others after a move.
    pub named_members: &'static [&'static NamedMembers],
    /// Remove files whose rows are gone. Called after the commit.
    pub clear_files: &'static [ClearFiles],
    /// What is kept of records a second time, for searching, and must follow when a word of theirs is taken out.
    pub indexes: &'static [&'static Index],
    /// Columns that a workspace defines at run time, for the data map.
    pub defined: &'static [&'static DefinedColumns],
    /// Take away what it keeps for a member in a workspace: settings, notifications. The caller audits.
    pub forget_member: &'static [ForgetMember],
    /// Settle what came with an imported workspace and was under way elsewhere. The caller audits.
    pub arrived: &'static [Arrived],
    /// What waits for the reader, in the bar above each page. One module has it.
    pub bell: Option<Bell>,
    /// Things that wait behind a line of the sidebar: its path, and how many there are.
    pub waiting: &'static [(&'static str, CountWaiting)],
}

/// See [`Module::clear_files`].
pub type ClearFiles = fn(&Workspace, Timestamp, &Origin) -> Result<(), Error>;
/// See [`Module::forget_member`].
pub type ForgetMember = fn(&Tx, MemberId) -> Result<(), Error>;
/// Opens the content of the file of a row.
pub type OpenFile = fn(&App, &Workspace, i64) -> Result<Box<dyn Read>, Error>;
/// See [`FileKind::open_row`].
pub type OpenRow = fn(&App, &Workspace, &[Value]) -> Result<Box<dyn Read>, Error>;
/// See [`FileKind::take_row`].
pub type TakeRow = fn(&App, &Workspace, &[Value], Option<&mut dyn Read>) -> Result<TakenRow, Error>;
/// See [`FileKind::take`].
pub type TakeFile = fn(&App, &Workspace, &Tx, i64, Option<&mut dyn Read>) -> Result<Vec<NewBlob>, Error>;
/// See [`Module::arrived`].
pub type Arrived = fn(&Tx) -> Result<(), Error>;
/// See [`Index::belongs`].
pub type Belongs = fn(&Db, &str, i64, &str) -> Result<Vec<Target>, Error>;

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
        files: &[],
        passing_files: &[],
        named_members: &[],
        clear_files: &[],
        indexes: &[],
        defined: &[],
        forget_member: &[],
        arrived: &[],
        bell: None,
        waiting: &[],
    };
}

/// Counts what waits in a workspace; asked for with every page, so it must be one look at an index.
pub type CountWaiting = fn(&Db) -> Result<i64, Error>;

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
    /// Everything they were ever called or reached by under this id: now, before a change, in the trash.
    pub was: fn(&Db, i64) -> Result<Vec<KnownValue>, Error>,
    /// Those whom these words find, the likeliest first, whoever they belong to: for who answers people's requests.
    pub search: fn(&Db, &str, i64) -> Result<Vec<i64>, Error>,
    /// Every field that can be corrected, also those that no form shows, as it is now.
    pub fields: fn(&Db, i64) -> Result<Vec<PersonField>, Error>,
    /// Corrects fields, by the names that `fields` gives them. Checks them as if they had been typed and writes its
    /// own audit entry.
    pub correct: fn(&Tx, i64, &[Correction]) -> Result<(), Error>,
    /// Keeps their data from being used, or lets it be used again (Art. 18). The caller writes the audit entry.
    pub restrict: fn(&Tx, i64, bool) -> Result<(), Error>,
    /// Takes everything out of their own row that says who they are, and leaves a mark: they were erased, and something
    /// that a legal hold keeps hangs on the row. The caller writes the audit entry.
    pub empty: fn(&Tx, i64) -> Result<(), Error>,
    /// Everybody who is called exactly this, whatever the case and the accents; at most a few of them.
    pub called: fn(&Db, &str) -> Result<Vec<i64>, Error>,
    /// A text of the feature's with plain words in place of its marks; a mark that stands for a member becomes
    /// what the function says.
    pub unmarked: fn(&str, &mut dyn FnMut(MemberId) -> String) -> String,
}

/// Files beside the database that rows of a table name.
pub struct FileKind {
    pub table: &'static str,
    /// The content of the file of one row. Fails when it is damaged or not there, also while it is read.
    pub open: OpenFile,
    /// The same for a row that only an image holds, of a record in the trash for one: its values, in the order of the
    /// table's declaration.
    pub open_row: OpenRow,
    /// Takes in the file of a row that came with an import, under a key of its own: its content, or nothing for one
    /// that was damaged. The files are kept once everything is committed. Fails on the field `file`.
    pub take: TakeFile,
    /// The same for a row that only an image holds, which its caller keeps.
    pub take_row: TakeRow,
}

/// What came of [`FileKind::take_row`].
pub struct TakenRow {
    /// Columns of the row that are others now.
    pub columns: Vec<(&'static str, Value)>,
    pub files: Vec<NewBlob>,
}

/// A column whose texts name members by their numbers.
pub struct NamedMembers {
    pub table: &'static str,
    pub column: &'static str,
    /// The text with each of these numbers so much higher. What it makes of a text, it undoes with the opposite number.
    pub moved: fn(&str, i64) -> String,
}

/// Files that wait to be read, such as those of imports.
pub struct PassingFiles {
    /// The rows that have one now.
    pub list: fn(&Db) -> Result<Vec<i64>, Error>,
    /// The content of one.
    pub open: OpenFile,
    /// Deletes them; says how many. Writes its own audit entries.
    pub discard: fn(&Tx, &Workspace, &[i64]) -> Result<usize, Error>,
}

/// Words of records, kept once more for searching.
pub struct Index {
    /// The records that a row of a table belongs to, when their words are kept: the row's number, and the text in it
    /// that goes, by which rows without a number are known.
    pub belongs: Belongs,
    /// Makes them anew.
    pub refresh: fn(&Tx, Target) -> Result<(), Error>,
}

/// Columns that a workspace defines at run time: each row of `table` is the value of one of them.
pub struct DefinedColumns {
    pub table: &'static str,
    /// Every definition there is now.
    pub list: fn(&Db) -> Result<Vec<DefinedColumn>, Error>,
    /// A value, kept under the definition with this id, as people read it.
    pub shown: fn(&Db, i64, &str) -> Result<ShownValue, Error>,
}

/// One column that a workspace defined.
pub struct DefinedColumn {
    /// The word of the kind of record that has it.
    pub on: String,
    pub key: String,
    pub label: String,
    /// What it holds: a word, and words for people.
    pub category: &'static str,
    pub category_label: &'static str,
    pub is_personal: bool,
    pub is_searchable: bool,
}

/// A value of a defined column.
pub enum ShownValue {
    Words(String),
    /// It points at another person, whom it names.
    AnotherPerson(String),
}

/// A field of a person that can be corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonField {
    /// As [`PersonKind::correct`] calls it.
    pub name: String,
    pub label: String,
    /// As it would be typed; several addresses or tags are one line, with commas.
    pub value: String,
}

/// What a field is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    pub field: String,
    pub value: String,
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

/// Something that leads to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownValue {
    Name(String),
    Identity(KnownIdentity),
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
    /// Tells a member something about a record, as far as their settings say they want to hear it.
    pub tell: fn(&Tx, MemberId, &'static NotificationKind, Target) -> Result<(), Error>,
}

/// Tells a member something, through the module that keeps what waits for members.
pub fn tell(
    modules: &'static [&'static Module],
    tx: &Tx,
    member: MemberId,
    kind: &'static NotificationKind,
    about: Target,
) -> Result<(), Error> {
    match modules.iter().find_map(|module| module.bell.as_ref()) {
        Some(bell) => (bell.tell)(tx, member, kind, about),
        None => Ok(()),
    }
}

/// The kind of record with this word.
pub fn record_kind(modules: &'static [&'static Module], word: &str) -> Option<&'static RecordKind> {
    modules.iter().flat_map(|module| module.records).copied().find(|kind| kind.word == word)
}

/// Every kind of person that the file holds.
pub fn persons(modules: &'static [&'static Module], file: File) -> impl Iterator<Item = &'static PersonKind> {
    modules.iter().flat_map(|module| module.persons).copied().filter(move |kind| kind.file == file)
}
