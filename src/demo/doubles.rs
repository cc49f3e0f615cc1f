//! What goes wrong in every house: records entered twice, two made one again, one thrown away.

use std::sync::Arc;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, Origin, Tx, Workspace};
use crate::error::Error;
use crate::gate;
use crate::id::{ContactId, MemberId, WorkspaceId};
use crate::people::companies::{self, Company, NewCompany};
use crate::people::contacts::{self, Contact, NewContact};
use crate::people::list::{Filter, Sort, SortKey};
use crate::people::merging;
use crate::people::merging::service::Merge;
use crate::people::record::{Access, Record};
use crate::visitor::Reach;

/// Among so many of the newest records, those that fit are entered a second time.
const LOOKED_AT: i64 = 120;
/// Companies entered a second time.
const COMPANIES: usize = 2;
/// From one event to the next.
const PAUSE_MS: i64 = 3 * Timestamp::HOUR;

/// How somebody comes to stand in the book twice.
#[derive(Clone, Copy)]
enum Slip {
    /// Nobody looked first.
    Twice,
    Letter,
    /// The names the other way round.
    Turned,
    /// Met at a fair; nobody knew where they work.
    Homeless,
}

const SLIPS: [Slip; 6] = [Slip::Twice, Slip::Letter, Slip::Homeless, Slip::Turned, Slip::Letter, Slip::Twice];

/// Enters a few contacts and companies twice, merges one pair, deletes one record, and asks for the search that
/// finds the other pairs: it runs when the demonstration is open.
pub fn make(app: &Arc<App>, workspace: WorkspaceId, members: &[MemberId]) -> Result<(), Error> {
    let workspace = gate::for_job(app, workspace)?;
    let (people, companies) = workspace.file.read(app.now(), |db| {
        let everybody = Filter::within(&Reach::Everything);
        let newest = Sort::down(SortKey::Created);
        let people = contacts::service::page(db, &everybody, newest, None, LOOKED_AT)?.0;
        Ok((people, companies::service::page(db, &everybody, newest, None, LOOKED_AT)?.0))
    })?;
    let mut people = people.iter().filter(|person| is_plain(person));
    let mut history = History::new(app, &workspace, members);
    for (slip, person) in SLIPS.into_iter().zip(&mut people) {
        history.next(|tx| contacts::service::create(tx, &again(person, slip), &Reach::Everything).map(drop))?;
    }
    for company in companies.iter().take(COMPANIES) {
        history.next(|tx| companies::service::create(tx, &with_legal_form(company)).map(drop))?;
    }
    if let Some(person) = people.next() {
        let mut double = None;
        history.next(|tx| {
            double = Some(contacts::service::create(tx, &again(person, Slip::Twice), &Reach::Everything)?);
            Ok(())
        })?;
        history.next(|tx| double.map_or(Ok(()), |double| merge(tx, person.id, double)))?;
    }
    let mut trial = None;
    history.next(|tx| {
        trial = Some(contacts::service::create(tx, &trial_entry(), &Reach::Everything)?);
        Ok(())
    })?;
    history.next(|tx| match trial {
        Some(trial) => contacts::service::delete(tx, trial, None, &Access::everything()),
        None => Ok(()),
    })?;
    crate::jobs::ask(app, &merging::jobs::FIND, Some(workspace.id))
}

/// What happens one after the other in the last days, each time by another member.
struct History<'a> {
    workspace: &'a Workspace,
    members: &'a [MemberId],
    at: Timestamp,
    step: usize,
}

impl<'a> History<'a> {
    fn new(app: &App, workspace: &'a Workspace, members: &'a [MemberId]) -> History<'a> {
        // Contacts, companies, then two events each for the merge and the trash; the last one is past.
        let events = i64::try_from(SLIPS.len() + COMPANIES + 5).unwrap_or(0);
        History { workspace, members, at: app.now().plus(-events * PAUSE_MS), step: 0 }
    }

    fn next(&mut self, happen: impl FnOnce(&Tx) -> Result<(), Error>) -> Result<(), Error> {
        let member = self.members.get(self.step % self.members.len().max(1));
        let origin = Origin::local(member.map_or(Actor::CommandLine, |member| Actor::Member(*member)));
        self.at = self.at.plus(PAUSE_MS);
        self.step += 1;
        self.workspace.file.write(self.at, &origin, happen)
    }
}

/// Latin letters, a company, and names long enough for a slip: what a reader sees at once.
fn is_plain(person: &Contact) -> bool {
    let is_long = |name: &str| name.is_ascii() && name.len() > 4 && !name.contains(' ');
    person.company.is_some() && is_long(&person.given_name) && is_long(&person.family_name)
}

/// The same person as somebody else enters them, in a hurry: no address, no number, for these would give it away.
fn again(person: &Contact, slip: Slip) -> NewContact {
    let (given_name, family_name) = (person.given_name.clone(), person.family_name.clone());
    let new = NewContact {
        given_name,
        family_name,
        company: person.company.as_ref().map(|(id, _)| *id),
        language: person.language.clone(),
        source: "Phone call".into(),
        ..NewContact::default()
    };
    match slip {
        Slip::Twice => NewContact { job_title: "Buyer".into(), ..new },
        Slip::Letter => NewContact { family_name: doubled_letter(&new.family_name), ..new },
        Slip::Turned => NewContact { given_name: new.family_name.clone(), family_name: new.given_name.clone(), ..new },
        Slip::Homeless => NewContact { company: None, source: "Trade fair".into(), ..new },
    }
}

/// `Castellan` as `Casstellan`.
fn doubled_letter(name: &str) -> String {
    name.char_indices().flat_map(|(at, c)| std::iter::repeat_n(c, if at == 2 { 2 } else { 1 })).collect()
}

fn with_legal_form(company: &Company) -> NewCompany {
    NewCompany { name: format!("{} Ltd.", company.name), source: "Phone call".into(), ..NewCompany::default() }
}

fn merge(tx: &Tx, stays: ContactId, goes: ContactId) -> Result<(), Error> {
    merging::service::merge(tx, Record::Contact(stays), Record::Contact(goes), &Merge::default(), &Access::everything())
        .map(drop)
}

fn trial_entry() -> NewContact {
    NewContact {
        given_name: "Trial".into(),
        family_name: "Entry".into(),
        job_title: "Made while learning".into(),
        source: "Phone call".into(),
        ..NewContact::default()
    }
}
