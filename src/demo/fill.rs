//! Puts invented data into a workspace, in the order in which it would have happened.

use std::sync::Arc;

use super::{Firm, Invented, Person, consents, fields};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, Origin, Tx, Workspace};
use crate::error::Error;
use crate::gate;
use crate::id::{CompanyId, ContactId, MemberId, WorkspaceId};
use crate::people::companies::{self, NewCompany};
use crate::people::contacts::{self, NewContact};
use crate::people::custom_fields::Typed;
use crate::people::identities::NewIdentity;
use crate::people::mentions::Audience;
use crate::people::notes;
use crate::people::record::{Access, Record};
use crate::visitor::Reach;

/// Something that happened, by its place in the invented data.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Firm(usize),
    Person(usize),
    Note { person: usize, note: usize },
    Change(usize),
}

/// What was made so far.
struct Filled<'a> {
    invented: &'a Invented,
    members: &'a [MemberId],
    audience: Audience,
    companies: Vec<Option<CompanyId>>,
    contacts: Vec<Option<ContactId>>,
}

/// Plays two years back: everything is entered at its time, by the member who would have, and audited.
///
/// `progress` hears how many of how many happenings are through.
pub fn fill(
    app: &Arc<App>,
    workspace: WorkspaceId,
    members: &[MemberId],
    invented: &Invented,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(), Error> {
    let workspace = gate::for_job(app, workspace)?;
    let sessions = sessions(invented);
    let first = sessions.first().and_then(|session| session.first()).map_or(app.now(), |(at, ..)| *at);
    let origin = Origin::local(members.first().map_or(Actor::CommandLine, |member| Actor::Member(*member)));
    workspace.file.write(first.plus(-Timestamp::HOUR), &origin, |tx| fields::define(tx, invented.house))?;
    let mut filled = Filled {
        invented,
        members,
        audience: Audience::of(app, workspace.id)?,
        companies: vec![None; invented.firms.len()],
        contacts: vec![None; invented.people.len()],
    };
    let all = sessions.iter().map(Vec::len).sum();
    let mut done = 0;
    for session in &sessions {
        filled.enter(&workspace, session)?;
        done += session.len();
        progress(done, all);
    }
    consents::fill(&workspace, &origin, &invented.people, &filled.contacts, app.now())
}

fn day(at: Timestamp) -> i64 {
    at.0.div_euclid(Timestamp::DAY)
}

/// What one member does on one day, one after the other: one transaction, so that the disk is asked once.
type Session = Vec<(Timestamp, usize, Happening)>;

/// Everything that happens, in order of time.
///
/// Within a day what depends on something is done by the same member: whoever enters a person also
/// writes that day's notes. So the sessions of a day may come in any order.
fn sessions(invented: &Invented) -> Vec<Session> {
    let mut history: Session = Vec::new();
    for (at, firm) in invented.firms.iter().enumerate() {
        history.push((firm.created_at, firm.owner, Happening::Firm(at)));
    }
    for (at, person) in invented.people.iter().enumerate() {
        let firm = person.firm.map(|firm| &invented.firms[firm]);
        let same_day = firm.filter(|firm| day(firm.created_at) == day(person.created_at));
        let creator = same_day.map_or(person.owner.unwrap_or(0), |firm| firm.owner);
        let who = |at: Timestamp, other: usize| if day(at) == day(person.created_at) { creator } else { other };
        history.push((person.created_at, creator, Happening::Person(at)));
        for (note, text) in person.notes.iter().enumerate() {
            history.push((text.at, who(text.at, text.author), Happening::Note { person: at, note }));
        }
        history.extend(person.change.map(|(when, _)| (when, who(when, creator), Happening::Change(at))));
    }
    // Stable: of what happens at one moment, companies come first, and people before their notes.
    history.sort_by_key(|(at, who, _)| (day(*at), *who, *at));
    let same = |(at, who, _): &(Timestamp, usize, _), (next, other, _): &_| day(*at) == day(*next) && who == other;
    let mut sessions: Vec<Session> = history.chunk_by(same).map(<[_]>::to_vec).collect();
    sessions.sort_by_key(|session| session.first().map(|(at, ..)| *at));
    sessions
}

impl Filled<'_> {
    fn enter(&mut self, workspace: &Workspace, session: &[(Timestamp, usize, Happening)]) -> Result<(), Error> {
        let Some((at, who, _)) = session.first() else { return Ok(()) };
        let origin = Origin::local(Actor::Member(self.member(*who)));
        workspace
            .file
            .write(*at, &origin, |tx| session.iter().try_for_each(|(_, _, happening)| self.happen(tx, *happening)))
    }

    fn happen(&mut self, tx: &Tx, happening: Happening) -> Result<(), Error> {
        match happening {
            Happening::Firm(at) => {
                let new = self.company(&self.invented.firms[at]);
                self.companies[at] = Some(companies::service::create(tx, &new)?);
            }
            Happening::Person(at) => {
                let new = self.contact(&self.invented.people[at]);
                self.contacts[at] = Some(contacts::service::create(tx, &new, &Reach::Everything)?);
            }
            Happening::Note { person, note } => {
                if let Some(id) = self.contacts[person] {
                    let body = &self.invented.people[person].notes[note].body;
                    notes::service::create(tx, Record::Contact(id), body, &Access::everything(), &self.audience)?;
                }
            }
            Happening::Change(at) => {
                if let (Some(id), Some((_, job_title))) = (self.contacts[at], self.invented.people[at].change) {
                    let before = contacts::service::get(tx, id, &Reach::Everything)?;
                    let new = NewContact { job_title: job_title.to_owned(), ..before.to_new() };
                    contacts::service::update(tx, id, None, &new, &Access::everything())?;
                }
            }
        }
        Ok(())
    }

    fn member(&self, at: usize) -> MemberId {
        self.members[at % self.members.len()]
    }

    fn company(&self, firm: &Firm) -> NewCompany {
        NewCompany {
            name: firm.name.clone(),
            domain: firm.domain.clone(),
            emails: vec![NewIdentity::new(format!("office@{}", firm.domain))],
            phones: vec![NewIdentity::new(&firm.phone)],
            address: firm.address.clone(),
            owner: Some(self.member(firm.owner)),
            tags: firm.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            custom: firm.custom.clone(),
            source: firm.source.to_owned(),
        }
    }

    /// With whoever introduced them, when that person is entered already.
    fn custom(&self, person: &Person) -> Typed {
        let mut custom = person.custom.clone();
        if let Some(id) = person.introduced_by.and_then(|at| self.contacts[at]) {
            custom.insert(fields::INTRODUCED_BY.into(), vec![id.to_string()]);
        }
        custom
    }

    fn contact(&self, person: &Person) -> NewContact {
        let mut emails = vec![NewIdentity { label: "Work".into(), ..NewIdentity::new(&person.email) }];
        emails.extend(
            person.second_email.iter().map(|email| NewIdentity { label: "Home".into(), ..NewIdentity::new(email) }),
        );
        NewContact {
            given_name: person.given_name.clone(),
            family_name: person.family_name.clone(),
            display_name: String::new(),
            job_title: person.job_title.to_owned(),
            company: person.firm.and_then(|at| self.companies[at]),
            emails,
            phones: person.phone.iter().map(NewIdentity::new).collect(),
            address: person.address.clone().unwrap_or_default(),
            language: person.language.to_owned(),
            time_zone: person.time_zone.to_owned(),
            owner: person.owner.map(|at| self.member(at)),
            tags: person.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            custom: self.custom(person),
            source: person.source.to_owned(),
            came_back: false,
        }
    }
}
