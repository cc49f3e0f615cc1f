//! What people of the demonstration ask about their own data: requests in several states, some with little time.

use std::sync::Arc;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, Origin, Tx, Workspace};
use crate::error::Error;
use crate::gate;
use crate::id::{MemberId, SubjectRequestId, WorkspaceId};
use crate::people::contacts;
use crate::people::list::{Filter, Sort, SortKey};
use crate::people::person::CONTACT;
use crate::privacy::controller::{self, Controller};
use crate::privacy::requests::choosing::Choices;
use crate::privacy::requests::letters::{self, Draft, LetterKind, Way};
use crate::privacy::requests::{Channel, Check, KeepGround, Kind, NewRequest, execution, service};
use crate::visitor::Reach;

/// How far a request has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Far {
    Entered,
    Checked,
    Approved,
    Working,
    Done,
    Answered,
}

/// Kind, days since it came in, how far it is, and what they said.
const ASKED: [(Kind, i64, Far, &str); 7] = [
    (
        Kind::Access,
        19,
        Far::Working,
        "Under article 15 I would like a copy of the personal data you hold about me, and to know who has seen it.",
    ),
    (
        Kind::Erasure,
        25,
        Far::Checked,
        "I have left the trade. Erase what you have on me, there is no reason to keep it.",
    ),
    (
        Kind::Rectification,
        3,
        Far::Checked,
        "My job title is out of date, and you have my name without the second part.",
    ),
    (Kind::Objection, 33, Far::Entered, "No more mails about offers. I said so on the phone already."),
    (Kind::Withdrawal, 40, Far::Answered, "I take back that you may send me the newsletter."),
    (Kind::Portability, 1, Far::Entered, "I move to another supplier and want my data in a form they can read."),
    (
        Kind::Restriction,
        12,
        Far::Working,
        "We disagree about the last delivery. Until that is settled do not use my data.",
    ),
];
/// Somebody whom nobody knows.
const STRANGER: (&str, &str, &str) = (
    "Odalys Brandt",
    "o.brandt@elsewhere.example",
    "What do you know about me? I get letters from you and never gave you my address.",
);

/// Says who answers for the data of a workspace, and enters the requests of its people.
pub fn answer_for(
    app: &Arc<App>,
    workspace: WorkspaceId,
    members: &[MemberId],
    controller: &Controller,
) -> Result<(), Error> {
    let opened = gate::for_job(app, workspace)?;
    let origin = Origin::local(Actor::Member(members[0]));
    opened.file.write(app.now(), &origin, |tx| controller::service::save(tx, controller).map(drop))?;
    ask(app, workspace, members)
}

/// Enters the requests, each step at its time and by somebody who would have taken it.
fn ask(app: &Arc<App>, workspace: WorkspaceId, members: &[MemberId]) -> Result<(), Error> {
    let workspace = gate::for_job(app, workspace)?;
    let people = workspace.file.read(app.now(), |db| {
        let everybody = Filter::within(&Reach::Everything);
        let most = i64::try_from(ASKED.len()).unwrap_or(0);
        Ok(contacts::service::page(db, &everybody, Sort::down(SortKey::Created), None, most * 5)?.0)
    })?;
    for ((kind, days, far, words), person) in ASKED.iter().zip(people.iter().step_by(5)) {
        let at = app.now().plus(-days * Timestamp::DAY);
        let new = NewRequest { person: Some((&CONTACT, person.id.0)), words: (*words).into(), ..new(*kind) };
        enter(app, &workspace, members, at, *far, &new)?;
    }
    let (name, answer_to, words) = STRANGER;
    let new = NewRequest { name: name.into(), answer_to: answer_to.into(), words: words.into(), ..new(Kind::Access) };
    enter(app, &workspace, members, app.now().plus(-5 * Timestamp::DAY), Far::Entered, &new)
}

fn new(kind: Kind) -> NewRequest {
    NewRequest {
        kind,
        profile: None,
        person: None,
        name: String::new(),
        answer_to: String::new(),
        channel: Channel::Email,
        words: String::new(),
        received_at: None,
        assignee: None,
    }
}

/// One request as far as it has come: a step every six hours.
fn enter(
    app: &Arc<App>,
    workspace: &Workspace,
    members: &[MemberId],
    at: Timestamp,
    far: Far,
    new: &NewRequest,
) -> Result<(), Error> {
    let key = workspace.file.blind_index()?.clone();
    // The owner enters it, and whoever looks after privacy works on it.
    let (owner, officer) = (members[0], members[members.len() - 1]);
    let mut moment = at;
    let mut step = |by: MemberId, work: &dyn Fn(&Tx) -> Result<(), Error>| {
        let done = workspace.file.write(moment, &Origin::local(Actor::Member(by)), work);
        moment = moment.plus(6 * Timestamp::HOUR).min(app.now());
        done
    };
    let id = std::cell::Cell::new(SubjectRequestId(0));
    step(owner, &|tx| {
        id.set(service::create(tx, app.modules, &key, new)?);
        service::assign(tx, app.modules, id.get(), Some(officer))
    })?;
    let id = id.get();
    if far >= Far::Checked {
        step(officer, &|tx| write(tx, id, LetterKind::Acknowledgement))?;
        step(officer, &|tx| service::record_check(tx, id, Check::Identity, true, "known_address", ""))?;
        step(officer, &|tx| service::record_check(tx, id, Check::Ownership, true, "own_data", ""))?;
        if new.kind == Kind::Rectification {
            step(officer, &|tx| {
                let wanted = [("job_title", "Head of hydrography"), ("address/city", "Skelwick")];
                let wanted: Vec<_> = wanted
                    .iter()
                    .map(|(field, value)| crate::module::Correction { field: (*field).into(), value: (*value).into() })
                    .collect();
                execution::propose(tx, app.modules, id, &wanted)
            })?;
        }
    }
    if new.kind == Kind::Erasure && far == Far::Checked {
        step(officer, &|tx| {
            let until = tx.now.plus(8 * 365 * Timestamp::DAY);
            service::keep(tx, id, "Two invoices of the last years", Some(KeepGround::Tax), Some(until))?;
            service::add_recipient(tx, id, "The yard that services the instruments").map(drop)
        })?;
    }
    if far >= Far::Approved {
        step(officer, &|tx| {
            service::record_check(tx, id, Check::Scope, true, "everything", "Asked back on the phone.")
        })?;
        step(owner, &|tx| service::approve(tx, id, ""))?;
    }
    if far >= Far::Working {
        step(officer, &|tx| execution::start(tx, app.modules, id, &Choices::default()))?;
    }
    if far >= Far::Done {
        step(officer, &|tx| {
            service::complete(tx, id, "Everything was done as you asked. Nobody uses the data any more.")
        })?;
    }
    if far >= Far::Answered {
        step(officer, &|tx| write(tx, id, LetterKind::Done))?;
    }
    Ok(())
}

/// A letter on paper: the demonstration sends no mail.
fn write(tx: &Tx, id: SubjectRequestId, kind: LetterKind) -> Result<(), Error> {
    let asked = service::get(tx, id)?;
    let words = letters::service::filled(tx, &asked, kind, "", "Saltmere")?;
    let draft = Draft {
        kind,
        way: Way::Print,
        title: words.title,
        body: words.body,
        reason: String::new(),
        message_id: String::new(),
    };
    letters::send(tx, id, &draft).map(drop)
}
