//! What becomes of a row of companies. A known one is found by its domain, else by its name.

use super::draft;
use super::fields::OWN;
use super::record::{Judge, Outcome, invalid, not_yours};
use super::rows::Row;
use super::{Import, Mode};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::CompanyId;
use crate::people::companies::{Company, NewCompany, service};
use crate::people::custom_fields::{CustomValue, Typed};
use crate::people::exports::cell;
use crate::people::record::Record;
use crate::people::text::sort_key;
use crate::people::undo::{Change, Made};
use crate::people::{notes, settings};

struct Draft {
    new: NewCompany,
    owner: String,
    note: String,
}

/// What the row would become.
pub fn check(judge: &mut Judge, db: &Db, row: &Row) -> Result<Outcome, Error> {
    let mut draft = read(row, judge);
    match judge.owner(&draft.owner) {
        Ok(owner) => draft.new.owner = owner,
        Err(outcome) => return Ok(outcome),
    }
    let checked = match draft.new.checked(&settings::service::default_country(db)?) {
        Ok(checked) => checked,
        Err(errors) => return invalid(Error::Invalid(errors)),
    };
    let keys = [sort_key(&checked.name), checked.domain];
    let is_repeated = keys.iter().any(|key| !key.is_empty() && judge.seen.has(key));
    let outcome = match known(db, &draft.new)? {
        Some(_) if judge.import.mode == Mode::Create => known_already(),
        Some(id) => match service::get(db, id, &judge.access.edit) {
            Ok(company) => {
                let merged = NewCompany { custom: Typed::new(), ..merged(&company, &draft, judge.import) };
                let is_same = merged == company.to_new() && draft.note.is_empty();
                match judge.own_fields(db, &draft.new.custom, Some(&company.custom))? {
                    Ok(false) if is_same => Outcome::Unchanged,
                    Ok(_) => Outcome::Updated,
                    Err(outcome) => outcome,
                }
            }
            Err(Error::NotFound(_)) => not_yours(),
            Err(error) => return Err(error),
        },
        None if is_repeated && judge.import.mode == Mode::Create => {
            Outcome::left_out("name", "An earlier row of this file has the same name or domain.")
        }
        None if is_repeated => own_fields(judge, db, &draft, Some(&[]), Outcome::Updated)?,
        None if judge.import.mode == Mode::Update => unknown(),
        None => own_fields(judge, db, &draft, None, Outcome::Created)?,
    };
    if outcome == Outcome::Created {
        keys.iter().filter(|key| !key.is_empty()).for_each(|key| judge.seen.add(key));
    }
    Ok(outcome)
}

/// `outcome`, unless a value in one of the workspace's own fields breaks a rule.
fn own_fields(
    judge: &Judge,
    db: &Db,
    draft: &Draft,
    before: Option<&[CustomValue]>,
    outcome: Outcome,
) -> Result<Outcome, Error> {
    Ok(judge.own_fields(db, &draft.new.custom, before)?.map_or_else(|left_out| left_out, |_| outcome))
}

/// Writes the row, as part of `change`.
pub fn write(judge: &Judge, tx: &Tx, row: &Row, change: Change) -> Result<Outcome, Error> {
    let mut draft = read(row, judge);
    match judge.owner(&draft.owner) {
        Ok(owner) => draft.new.owner = owner,
        Err(outcome) => return Ok(outcome),
    }
    match (known(tx, &draft.new)?, judge.import.mode) {
        (Some(_), Mode::Create) => Ok(known_already()),
        (None, Mode::Update) => Ok(unknown()),
        (None, _) => {
            if draft.new.source.is_empty() {
                draft.new.source = "import".into();
            }
            let country = settings::service::default_country(tx)?;
            match service::create_silently(tx, &draft.new, &country) {
                Ok(id) => {
                    change.made(tx, Made::Company, id.0)?;
                    add_note(judge, tx, id, &draft.note, change)?;
                    Ok(Outcome::Created)
                }
                Err(error) => invalid(error),
            }
        }
        (Some(id), _) => {
            let company = match service::get(tx, id, &judge.access.edit) {
                Ok(company) => company,
                Err(error) => return invalid(error),
            };
            let merged = merged(&company, &draft, judge.import);
            let update = || service::update(tx, id, None, &merged, &judge.access);
            let changed = match change.touch(tx, Record::Company(id), update) {
                Ok(changed) => changed,
                Err(error) => return invalid(error),
            };
            add_note(judge, tx, id, &draft.note, change)?;
            Ok(if changed.is_empty() && draft.note.is_empty() { Outcome::Unchanged } else { Outcome::Updated })
        }
    }
}

fn add_note(judge: &Judge, tx: &Tx, id: CompanyId, note: &str, change: Change) -> Result<(), Error> {
    if !note.is_empty() {
        let note = notes::service::import(tx, Record::Company(id), note, judge.import.created_by)?;
        change.made(tx, Made::Note, note.0)?;
    }
    Ok(())
}

fn known(db: &Db, new: &NewCompany) -> Result<Option<CompanyId>, Error> {
    if !new.domain.is_empty()
        && let Some(id) = service::find_by_domain(db, &new.domain)?
    {
        return Ok(Some(id));
    }
    service::find_by_name(db, &new.name)
}

fn read(row: &Row, judge: &Judge) -> Draft {
    let mut draft = Draft { new: NewCompany::default(), owner: String::new(), note: String::new() };
    for (position, key) in &judge.plan.mapping {
        let text = cell::plain(row.fields.get(*position).unwrap_or("").trim());
        if text.is_empty() {
            continue;
        }
        let new = &mut draft.new;
        match key.as_str() {
            "name" => new.name = text.to_owned(),
            "domain" => new.domain = text.to_owned(),
            "email" => new.emails.extend(draft::identities(&row.fields, &judge.plan, *position, text)),
            "phone" => new.phones.extend(draft::identities(&row.fields, &judge.plan, *position, text)),
            "tags" => new.tags.extend(draft::tags(text, judge.plan.separator(*position))),
            "source" => new.source = text.to_owned(),
            "owner" => draft.owner = text.to_owned(),
            "note" => draft.note = text.to_owned(),
            key if key.starts_with(OWN) => draft::own_field(&mut new.custom, key, text, &judge.fields.own),
            key => draft::address(&mut new.address, key, text),
        }
    }
    draft::doubles_out(&mut draft.new.emails);
    draft::doubles_out(&mut draft.new.phones);
    draft
}

/// A known company with what the row says put over it. An empty cell changes nothing.
fn merged(known: &Company, draft: &Draft, import: &Import) -> NewCompany {
    let mut merged = known.to_new();
    let new = &draft.new;
    draft::put_over(&mut merged.address, &new.address);
    if !new.domain.is_empty() {
        merged.domain.clone_from(&new.domain);
    }
    if import.mapping.values().any(|mapped| mapped == "owner") {
        merged.owner = new.owner;
    }
    merged.emails.extend(draft::missing(&merged.emails, &new.emails));
    merged.phones.extend(draft::missing(&merged.phones, &new.phones));
    draft::add_tags(&mut merged.tags, &new.tags);
    if !new.source.is_empty() {
        merged.source.clone_from(&new.source);
    }
    merged.custom.clone_from(&new.custom);
    merged
}

fn known_already() -> Outcome {
    Outcome::left_out("name", "A company with this name or domain is there already.")
}

fn unknown() -> Outcome {
    Outcome::left_out("name", "There is no company with this name or domain yet, and this import adds none.")
}
