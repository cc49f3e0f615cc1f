//! Members named in a note: read from what is typed, kept by their id, shown by the name they have now.
//!
//! `@` and a full name, or `@` and what stands before the @ of an email address, is a mention. In the
//! words of the note it becomes a mark that holds the member's id, so that a new name shows everywhere
//! and a removed member's name nowhere.

pub mod pages;
mod store;
#[cfg(test)]
mod tests;

use crate::app::App;
use crate::error::Error;
use crate::id::{MemberId, WorkspaceId};
use crate::members::directory::{self, Directory, Person};
use crate::members::standing::{self, Standings};
use crate::people::record::Record;
use crate::people::text::clean;
use crate::permission::Action;

pub use store::{of, set};

/// Around the id of a member. Private use characters: nobody types them, and the search index takes
/// them for letters, so that a mark is one word of it that no snippet cuts.
const OPEN: char = '\u{e0a1}';
const CLOSE: char = '\u{e0a2}';

/// What a mention of somebody says who was removed from the workspace.
const FORMER: &str = "a former member";

/// The members of a workspace, and what each may see: who can be named, and who can be told.
pub struct Audience {
    pub directory: Directory,
    pub standings: Standings,
}

impl Audience {
    pub fn of(app: &App, workspace: WorkspaceId) -> Result<Audience, Error> {
        Ok(Audience {
            directory: directory::directory(app, workspace)?,
            standings: standing::standings(app, workspace)?,
        })
    }

    /// True when the member may see a record of this owner.
    pub fn sees(&self, member: MemberId, record: Record, owner: Option<MemberId>) -> bool {
        self.standings.reach(member, Action::View, record.area()).covers(owner)
    }
}

/// What was typed, with marks in place of mentions.
#[derive(Debug, PartialEq, Eq)]
pub struct Resolved {
    pub body: String,
    /// Each once, in the order of the text.
    pub members: Vec<MemberId>,
    /// What looks like a mention and is none. It stays as text.
    pub unclear: Vec<Unclear>,
}

/// A word after an @ that names nobody, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// With its @.
    pub text: String,
    /// False: it fits nobody.
    pub is_ambiguous: bool,
}

impl Unclear {
    /// What to tell the author.
    pub fn words(&self) -> String {
        match self.is_ambiguous {
            true => format!(
                "{} fits more than one member, so nobody was told. Write what stands before the @ of their email address.",
                self.text
            ),
            false => format!("{} fits no member, so it stays as text.", self.text),
        }
    }
}

/// A part of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Text(String),
    /// A member, and what to call them today.
    Mention(MemberId, String),
}

/// Reads the mentions in what somebody typed.
///
/// `before` is the text that it replaces: a mention of somebody who has left can only be kept, and
/// stands in the form as "@a former member".
pub fn resolve(text: &str, directory: &Directory, before: &str) -> Resolved {
    let text = without_marks(text);
    let mut left = segments(before, directory).into_iter().filter_map(|segment| match segment {
        Segment::Mention(id, name) if name == FORMER => Some(id),
        _ => None,
    });
    let mut resolved = Resolved { body: String::with_capacity(text.len()), members: Vec::new(), unclear: Vec::new() };
    let mut rest = text.as_str();
    let mut previous = None;
    while let Some(at) = rest.find('@') {
        let (plain, after) = (&rest[..at], &rest[at + 1..]);
        resolved.body.push_str(plain);
        previous = plain.chars().next_back().or(previous);
        let found = if previous.is_some_and(is_of_a_word) { Found::Nothing } else { find(after, directory) };
        let length = match (begins(after, FORMER), found) {
            (Some(length), _) if let Some(id) = left.next() => {
                resolved.take(id);
                length
            }
            (_, Found::One(length, id)) => {
                resolved.take(id);
                length
            }
            (_, Found::Unclear(length, is_ambiguous)) => {
                let text = format!("@{}", &after[..length]);
                resolved.body.push_str(&text);
                let unclear = Unclear { text, is_ambiguous };
                if !resolved.unclear.contains(&unclear) {
                    resolved.unclear.push(unclear);
                }
                length
            }
            (_, Found::Nothing) => {
                resolved.body.push('@');
                0
            }
        };
        previous = after[..length].chars().next_back().or(Some('@'));
        rest = &after[length..];
    }
    resolved.body.push_str(rest);
    resolved
}

/// The text as people can have meant it: nobody types a mark.
pub fn without_marks(text: &str) -> String {
    text.chars().filter(|c| !matches!(*c, OPEN | CLOSE)).collect()
}

impl Resolved {
    fn take(&mut self, id: MemberId) {
        self.body.extend([OPEN.to_string(), id.to_string(), CLOSE.to_string()]);
        if !self.members.contains(&id) {
            self.members.push(id);
        }
    }
}

/// What stands after an @, with its length in bytes.
enum Found {
    One(usize, MemberId),
    Unclear(usize, bool),
    Nothing,
}

