//! What becomes of a row: judged without writing for a check, or written.

use std::collections::HashSet;

use super::draft::{self, Draft};
use super::rows::Row;
use super::{Import, Mode, Object, company_record};
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::id::{ContactId, MemberId};
use crate::members::directory::Directory;
use crate::people::contacts::{self, NewContact, inserter::Inserter};
use crate::people::custom_fields::{CustomValue, Definitions, Typed};
use crate::people::identities::{self, Identity};
use crate::people::record::{Access, Record};
use crate::people::text::{Faults, sort_key};
use crate::people::undo::{Change, Made};
use crate::people::{email, notes, settings};
use crate::visitor::Reach;

/// What became of a row, or would.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    LeftOut { field: String, message: String },
}

impl Outcome {
    pub fn left_out(field: &str, message: impl Into<String>) -> Outcome {
        Outcome::LeftOut { field: field.to_owned(), message: message.into() }
    }
}

/// Decides about rows, one after the other.
pub struct Judge<'i> {
    pub import: &'i Import,
    pub directory: Directory,
    pub access: Access,
    pub definitions: Definitions,
    /// Addresses, numbers and names that earlier rows of a check would have made.
    pub seen: HashSet<String>,
}

impl<'i> Judge<'i> {
    pub fn new(import: &'i Import, directory: Directory, definitions: Definitions) -> Judge<'i> {
        Judge { import, directory, access: access(import), definitions, seen: HashSet::new() }
    }

    /// What a row would become. Changes nothing.
    pub fn check(&mut self, db: &Db, row: &Row) -> Result<Outcome, Error> {
        match self.import.object {
            Object::Contact => self.check_contact(db, row),
            Object::Company => company_record::check(self, db, row),
        }
    }

    /// The member a row's owner column names; the importing member without one.
    pub fn owner(&self, email: &str) -> Result<Option<MemberId>, Outcome> {
        if email.is_empty() {
            return Ok(self.import.created_by);
        }
        let owner = self.directory.by_email(email).map(|person| person.id);
        match owner {
            None => Err(Outcome::left_out("owner", format!("No active member has the address {email}."))),
            owner if owner != self.import.created_by && !self.import.may_assign => {
                Err(Outcome::left_out("owner", "You may not give records to others."))
            }
            owner => Ok(owner),
        }
    }

    /// What the values in the workspace's own fields would do to a record that has `before`, or to a new one:
    /// whether they change it, or why the row is left out.
    pub fn own_fields(
        &self,
        db: &Db,
        typed: &Typed,
        before: Option<&[CustomValue]>,
    ) -> Result<Result<bool, Outcome>, Error> {
        let country = settings::service::default_country(db)?;
        let mut faults = Faults::default();
        let checked = match before {
            None => self.definitions.check_new(db, typed, &country, &mut faults)?,
            Some(before) => self.definitions.check(db, typed, before, &country, &mut faults)?,
        };
        let Err(mut errors) = faults.none_or(()) else { return Ok(Ok(!checked.is_empty())) };
        errors.retain(|error| !self.is_in_the_file(error, typed));
        if errors.is_empty() { Ok(Ok(true)) } else { invalid(Error::Invalid(errors)).map(Err) }
    }

    /// A relation to a record that an earlier row makes: a check writes nothing, so it cannot be found yet.
    fn is_in_the_file(&self, error: &FieldError, typed: &Typed) -> bool {
        let Some(key) = error.field.strip_prefix(draft::OWN) else { return false };
        let is_relation = self.definitions.find(key).is_some_and(|field| field.target == Some(self.import.object));
        let is_seen = |text: &String| {
            self.seen.contains(&sort_key(text))
                || email::normalise(text).is_some_and(|address| self.seen.contains(&address))
        };
        is_relation
            && matches!(error.code, "unknown_record" | "required")
            && typed.get(key).is_some_and(|texts| !texts.is_empty() && texts.iter().all(is_seen))
    }

    /// Whether other records of the file may point at one by its name.
    fn has_relations(&self) -> bool {
        self.definitions.live().any(|field| field.target == Some(self.import.object))
    }

    fn check_contact(&mut self, db: &Db, row: &Row) -> Result<Outcome, Error> {
        let mut draft = draft::contact(&row.fields, &self.import.mapping, &self.definitions);
        match self.owner(&draft.owner) {
            Ok(owner) => draft.new.owner = owner,
            Err(outcome) => return Ok(outcome),
        }
        let country = settings::service::default_country(db)?;
        let checked = match draft.new.checked(&country) {
            Ok(checked) => checked,
            Err(errors) => return invalid(Error::Invalid(errors)),
        };
        let keys: Vec<String> = checked.identities.iter().map(|identity| identity.normalised.clone()).collect();
        let outcome = match self.known(db, &checked.identities)? {
            Known::Many => return Ok(ambiguous()),
            Known::One(id) if self.import.mode != Mode::Create => {
                let known = match contacts::service::get(db, id, &self.access.edit) {
                    Ok(known) => known,
                    Err(Error::NotFound(_)) => return Ok(not_yours()),
                    Err(error) => return Err(error),
                };
                let merged = NewContact { custom: Typed::new(), ..draft::merged(&known, &draft, self.import) };
                let is_same = merged == known.to_new() && draft.company.is_empty() && draft.note.is_empty();
                match self.own_fields(db, &draft.new.custom, Some(&known.custom))? {
                    Ok(false) if is_same => Outcome::Unchanged,
                    Ok(_) => Outcome::Updated,
                    Err(outcome) => outcome,
                }
            }
            Known::One(_) => known_already(),
            Known::Nobody if keys.iter().any(|key| self.seen.contains(key)) => match self.import.mode {
                Mode::Create => {
                    Outcome::left_out("", "An earlier row of this file has the same email address or phone number.")
                }
                _ => self
                    .own_fields(db, &draft.new.custom, Some(&[]))?
                    .map_or_else(|left_out| left_out, |_| Outcome::Updated),
            },
            Known::Nobody if self.import.mode == Mode::Update => nobody(),
            Known::Nobody => {
                self.own_fields(db, &draft.new.custom, None)?.map_or_else(|left_out| left_out, |_| Outcome::Created)
            }
        };
        if outcome == Outcome::Created {
            self.seen.extend(keys);
            if self.has_relations() {
                self.seen.insert(sort_key(&checked.display_name));
            }
        }
        Ok(outcome)
    }

    fn known(&self, db: &Db, list: &[Identity]) -> Result<Known, Error> {
        let mut found: Option<ContactId> = None;
        for identity in list {
            match (identities::holder(db, identity.kind, &identity.normalised)?, found) {
                (Some(holder), Some(other)) if holder.id != other => return Ok(Known::Many),
                (Some(holder), _) => found = Some(holder.id),
                (None, _) => {}
            }
        }
        Ok(found.map_or(Known::Nobody, Known::One))
    }
}

enum Known {
    Nobody,
    One(ContactId),
    Many,
}

/// Writes the rows of one batch.
pub struct Writer<'w, 'i, 't, 'a> {
    judge: &'w Judge<'i>,
    tx: &'t Tx<'a>,
    inserter: Inserter<'t, 'a>,
    country: String,
    change: Change,
}

impl<'w, 'i, 't, 'a> Writer<'w, 'i, 't, 'a> {
    /// Everything it writes is part of `change`.
    pub fn new(judge: &'w Judge<'i>, tx: &'t Tx<'a>, change: Change) -> Result<Writer<'w, 'i, 't, 'a>, Error> {
        let inserter = Inserter::new(tx, judge.access.edit.clone())?.within(change);
        Ok(Writer { judge, tx, inserter, country: settings::service::default_country(tx)?, change })
    }

