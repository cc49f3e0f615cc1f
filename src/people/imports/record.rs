//! What becomes of a row: judged without writing for a check. `writer` does what is decided here.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::consents::{self, Remarks, Said};
use super::deciding::{Likely, Likeness};
use super::draft;
use super::fields::{Fields, OWN};
use super::plan::Plan;
use super::rows::Row;
use super::{Import, Mode, Object, company_record, employer};
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::id::{ContactId, MemberId};
use crate::members::directory::Directory;
use crate::people::contacts::{self, NewContact};
use crate::people::custom_fields::{CustomValue, Typed};
use crate::people::identities::{self, Identity};
use crate::people::record::Access;
use crate::people::text::{Faults, sort_key};
use crate::people::{email, settings};
use crate::visitor::Reach;

/// What became of a row, or would.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    /// It resembles somebody, and somebody decided that it is left alone.
    Skipped,
    LeftOut {
        field: String,
        message: String,
    },
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
    pub fields: Fields,
    pub plan: Plan,
    /// Addresses, numbers and names that earlier rows of a check would have made.
    pub seen: Seen,
    /// Finds whom rows resemble; `None` outside the check of people.
    pub likeness: Option<Likeness>,
    /// Rows since it was last looked at that resemble somebody.
    pub resembling: Vec<Likely>,
    /// What became of what rows say about consents, since it was last looked at.
    pub remarks: Remarks,
}

/// Texts as 64-bit hashes: a million rows have more of them than should lie in memory.
#[derive(Default)]
pub struct Seen(HashSet<u64>);

impl Seen {
    pub fn add(&mut self, text: &str) {
        self.0.insert(hash(text));
    }

