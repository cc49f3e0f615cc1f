//! What becomes of a row: judged without writing for a check, or written.

use std::collections::HashSet;

use super::draft::{self, Draft};
use super::rows::Row;
use super::{Import, Mode, Object, company_record};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ContactId, MemberId};
use crate::members::directory::Directory;
use crate::people::contacts::{self, inserter::Inserter};
use crate::people::identities::{self, Identity};
use crate::people::record::{Access, Record};
use crate::people::{companies, notes, settings};
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
    /// Addresses, numbers and names that earlier rows of a check would have made.
    pub seen: HashSet<String>,
}

impl<'i> Judge<'i> {
    pub fn new(import: &'i Import, directory: Directory) -> Judge<'i> {
        Judge { import, directory, access: access(import), seen: HashSet::new() }
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

    fn check_contact(&mut self, db: &Db, row: &Row) -> Result<Outcome, Error> {
        let mut draft = draft::contact(&row.fields, &self.import.mapping);
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
                let merged = draft::merged(&known, &draft, self.import);
                match merged == known.to_new() && draft.company.is_empty() && draft.note.is_empty() {
                    true => Outcome::Unchanged,
                    false => Outcome::Updated,
                }
            }
            Known::One(_) => known_already(),
            Known::Nobody if keys.iter().any(|key| self.seen.contains(key)) => match self.import.mode {
                Mode::Create => {
                    Outcome::left_out("", "An earlier row of this file has the same email address or phone number.")
                }
                _ => Outcome::Updated,
            },
            Known::Nobody if self.import.mode == Mode::Update => nobody(),
            Known::Nobody => Outcome::Created,
        };
        if outcome == Outcome::Created {
            self.seen.extend(keys);
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
}

impl<'w, 'i, 't, 'a> Writer<'w, 'i, 't, 'a> {
    pub fn new(judge: &'w Judge<'i>, tx: &'t Tx<'a>) -> Result<Writer<'w, 'i, 't, 'a>, Error> {
        let inserter = Inserter::new(tx, judge.access.edit.clone())?;
        Ok(Writer { judge, tx, inserter, country: settings::service::default_country(tx)? })
    }

    pub fn write(&mut self, row: &Row) -> Result<Outcome, Error> {
        match self.judge.import.object {
            Object::Contact => self.write_contact(row),
            Object::Company => company_record::write(self.judge, self.tx, row),
        }
    }

    fn write_contact(&mut self, row: &Row) -> Result<Outcome, Error> {
        let (judge, tx) = (self.judge, self.tx);
        let mut draft = draft::contact(&row.fields, &judge.import.mapping);
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
            match companies::service::find_or_create_by_name(self.tx, &draft.company) {
                Ok(company) => draft.new.company = Some(company),
                Err(error) => return invalid(error),
            }
        }
        let merged = draft::merged(&known, &draft, self.judge.import);
        let changed = match contacts::service::update(self.tx, id, None, &merged, &self.judge.access) {
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
        notes::service::import(self.tx, Record::Contact(id), note, self.judge.import.created_by)?;
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