fn find(after: &str, directory: &Directory) -> Found {
    let named: Vec<(usize, MemberId)> =
        directory.active().filter_map(|person| Some((begins(after, &clean(&person.name))?, person.id))).collect();
    // "Ana Lima Sol" is not "Ana Lima".
    let longest = named.iter().map(|(length, _)| *length).max().unwrap_or(0);
    let fitting: Vec<MemberId> = named.iter().filter(|(length, _)| *length == longest).map(|(_, id)| *id).collect();
    match fitting.as_slice() {
        [] => {}
        [one] => return Found::One(longest, *one),
        _ => return Found::Unclear(longest, true),
    }
    let end = after.find(|c: char| !is_of_a_word(c)).unwrap_or(after.len());
    let word = after[..end].trim_end_matches(['.', '-', '_', '+']);
    let mut fitting = directory.active().filter(|person| handle(person).eq_ignore_ascii_case(word));
    match (fitting.next(), fitting.next()) {
        _ if word.is_empty() => Found::Nothing,
        (Some(one), None) => Found::One(word.len(), one.id),
        (first, _) => Found::Unclear(word.len(), first.is_some()),
    }
}

/// What stands before the @ of somebody's address.
fn handle(person: &Person) -> &str {
    person.email.split('@').next().unwrap_or_default()
}

/// True within names of mailboxes: an @ after such a letter belongs to an address.
fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+')
}

/// How many bytes of `text` are `name`, in whatever case, as words of their own.
fn begins(text: &str, name: &str) -> Option<usize> {
    let mut wanted = name.chars().flat_map(char::to_lowercase).peekable();
    let mut letters = text.char_indices();
    wanted.peek()?;
    while wanted.peek().is_some() {
        let (_, letter) = letters.next()?;
        if letter.to_lowercase().any(|lower| wanted.next() != Some(lower)) {
            return None;
        }
    }
    let rest = letters.as_str();
    let is_whole = rest.chars().next().is_none_or(|next| !next.is_alphanumeric());
    is_whole.then_some(text.len() - rest.len())
}

/// The parts of a note's words.
pub fn segments(body: &str, directory: &Directory) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut rest = body;
    while let Some((plain, after)) = rest.split_once(OPEN) {
        if !plain.is_empty() {
            segments.push(Segment::Text(plain.to_owned()));
        }
        let (id, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        if let Ok(id) = id.parse().map(MemberId) {
            segments.push(Segment::Mention(id, name(id, directory)));
        }
        rest = after;
    }
    if !rest.is_empty() {
        segments.push(Segment::Text(rest.to_owned()));
    }
    segments
}

/// The words with the numbers of those whom they name so much higher: the workspace was moved.
pub fn moved(body: &str, by: i64) -> String {
    let mut moved = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((plain, after)) = rest.split_once(OPEN) {
        moved.push_str(plain);
        moved.push(OPEN);
        rest = after;
        if let Some((number, after)) = after.split_once(CLOSE)
            && let Ok(id) = number.parse::<i64>()
            && id.to_string() == number
        {
            moved.push_str(&id.saturating_add(by).to_string());
            moved.push(CLOSE);
            rest = after;
        }
    }
    moved.push_str(rest);
    moved
}

/// Everybody the words name.
pub fn members(body: &str) -> Vec<MemberId> {
    let named = segments(body, &Directory::default()).into_iter().filter_map(|segment| match segment {
        Segment::Mention(id, _) => Some(id),
        Segment::Text(_) => None,
    });
    named.collect()
}

/// What to call somebody who is named: by today's name, while they belong to the workspace.
pub fn name(id: MemberId, directory: &Directory) -> String {
    match directory.find(id) {
        Some(person) if !person.has_left => person.name.clone(),
        _ => FORMER.to_owned(),
    }
}

/// The words for programs and for reading aloud: each mention is an @ and a name.
pub fn plain(body: &str, directory: &Directory) -> String {
    joined(body, directory, |_, name| format!("@{name}"))
}

/// The words for a form: each mention is written so that [`resolve`] finds the same member again.
pub fn typed(body: &str, directory: &Directory) -> String {
    joined(body, directory, |id, name| match directory.find_active(id) {
        Some(person) => format!("@{}", unambiguous(person, directory)),
        None => format!("@{name}"),
    })
}

/// What to type for somebody after the @: the name, or the address's first part when others share it.
pub fn unambiguous<'a>(person: &'a Person, directory: &Directory) -> &'a str {
    let name = clean(&person.name).to_lowercase();
    let shared = directory.active().filter(|other| clean(&other.name).to_lowercase() == name).count() > 1;
    if shared { handle(person) } else { &person.name }
}

/// The words with each mark as `mention` says: for readers who are no members.
pub fn unmarked(body: &str, mention: &mut dyn FnMut(MemberId) -> String) -> String {
    let nobody = Directory::default();
    let words = segments(body, &nobody).into_iter().map(|segment| match segment {
        Segment::Text(text) => text,
        Segment::Mention(id, _) => mention(id),
    });
    words.collect()
}

fn joined(body: &str, directory: &Directory, mention: impl Fn(MemberId, String) -> String) -> String {
    segments(body, directory)
        .into_iter()
        .map(|segment| match segment {
            Segment::Text(text) => text,
            Segment::Mention(id, name) => mention(id, name),
        })
        .collect()
}
