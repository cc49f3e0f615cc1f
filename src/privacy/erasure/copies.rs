//! Erasing people from a copy of a workspace's file that nobody works in: that of a backup, or of a moment that comes
//! back. What the ledger says is done there once more.
//!
//! A copy is no place for new facts: nothing is written into its log, the ledger, or a certificate.

use std::collections::BTreeMap;

use super::faults::{Step, is_left_out};
use super::keeping::Keeping;
use super::needles::Needles;
use super::values::Values;
use super::{destroy, look, mentions, store};
use crate::app::App;
use crate::db::{Db, DbFile, Origin, Tx, Workspace};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::mail;
use crate::module::Module;
use crate::privacy::audit;
use crate::privacy::subject::{self, Person};

/// What was done in a copy.
#[derive(Debug, Default)]
pub struct Removed {
    /// People who stood in it.
    pub people: usize,
    /// A legal hold keeps some of them.
    pub is_held: bool,
    /// How often they still stand in it, which should be never.
    pub left: u64,
    values: Values,
}

/// The people whom entries of the ledger name by their kind and their ids, each once under every id they ever had.
pub fn people_of<'a>(
    modules: &'static [&'static Module],
    entries: impl Iterator<Item = (&'a str, Vec<i64>)>,
) -> Vec<Person> {
    let mut people: BTreeMap<(&str, i64), Vec<i64>> = BTreeMap::new();
    for (word, ids) in entries {
        if let Some(first) = ids.first().copied() {
            people.entry((word, first)).or_default().extend(ids);
        }
    }
    let person = |((word, _), mut ids): ((&str, i64), Vec<i64>)| {
        ids.sort_unstable();
        ids.dedup();
        Some(Person { kind: subject::kind(modules, word)?, ids })
    };
    people.into_iter().filter_map(person).collect()
}

/// The person as they stand in a file, known there by an id that has a row: before two records of theirs were made
/// one, either may be the only one. `None` when they are not in it.
pub fn standing_in(db: &Db, person: &Person) -> Result<Option<Person>, Error> {
    for (place, id) in person.ids.iter().enumerate() {
        if (person.kind.name)(db, *id)?.is_some() {
            let mut ids = person.ids.clone();
            ids.swap(0, place);
            return Ok(Some(Person { kind: person.kind, ids }));
        }
    }
    Ok(None)
}

/// Erases people from a copy, and looks whether it is so: in every row, and in every byte of its pages. What a legal
/// hold covers stays. Files whose rows went are taken out of the copy's folder.
pub fn clear(app: &App, copy: &Workspace, origin: &Origin, people: &[Person]) -> Result<Removed, Error> {
    let mut removed = Removed::default();
    copy.file.write_unaudited(app.now(), origin, |tx| {
        for person in people {
            let Some(person) = standing_in(tx, person)? else { continue };
            removed.people += 1;
            removed.values.join(own(app, tx, &person)?);
        }
        let needles = Needles::new(&removed.values)?;
        let keeping = Keeping::of(tx, app.modules)?;
        match is_left_out(Step::Mentions) {
            true => Ok(()),
            false => mentions::redact(tx, app.modules, &mentions::search(tx, app.modules, &needles, None, &keeping)?),
        }
    })?;
    if removed.people > 0 {
        for clear in app.modules.iter().flat_map(|module| module.clear_files) {
            clear(copy, app.now(), origin)?;
        }
        copy.file.empty_log()?;
        (removed.left, removed.is_held) = look::in_copy(app, copy, &removed.values)?;
    }
    Ok(removed)
}

/// Their own rows; gives what they were called and reached by. An erasure that was under way in the copy is over.
fn own(app: &App, tx: &Tx, person: &Person) -> Result<Values, Error> {
    let (values, identities) = Values::of(tx, person)?;
    destroy::own_rows(tx, app, person, &Keeping::of(tx, app.modules)?)?;
    destroy::suppress(tx, &identities)?;
    for id in &person.ids {
        if let Some(open) = store::open_of(tx, person.kind.word, *id)? {
            store::set_done(tx, open.id, false)?;
        }
    }
    Ok(values)
}

/// Takes those whom `removed` was about out of a copy of `control.db`: mails to and about them, and what the
/// installation's log says of them. Without a copy of the workspace from the same time nobody knows who they were then,
/// and everything of the workspace goes that could name somebody. Gives how often they still stand there.
pub fn clear_control(
    app: &App,
    control: &DbFile,
    origin: &Origin,
    workspace: WorkspaceId,
    removed: Option<&Removed>,
) -> Result<u64, Error> {
    let needles = removed.map(|removed| Needles::new(&removed.values)).transpose()?;
    let names = |text: &str| needles.as_ref().is_none_or(|needles| needles.is_in(text));
    control.write_unaudited(app.now(), origin, |tx| {
        mail::queue::stop_about(tx, workspace, &names)?;
        audit::forget::naming(tx, workspace, &names)
    })?;
    control.empty_log()?;
    removed.map_or(Ok(0), |removed| look::in_control_copy(app, control, &removed.values))
}
