//! Places holds, releases them, and says what one covers.

use super::{Frozen, Hold, NewHold, Scope, store};
use crate::clock::Timestamp;
use crate::db::{Actor, Db, Origin, Tx};
use crate::error::Error;
use crate::id::{HoldId, MemberId};
use crate::module::{Module, record_kind};
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map::{File, Subject, Table};
use crate::privacy::retention::{self, Rule};
use crate::privacy::subject::{self, Person};
use crate::privacy::text::Checks;

pub use super::store::{count_in_force, in_force, list};

const LONGEST_MATTER: usize = 120;
const LONGEST_REASON: usize = 2_000;

/// The hold with this id.
pub fn get(db: &Db, id: HoldId) -> Result<Hold, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("hold"))
}

/// Every hold in force at `now` that covers something about the person: on them, on a table with rows about them, on
/// a single row of theirs, on everything.
pub fn of_person(db: &Db, modules: &'static [&'static Module], person: &Person) -> Result<Vec<Hold>, Error> {
    let mut found = Vec::new();
    for hold in store::in_force(db, db.now)? {
        if covers(db, modules, &hold, person)? {
            found.push(hold);
        }
    }
    Ok(found)
}

fn covers(db: &Db, modules: &'static [&'static Module], hold: &Hold, person: &Person) -> Result<bool, Error> {
    if hold.scope == Scope::Workspace {
        return Ok(true);
    }
    if hold.on_type == person.kind.word {
        return Ok(person.ids.contains(&hold.on_id));
    }
    let frozen = Frozen::by(db, modules, std::slice::from_ref(hold))?;
    for (table, about) in subject::tables(modules, person.kind) {
        let Some(held) = frozen.condition(table) else { continue };
        let about = about.replace(":kind", &format!("'{}'", person.kind.word));
        let about = about.replace(":ids", &format!("'{}'", person.ids_json()));
        if store::count_rows(db, table.name, &format!("({about}) AND ({held})"))? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Fails with [`Error::Conflict`], naming the matter, when a hold covers the record: it may not be deleted, merged or
/// taken back. `table` is where its row lies.
pub fn demand_free(db: &Db, kind: &str, table: &str, id: i64) -> Result<(), Error> {
    match store::covering(db, kind, table, id)? {
        None => Ok(()),
        Some(hold) => Err(Error::Conflict(format!(
            "This is under the legal hold “{}” and stays until somebody releases it.",
            hold.matter
        ))),
    }
}

/// Fails with [`Error::Conflict`], naming the matter and the kind of row, when a hold covers one of these rows by
/// itself or with its table: whatever would take them along may not go. Each row is the name of its table and its id.
pub fn demand_rows_free(db: &Db, rows: &[(&str, i64)]) -> Result<(), Error> {
    for hold in store::in_force(db, db.now)?.into_iter().rev() {
        let is_covered = |(table, id): &&(&str, i64)| match hold.scope {
            Scope::Workspace => true,
            Scope::Category => hold.category == *table,
            Scope::Record | Scope::Person => hold.on_type == *table && hold.on_id == *id,
        };
        if let Some((table, _)) = rows.iter().find(is_covered) {
            return Err(Error::Conflict(format!(
                "The legal hold “{}” covers something that would go along ({}). It stays until somebody releases it.",
                hold.matter,
                table.replace('_', " ")
            )));
        }
    }
    Ok(())
}

/// How many rows a hold covers, by table, largest first; tables without such rows are left out.
pub fn coverage(
    db: &Db,
    modules: &'static [&'static Module],
    hold: &Hold,
) -> Result<Vec<(&'static Table, i64)>, Error> {
    let frozen = Frozen::by(db, modules, std::slice::from_ref(hold))?;
    let mut found = Vec::new();
    for table in modules.iter().flat_map(|module| module.tables).copied() {
        if table.file == File::Workspace
            && table.name != "audit"
            && let Some(condition) = frozen.condition(table)
        {
            let rows = store::count_rows(db, table.name, &condition)?;
            if rows > 0 {
                found.push((table, rows));
            }
        }
    }
    found.sort_by_key(|(table, rows)| (std::cmp::Reverse(*rows), table.name));
    Ok(found)
}

/// Places a hold. Fails with what is missing, or with the record that is not here.
pub fn place(tx: &Tx, modules: &'static [&'static Module], mut new: NewHold) -> Result<HoldId, Error> {
    let mut checks = Checks::default();
    new.matter = checks.line("matter", "The matter", &new.matter, LONGEST_MATTER);
    checks.required("matter", &new.matter, "Enter what it is about, as your files call it.");
    new.reason = checks.paragraphs("reason", "The reason", &new.reason, LONGEST_REASON);
    checks.required("reason", &new.reason, "Enter why it must stay.");
    new.told = checks.paragraphs("told", "What they are told", &new.told, LONGEST_REASON);
    if new.ends_at.is_some_and(|end| end <= tx.now) {
        checks.add("ends_at", "past", "Choose a day that is still to come, or leave it empty.");
    }
    let scope = Scope::from_word(&new.scope);
    match scope {
        None => checks.add("scope", "unknown", "Choose what is held."),
        Some(Scope::Workspace) => (new.on_type, new.on_id, new.category) = Default::default(),
        Some(Scope::Category) => {
            (new.on_type, new.on_id) = Default::default();
            if !categories(modules).any(|table| table.name == new.category) {
                checks.add("category", "unknown", "Choose a category from the list.");
            }
        }
        Some(Scope::Record | Scope::Person) => {
            new.category.clear();
            let found = match new.on_id {
                Some(id) => exists(tx, modules, scope == Some(Scope::Person), &new.on_type, id)?,
                None => false,
            };
            if !found {
                checks.add("on_id", "not_found", "There is no such record here. Look its number up on its page.");
            }
        }
    }
    checks.done()?;
    let scope = scope.ok_or_else(|| Error::internal("a hold without a scope passed its checks"))?;
    let id = store::insert(tx, scope, &new, acting(tx.origin))?;
    let event = Event::new("privacy.hold.placed").on("hold", id).detail("scope", scope.word());
    let event = event.detail("on", format!("{}:{}", new.on_type, new.on_id.unwrap_or(0)));
    audit::record(tx, event.detail("category", new.category.as_str()).personal("matter", new.matter.as_str()))?;
    Ok(id)
}

