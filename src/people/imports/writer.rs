//! Writes the rows of one batch as they were judged, and as somebody decided about those that resemble others.

use std::collections::{HashMap, HashSet};

use super::consents::{self, Remarks, Said};
use super::deciding::{self, Resemblance};
use super::draft::{self, Draft};
use super::employer::{self, Employers};
use super::record::{Judge, Known, Outcome, ambiguous, invalid, nobody, not_yours, restricted};
use super::rows::Row;
use super::{Counts, Mode, Object, Resembling, company_record};
use crate::db::Tx;
use crate::error::Error;
use crate::id::ContactId;
use crate::people::contacts::{self, inserter::Inserter};
use crate::people::record::Record;
use crate::people::undo::{Change, Made};
use crate::people::{notes, settings, tags};

/// Rows that resemble somebody, as far as a batch has any.
#[derive(Default)]
pub struct Decided<'d> {
    pub rows: HashMap<i64, Resemblance>,
    /// Lines that later ones resemble, of the whole file.
    pub resembled: Option<&'d HashSet<i64>>,
}

/// Writes the rows of one batch.
pub struct Writer<'w, 'i, 't, 'a> {
    judge: &'w Judge<'i>,
    tx: &'t Tx<'a>,
    inserter: Inserter<'t, 'a>,
    country: String,
    change: Change,
    employers: Employers,
    decided: Decided<'w>,
    /// Line → what became of it, of lines that later ones resemble.
    made: HashMap<i64, ContactId>,
    newest_tag: i64,
    remarks: Remarks,
}

impl<'w, 'i, 't, 'a> Writer<'w, 'i, 't, 'a> {
    /// Everything it writes is part of `change`.
    pub fn new(
        judge: &'w Judge<'i>,
        tx: &'t Tx<'a>,
        change: Change,
        decided: Decided<'w>,
    ) -> Result<Writer<'w, 'i, 't, 'a>, Error> {
        let inserter = Inserter::new(tx, judge.access.edit.clone())?.within(change);
        let (employers, made, newest_tag) = (Employers::default(), HashMap::new(), tags::service::newest(tx)?);
        let country = settings::service::default_country(tx)?;
        let remarks = Remarks::default();
        Ok(Writer { judge, tx, inserter, country, change, employers, decided, made, newest_tag, remarks })
    }

    pub fn write(&mut self, row: &Row) -> Result<Outcome, Error> {
        match self.judge.import.object {
            Object::Contact => self.write_contact(row),
            Object::Company => company_record::write(self.judge, self.tx, row, self.change),
        }
    }

    /// Ends the batch: keeps which tags it made, and says what became of companies beside people and of consents.
    pub fn end(self) -> Result<(Counts, Remarks), Error> {
        // Nobody else writes while the transaction lasts: tags that are new are those of this batch.
        for tag in self.newest_tag + 1..=tags::service::newest(self.tx)? {
            self.change.made(self.tx, Made::Tag, tag)?;
        }
        Ok((self.employers.counts, self.remarks))
    }

    fn write_contact(&mut self, row: &Row) -> Result<Outcome, Error> {
        let judge = self.judge;
        let mut draft = draft::contact(&row.fields, &judge.plan, &judge.fields);
        match judge.owner(&draft.owner) {
            Ok(owner) => draft.new.owner = owner,
            Err(outcome) => return Ok(outcome),
        }
        if let Some(outcome) = employer::check(judge, self.tx, &draft, &self.country)? {
            return Ok(outcome);
        }
        let said = match judge.said(self.tx, row) {
            Ok(said) => said,
            Err(outcome) => return Ok(outcome),
        };
        let row = (i64::try_from(row.line).unwrap_or(i64::MAX), &*said);
        if judge.import.mode == Mode::Create {
            return self.add(row, draft);
        }
        let checked = match draft.new.checked(&self.country) {
            Ok(checked) => checked,
            Err(errors) => return invalid(Error::Invalid(errors)),
        };
        match judge.known(self.tx, &checked.identities)? {
            Known::Many => Ok(ambiguous()),
            Known::Nobody if judge.import.mode == Mode::Update => Ok(nobody()),
            Known::Nobody => self.add(row, draft),
            Known::One(id) => self.update(row, id, draft),
        }
    }

    /// Adds somebody nobody knows by address or number: unless they resemble somebody, and it was decided otherwise.
    fn add(&mut self, row: (i64, &[Said]), draft: Draft) -> Result<Outcome, Error> {
        let Some(found) = self.decided.rows.get(&row.0) else { return self.create(row, draft) };
        let other = found.other_line.and_then(|line| self.made.get(&line).copied()).or(found.other.map(ContactId));
        // The other may be gone by now, or never was made.
        let other = match other {
            Some(id) if contacts::service::owner(self.tx, id)?.is_some() => Some(id),
            _ => None,
        };
        match (found.decision.or(self.judge.import.on_resembling), other) {
            (Some(Resembling::Skip), Some(_)) => Ok(Outcome::Skipped),
            (Some(Resembling::Update), Some(id)) => self.update(row, id, draft),
            _ => self.create(row, draft),
        }
    }

    fn create(&mut self, row: (i64, &[Said]), mut draft: Draft) -> Result<Outcome, Error> {
        if draft.new.source.is_empty() {
            draft.new.source = "import".into();
        }
        let inserted = if draft.has_beside() {
            let (judge, tx, change) = (self.judge, self.tx, self.change);
            let (employers, country) = (&mut self.employers, &self.country);
            self.inserter.insert_beside(&draft.new, |_| employers.write(judge, tx, &draft, country, change).map(Some))
        } else {
            self.inserter.insert_at(&draft.new, &draft.company)
        };
        match inserted {
            Ok(id) => {
                self.add_note(id, &draft.full_note())?;
                self.write_said(row, id)?;
                self.remember(row.0, id)?;
                Ok(Outcome::Created)
            }
            Err(error) => invalid(error),
        }
    }

    fn update(&mut self, row: (i64, &[Said]), id: ContactId, mut draft: Draft) -> Result<Outcome, Error> {
        let known = match contacts::service::get(self.tx, id, &self.judge.access.edit) {
            Ok(known) if known.restricted => return Ok(restricted()),
            Ok(known) => known,
            Err(Error::NotFound(_)) => return Ok(not_yours()),
            Err(error) => return Err(error),
        };
        if draft.has_beside() {
            match self.employers.write(self.judge, self.tx, &draft, &self.country, self.change) {
                Ok(company) => draft.new.company = Some(company),
                Err(error) => return invalid(error),
            }
        } else if !draft.company.is_empty() {
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
        let has_said = self.write_said(row, id)?;
        self.remember(row.0, id)?;
        Ok(if changed.is_empty() && !has_note && !has_said { Outcome::Unchanged } else { Outcome::Updated })
    }

    /// Keeps what became of a line that later ones resemble.
    fn remember(&mut self, line: i64, id: ContactId) -> Result<(), Error> {
        if self.decided.resembled.is_some_and(|lines| lines.contains(&line)) {
            self.made.insert(line, id);
            deciding::service::set_made(self.tx, self.judge.import.id, line, id)?;
        }
        Ok(())
    }

    /// Writes down what the row says about consents; true when it wrote something.
    fn write_said(&mut self, (line, said): (i64, &[Said]), id: ContactId) -> Result<bool, Error> {
        let events = consents::write(self.tx, &self.judge.fields.purposes, said, line, id, &mut self.remarks)?;
        events.iter().try_for_each(|event| self.change.said(self.tx, *event))?;
        Ok(!events.is_empty())
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
