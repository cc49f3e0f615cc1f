//! Reminds those who work on requests: 7 days before the last day, on the day before, and when it is over; and closes
//! what has come to its end by itself.

use super::{DUE_SOON, Kind, OVERDUE, RECORD, Request, State, service, steps, store};
use crate::clock::Timestamp;
use crate::db::Workspace;
use crate::error::Error;
use crate::id::MemberId;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::members::standing::{Standings, standings};
use crate::module::{self, NotificationKind, Target};
use crate::permission::{Action, Area};
use crate::privacy::erasure;
use crate::visitor::Reach;

pub const REMIND: Job = Job {
    name: "privacy.requests.remind",
    purpose: "Reminds of requests of people about their data: 7 days and 1 day before the last day, and after it.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(remind),
};

pub const SETTLE: Job = Job {
    name: "privacy.requests.settle",
    purpose: "Closes requests for erasure once the certificate is there.",
    schedule: Schedule::EveryMinutes(5),
    work: Work::Workspace(settle),
};

fn settle(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let done = workspace.file.read(cx.now(), |db| {
        let mut done = Vec::new();
        for request in store::open(db)? {
            let waits = request.kind == Kind::Erasure && request.state == State::Processing;
            if waits && let Some(state) = service::erased(db, request.id)? {
                done.push((request.id, state));
            }
        }
        Ok(done)
    })?;
    for (id, state) in done {
        let words = match state {
            erasure::State::Held => {
                "Erased, but for what must be kept for a legal claim (Art. 17(3)(e)). The rest goes once that is settled."
            }
            _ => "Erased. The certificate proves it.",
        };
        workspace.file.write(cx.now(), &cx.origin(), |tx| service::complete(tx, id, words))?;
    }
    Ok(())
}

/// The reminders in their order: how long before the last day ends, the word of the step, and what is told.
const REMINDERS: [(i64, &str, &NotificationKind); 3] =
    [(7 * Timestamp::DAY, "seven_days", &DUE_SOON), (Timestamp::DAY, "one_day", &DUE_SOON), (0, "overdue", &OVERDUE)];

/// How many of the reminders are due.
pub(super) fn due(request: &Request, now: Timestamp) -> i64 {
    let passed = |(before, ..): &&(i64, &str, &NotificationKind)| now > request.deadline().plus(-before);
    REMINDERS.iter().take_while(passed).count() as i64
}

/// True from a day before the receipt must be confirmed, where it must and was not.
pub(super) fn confirmation_due(request: &Request, now: Timestamp) -> bool {
    request.confirmed_at.is_none() && request.confirm_by.is_some_and(|by| now > by.plus(-Timestamp::DAY))
}

fn remind(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let open = workspace.file.read(cx.now(), |db| {
        let mut waiting = Vec::new();
        for request in store::open(db)? {
            let (reminded, confirmed) = store::reminded(db, request.id)?;
            if due(&request, db.now) > reminded || (confirmation_due(&request, db.now) && !confirmed) {
                waiting.push(request.id);
            }
        }
        Ok(waiting)
    })?;
    if open.is_empty() {
        return Ok(());
    }
    let standings = standings(&cx.app, workspace.id)?;
    for id in open {
        if cx.is_stopping() {
            return Ok(());
        }
        workspace.file.write(cx.now(), &cx.origin(), |tx| {
            let request = service::get(tx, id)?;
            let (reminded, confirmed) = store::reminded(tx, id)?;
            let (now_due, confirm) = (due(&request, tx.now), confirmation_due(&request, tx.now));
            // After a pause several are due at once: the last one says it all.
            let latest = usize::try_from(now_due - 1).ok().and_then(|index| REMINDERS.get(index));
            if let Some((_, word, kind)) = latest.filter(|_| now_due > reminded) {
                tell(cx, tx, &request, &standings, kind)?;
                steps::record(tx, &request, "remind", "privacy.request.reminded", word, "")?;
            }
            if confirm && !confirmed {
                tell(cx, tx, &request, &standings, &DUE_SOON)?;
                steps::record(tx, &request, "remind", "privacy.request.reminded", "confirmation", "")?;
            }
            store::set_reminded(tx, id, now_due.max(reminded), confirm || confirmed)
        })?;
    }
    Ok(())
}

/// Whoever has it in hand, and those who look after privacy in the workspace.
fn tell(
    cx: &JobContext,
    tx: &crate::db::Tx,
    request: &Request,
    standings: &Standings,
    kind: &'static NotificationKind,
) -> Result<(), Error> {
    let may =
        |member: MemberId, action: Action| !matches!(standings.reach(member, action, Area::Privacy), Reach::Nothing);
    let mut hear: Vec<MemberId> =
        standings.iter().map(|standing| standing.id).filter(|id| may(*id, Action::Manage)).collect();
    hear.extend(request.assignee.filter(|member| may(*member, Action::View)));
    hear.sort_unstable();
    hear.dedup();
    let about = Target { kind: RECORD.word, id: request.id.0 };
    hear.into_iter().try_for_each(|member| module::tell(cx.app.modules, tx, member, kind, about))
}