    pub fn write(&mut self, row: &Row) -> Result<Outcome, Error> {
        match self.judge.import.object {
            Object::Contact => self.write_contact(row),
            Object::Company => company_record::write(self.judge, self.tx, row, self.change),
        }
    }

    fn write_contact(&mut self, row: &Row) -> Result<Outcome, Error> {
        let (judge, tx) = (self.judge, self.tx);
        let mut draft = draft::contact(&row.fields, &judge.import.mapping, &judge.definitions);
        match judge.owner(&draft.owner) {
            Ok(owner) => draft.new.owner = owner,
            Err(outcome) => return Ok(outcome),
        }
        if judge.import.mode == Mode::Create {
            return self.create(draft);
        }
        let checked = match draft.new.checked(&self.country) {
            Ok(checked) => checked,
            Err(errors) => return invalid(Error::Invalid(errors)),
        };
        match judge.known(tx, &checked.identities)? {
            Known::Many => Ok(ambiguous()),
            Known::Nobody if judge.import.mode == Mode::Update => Ok(nobody()),
            Known::Nobody => self.create(draft),
            Known::One(id) => self.update(id, draft),
        }
    }

    fn create(&mut self, mut draft: Draft) -> Result<Outcome, Error> {
        if draft.new.source.is_empty() {
            draft.new.source = "import".into();
        }
        match self.inserter.insert_at(&draft.new, &draft.company) {
            Ok(id) => {
                self.add_note(id, &draft.note)?;
                Ok(Outcome::Created)
            }
            Err(error) => invalid(error),
        }
    }

