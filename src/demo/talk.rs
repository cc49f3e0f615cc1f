//! The last days of the demonstration: members name each other in notes and give each other work.

use std::sync::Arc;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, Origin, Workspace};
use crate::error::Error;
use crate::gate;
use crate::id::{ContactId, MemberId, WorkspaceId};
use crate::people::list::{Filter, Sort, SortKey};
use crate::people::mentions::{Audience, unambiguous};
use crate::people::notifications::service as notifications;
use crate::people::record::{Access, Record};
use crate::people::{contacts, notes};
use crate::privacy::retention;
use crate::visitor::Reach;

/// `@` stands for who is named.
const WORDS: [&str; 6] = [
    "@, can you call back this week? The reading is off by four minutes at springs.",
    "Asked for the calibration sheet again. @, you have the last one.",
    "@ knows them from the harbour days, so ask there first.",
    "Wants to see both drawings before the meeting. @, is Thursday good?",
    "Moves office in spring. @, put the new address in when it comes.",
    "@, they have a question about what we hold on them. Nothing urgent.",
];
/// Contacts to talk about: the newest ones.
const TALKED_ABOUT: i64 = 24;
/// From one line to the next.
const PAUSE_MS: i64 = 97 * Timestamp::MINUTE;

/// Two mentions for everybody, a contact for each of the first `writers`, and the first of it read.
pub fn talk(app: &Arc<App>, workspace: WorkspaceId, members: &[MemberId], writers: usize) -> Result<(), Error> {
    let workspace = gate::for_job(app, workspace)?;
    forget_the_past(app, &workspace)?;
    let audience = Audience::of(app, workspace.id)?;
    let newest = workspace.file.read(app.now(), |db| {
        let everybody = Filter::within(&Reach::Everything);
        Ok(contacts::service::page(db, &everybody, Sort::down(SortKey::Created), None, TALKED_ABOUT)?.0)
    })?;
    let contacts: Vec<ContactId> = newest.iter().map(|contact| contact.id).collect();
    if contacts.is_empty() {
        return Ok(());
    }
    let lines = members.len() * 2 + writers;
    let since = app.now().plus(-PAUSE_MS * i64::try_from(lines).unwrap_or(0));
    let moment = |line: usize| since.plus(PAUSE_MS * i64::try_from(line).unwrap_or(0));
    let by = |line: usize, to: usize| members[(to + 1 + line % writers.saturating_sub(1).max(1)) % writers.max(1)];
    let mut line = 0;
    for round in 0..2 {
        for (at, member) in members.iter().enumerate() {
            let Some(person) = audience.directory.find_active(*member) else { continue };
            let words = WORDS[(at + round * 3) % WORDS.len()];
            let body = words.replace('@', &format!("@{}", unambiguous(person, &audience.directory)));
            let on = Record::Contact(contacts[line % contacts.len()]);
            let origin = Origin::local(Actor::Member(by(line, at)));
            workspace.file.write(moment(line), &origin, |tx| {
                notes::service::create(tx, on, &body, &Access::everything(), &audience).map(drop)
            })?;
            line += 1;
        }
        if round == 0 {
            read_everything(app, &workspace, moment(line))?;
        }
    }
    for (at, member) in members.iter().take(writers).enumerate() {
        // Nobody is told of what is theirs already.
        let mut from_here = newest.iter().cycle().skip(line % newest.len()).take(newest.len());
        let Some(contact) = from_here.find(|contact| contact.owner != Some(*member)) else { continue };
        let origin = Origin::local(Actor::Member(by(line, at)));
        workspace.file.write(moment(line), &origin, |tx| {
            contacts::service::assign(tx, contact.id, Some(*member), &Access::everything())
        })?;
        line += 1;
    }
    Ok(())
}

/// Two years of entries have told members much, and they have read it.
fn forget_the_past(app: &App, workspace: &Workspace) -> Result<(), Error> {
    // Long enough ago for the rules to take what is older still.
    read_everything(app, workspace, app.now().plus(-91 * Timestamp::DAY))?;
    let run = retention::Run {
        modules: app.modules,
        file: &workspace.file,
        workspace: Some(workspace),
        now: app.now(),
        origin: Origin::local(Actor::CommandLine),
        is_stopping: &|| false,
        tell: &|_| Ok(()),
    };
    run.work().map(drop)
}

fn read_everything(app: &App, workspace: &Workspace, now: Timestamp) -> Result<(), Error> {
    let members: Vec<MemberId> = Audience::of(app, workspace.id)?.directory.active().map(|person| person.id).collect();
    workspace.file.write_unaudited(now, &Origin::local(Actor::CommandLine), |tx| {
        let through = notifications::newest(tx)?;
        members.iter().try_for_each(|member| notifications::mark_all_read(tx, *member, through).map(drop))
    })
}