/// Releases a hold. What was kept goes on by its old clock: rules take it with their next run.
pub fn release(tx: &Tx, id: HoldId, version: Option<i64>, reason: &str) -> Result<Hold, Error> {
    let hold = get(tx, id)?;
    if version.is_some_and(|version| version != hold.version) {
        return Err(Error::Stale(hold.version));
    }
    let mut checks = Checks::default();
    let reason = checks.paragraphs("reason", "The reason", reason, LONGEST_REASON);
    checks.required("reason", &reason, "Enter why it may go.");
    checks.done()?;
    end(tx, &hold, tx.now, &reason)?;
    get(tx, id)
}

/// Releases holds whose end has come; says how many.
pub fn release_ended(tx: &Tx) -> Result<usize, Error> {
    let ended = store::ended(tx)?;
    for hold in &ended {
        end(tx, hold, hold.ends_at.unwrap_or(tx.now), "Its end has come.")?;
    }
    Ok(ended.len())
}

fn end(tx: &Tx, hold: &Hold, at: Timestamp, reason: &str) -> Result<(), Error> {
    if !store::release(tx, hold.id, at, acting(tx.origin), reason)? {
        return Err(Error::Conflict("This hold is released already.".into()));
    }
    let event = Event::new("privacy.hold.released").on("hold", hold.id).detail("scope", hold.scope.word());
    audit::record(tx, event.personal("matter", hold.matter.as_str()))
}

/// What the installation keeps about a workspace beside its file, and when that goes by a rule: no hold of the workspace
/// reaches it. Each a label and words.
pub fn outside(modules: &'static [&'static Module]) -> Vec<(&'static str, String)> {
    let words = |rule: &Rule| match rule.days {
        0 => format!("{} at {}", rule.words(), rule.from.trim_start_matches("the ")),
        days => format!("{} {days} days after {}", rule.words(), rule.from),
    };
    retention::rules(modules, File::Control).map(|(_, rule)| (rule.label, words(rule))).collect()
}

/// Tables that can be held as a whole: what is kept for somebody, not the machinery.
pub fn categories(modules: &'static [&'static Module]) -> impl Iterator<Item = &'static Table> {
    let all = modules.iter().flat_map(|module| module.tables).copied();
    all.filter(|table| table.file == File::Workspace && table.subject != Subject::Nobody && table.name != "audit")
}

/// What a hold covers, in words: the name of the record, the label of the table.
pub fn target(db: &Db, modules: &'static [&'static Module], hold: &Hold) -> Result<String, Error> {
    Ok(match hold.scope {
        Scope::Workspace => "Everything in this workspace".into(),
        Scope::Category => label(modules, &hold.category).to_owned(),
        Scope::Record | Scope::Person => {
            let person = match subject::kind(modules, &hold.on_type) {
                Some(kind) => (kind.name)(db, hold.on_id)?,
                None => None,
            };
            let record = match record_kind(modules, &hold.on_type) {
                Some(kind) => (kind.find)(db, hold.on_id)?.map(|found| found.name),
                None => None,
            };
            let number = || format!("{} {}", one(modules, &hold.on_type), hold.on_id);
            person.or(record).unwrap_or_else(number)
        }
    })
}

fn one(modules: &'static [&'static Module], kind: &str) -> String {
    match record_kind(modules, kind) {
        Some(found) => found.one.to_owned(),
        None => format!("{}, number", label(modules, kind)),
    }
}

fn label(modules: &'static [&'static Module], table: &str) -> &'static str {
    let mut all = modules.iter().flat_map(|module| module.tables);
    all.find(|known| known.name == table).map_or("A category that is no more", |known| known.label)
}

fn exists(db: &Db, modules: &'static [&'static Module], is_person: bool, kind: &str, id: i64) -> Result<bool, Error> {
    if let Some(person) = subject::kind(modules, kind) {
        return Ok((person.name)(db, id)?.is_some());
    }
    if is_person {
        return Ok(false);
    }
    if let Some(record) = record_kind(modules, kind) {
        return Ok((record.find)(db, id)?.is_some());
    }
    match categories(modules).find(|table| table.name == kind && table.columns.iter().any(|c| c.name == "id")) {
        Some(table) => store::has_row(db, table.name, id),
        None => Ok(false),
    }
}

fn acting(origin: &Origin) -> Option<MemberId> {
    match origin.actor {
        Actor::Member(member) | Actor::Token(_, member) => Some(member),
        _ => None,
    }
}