    fn update(&mut self, id: ContactId, mut draft: Draft) -> Result<Outcome, Error> {
        let known = match contacts::service::get(self.tx, id, &self.judge.access.edit) {
            Ok(known) => known,
            Err(Error::NotFound(_)) => return Ok(not_yours()),
            Err(error) => return Err(error),
        };
        if !draft.company.is_empty() {
            match self.inserter.company(&draft.company) {
                Ok(company) => draft.new.company = Some(company),
                Err(error) => return invalid(error),
            }
        }
        let merged = draft::merged(&known, &draft, self.judge.import);
        let update = || contacts::service::update(self.tx, id, None, &merged, &self.judge.access);
        let changed = match self.change.touch(self.tx, Record::Contact(id), update) {
            Ok(changed) => changed,
            Err(error) => return invalid(error),
        };
        let has_note = self.add_note(id, &draft.note)?;
        Ok(if changed.is_empty() && !has_note { Outcome::Unchanged } else { Outcome::Updated })
    }

    fn add_note(&self, id: ContactId, note: &str) -> Result<bool, Error> {
        if note.is_empty() {
            return Ok(false);
        }
        let note = notes::service::import(self.tx, Record::Contact(id), note, self.judge.import.created_by)?;
        self.change.made(self.tx, Made::Note, note.0)?;
        Ok(true)
    }
}

/// What the importing member may do, as it was when the import was made.
fn access(import: &Import) -> Access {
    let edit = match &import.reach {
        None => Reach::Everything,
        Some(json) => {
            let ids: Vec<i64> = serde_json::from_str(json).unwrap_or_default();
            Reach::OwnedBy(ids.into_iter().map(MemberId).collect())
        }
    };
    let assign = if import.may_assign { edit.clone() } else { Reach::Nothing };
    Access { view: edit.clone(), edit, assign, delete: Reach::Nothing }
}

/// A broken rule leaves the row out; anything else ends the batch.
pub fn invalid(error: Error) -> Result<Outcome, Error> {
    match error {
        Error::Invalid(errors) => Ok(errors.into_iter().next().map_or_else(
            || Outcome::left_out("", "The row breaks a rule."),
            |error| Outcome::LeftOut { field: error.field.into_owned(), message: error.message },
        )),
        Error::Forbidden | Error::NotFound(_) => Ok(not_yours()),
        error => Err(error),
    }
}

fn ambiguous() -> Outcome {
    Outcome::left_out(
        "",
        "Its email addresses and phone numbers belong to different contacts. Merge them first, or split the row.",
    )
}

fn known_already() -> Outcome {
    Outcome::left_out("", "Another contact has this email address or phone number already.")
}

fn nobody() -> Outcome {
    Outcome::left_out("", "Nobody has this email address or phone number yet, and this import adds nobody.")
}

pub fn not_yours() -> Outcome {
    Outcome::left_out("", "A record with this is there already, and you may not change it.")
}