    pub fn has(&self, text: &str) -> bool {
        self.0.contains(&hash(text))
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

impl<'i> Judge<'i> {
    pub fn new(import: &'i Import, directory: Directory, fields: Fields) -> Judge<'i> {
        let plan = Plan::new(&fields, &import.mapping, &import.treatments, &import.columns);
        let access = access(import.reach.as_deref(), import.may_assign);
        let (seen, likeness, resembling) = (Seen::default(), None, Vec::new());
        Judge { import, directory, access, fields, plan, seen, likeness, resembling, remarks: Remarks::default() }
    }

    /// What the importing member may do with the company beside a person.
    pub fn company_access(&self, is_made_here: bool) -> Access {
        match &self.import.company_reach {
            _ if is_made_here => Access::everything(),
            Some(reach) => access(reach.as_deref(), false),
            None => access(Some("[]"), false),
        }
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
            None => self.fields.own.check_new(db, typed, &country, &mut faults)?,
            Some(before) => self.fields.own.check(db, typed, before, &country, &mut faults)?,
        };
        let Err(mut errors) = faults.none_or(()) else { return Ok(Ok(!checked.is_empty())) };
        errors.retain(|error| !self.is_in_the_file(error, typed));
        if errors.is_empty() { Ok(Ok(true)) } else { invalid(Error::Invalid(errors)).map(Err) }
    }

    /// A relation to a record that an earlier row makes: a check writes nothing, so it cannot be found yet.
    fn is_in_the_file(&self, error: &FieldError, typed: &Typed) -> bool {
        let Some(key) = error.field.strip_prefix(OWN) else { return false };
        let is_relation = self.fields.own.find(key).is_some_and(|field| field.target == Some(self.import.object));
        let is_seen = |text: &String| {
            self.seen.has(&sort_key(text)) || email::normalise(text).is_some_and(|address| self.seen.has(&address))
        };
        is_relation
            && matches!(error.code, "unknown_record" | "required")
            && typed.get(key).is_some_and(|texts| !texts.is_empty() && texts.iter().all(is_seen))
    }

    /// Whether other records of the file may point at one by its name.
    fn has_relations(&self) -> bool {
        self.fields.own.live().any(|field| field.target == Some(self.import.object))
    }

    fn check_contact(&mut self, db: &Db, row: &Row) -> Result<Outcome, Error> {
        let mut draft = draft::contact(&row.fields, &self.plan, &self.fields);
        match self.owner(&draft.owner) {
            Ok(owner) => draft.new.owner = owner,
            Err(outcome) => return Ok(outcome),
        }
        let country = settings::service::default_country(db)?;
        let checked = match draft.new.checked(&country) {
            Ok(checked) => checked,
            Err(errors) => return invalid(Error::Invalid(errors)),
        };
        if let Some(outcome) = employer::check(self, db, &draft, &country)? {
            return Ok(outcome);
        }
        let said = match self.said(db, row) {
            Ok(said) => said,
            Err(outcome) => return Ok(outcome),
        };
        let keys: Vec<String> = checked.identities.iter().map(|identity| identity.normalised.clone()).collect();
        let known = self.known(db, &checked.identities)?;
        let person = if let Known::One(id) = known { Some(id) } else { None };
        let mut outcome = match known {
            Known::Many => return Ok(ambiguous()),
            Known::One(id) if self.import.mode != Mode::Create => {
                let known = match contacts::service::get(db, id, &self.access.edit) {
                    Ok(known) if known.restricted => return Ok(restricted()),
                    Ok(known) => known,
                    Err(Error::NotFound(_)) => return Ok(not_yours()),
                    Err(error) => return Err(error),
                };
                let merged = NewContact { custom: Typed::new(), ..draft::merged(&known, &draft, self.import) };
                let says_company = !draft.company.is_empty() || draft.has_beside();
                let is_same = merged == known.to_new() && !says_company && draft.note.is_empty();
                match self.own_fields(db, &draft.new.custom, Some(&known.custom))? {
                    Ok(false) if is_same => Outcome::Unchanged,
                    Ok(_) => Outcome::Updated,
                    Err(outcome) => outcome,
                }
            }
            Known::One(_) => known_already(),
            Known::Nobody if keys.iter().any(|key| self.seen.has(key)) => match self.import.mode {
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
        if matches!(outcome, Outcome::Created | Outcome::Updated | Outcome::Unchanged) {
            let (line, of) = (i64::try_from(row.line).unwrap_or(i64::MAX), (person, &*checked.identities));
            let writes = consents::judge(db, &self.fields.purposes, &said, line, of, &mut self.remarks)?;
            if writes && outcome == Outcome::Unchanged {
                outcome = Outcome::Updated;
            }
        }
        if outcome == Outcome::Created {
            keys.iter().for_each(|key| self.seen.add(key));
            if self.has_relations() {
                self.seen.add(&sort_key(&checked.display_name));
            }
            self.look_for_likeness(db, row, &checked.display_name, &draft.company)?;
        }
        Ok(outcome)
    }

    /// What a row says about consents; why it is left out, where that cannot be read.
    pub fn said(&self, db: &Db, row: &Row) -> Result<Vec<Said>, Outcome> {
        consents::read(row, &self.plan, &self.fields.purposes, self.import, db)
    }

    /// Notes whom a row resembles that would make a contact.
    fn look_for_likeness(&mut self, db: &Db, row: &Row, name: &str, company: &str) -> Result<(), Error> {
        let Some(likeness) = &mut self.likeness else { return Ok(()) };
        let line = i64::try_from(row.line).unwrap_or(i64::MAX);
        if let Some((whom, reasons)) = likeness.find(db, name, company, &self.access.edit)? {
            self.resembling.push(Likely { line, name: name.to_owned(), whom, reasons });
        }
        likeness.add(db, line, name, company)
    }

    pub fn known(&self, db: &Db, list: &[Identity]) -> Result<Known, Error> {
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

/// Who has the addresses and numbers of a row.
pub enum Known {
    Nobody,
    One(ContactId),
    Many,
}

/// What the importing member may do, as it was when the import was made. `reach` as `Reach::owners_json` says it.
fn access(reach: Option<&str>, may_assign: bool) -> Access {
    let edit = match reach {
        None => Reach::Everything,
        Some(json) => {
            let ids: Vec<i64> = serde_json::from_str(json).unwrap_or_default();
            Reach::OwnedBy(ids.into_iter().map(MemberId).collect())
        }
    };
    let assign = if may_assign { edit.clone() } else { Reach::Nothing };
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

pub fn ambiguous() -> Outcome {
    Outcome::left_out(
        "",
        "Its email addresses and phone numbers belong to different contacts. Merge them first, or split the row.",
    )
}

pub fn known_already() -> Outcome {
    Outcome::left_out("", "Another contact has this email address or phone number already.")
}

pub fn nobody() -> Outcome {
    Outcome::left_out("", "Nobody has this email address or phone number yet, and this import adds nobody.")
}

/// Their data is kept as it is: no file changes it (Art. 18).
pub fn restricted() -> Outcome {
    Outcome::left_out("", "This person asked for their data to be kept and not used, so no file changes it.")
}

pub fn not_yours() -> Outcome {
    Outcome::left_out("", "A record with this is there already, and you may not change it.")
}
