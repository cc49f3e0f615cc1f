//! Mails about notifications: within minutes, or once a day at the hour a member chose.
//!
//! How far a member's notifications were mailed stands in `control.db` and moves in the transaction that
//! queues the mail. So a crash at any point neither sends twice nor skips: what is queued is counted, and
//! what is counted is queued.

use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::look::{self, Told};
use super::{settings, store};
use crate::clock::Timestamp;
use crate::db::{Db, Workspace};
use crate::error::Error;
use crate::jobs::JobContext;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::Notifications;
use crate::members::standing::{self, Standing};
use crate::members::workspaces;
use crate::module::{MailChoice, RecordKind};
use crate::web::format;

/// Mails every member of a workspace what is due.
pub fn send(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let newest = workspace.file.read(cx.now(), store::newest)?;
    if newest == 0 {
        return Ok(());
    }
    let standings = standing::standings(&cx.app, workspace.id)?;
    for standing in standings.iter() {
        for channel in [MailChoice::Soon, MailChoice::Daily] {
            if cx.is_stopping() {
                return Ok(());
            }
            mail(cx, workspace, standing, channel, newest)?;
        }
    }
    Ok(())
}

/// Queues one mail about everything that is due on this channel; none when there is nothing.
fn mail(
    cx: &JobContext,
    workspace: &Workspace,
    standing: &Standing,
    channel: MailChoice,
    newest: i64,
) -> Result<(), Error> {
    let after = cx.app.read(|db| store::mailed_through(db, standing.id, channel))?;
    if after > newest {
        // The file was restored to an earlier day; from here on its own numbers count again.
        return cx
            .app
            .control
            .write_unaudited(cx.now(), &cx.origin(), |tx| store::set_mailed_through(tx, standing.id, channel, newest));
    }
    let told = workspace.file.read(cx.now(), |db| due(cx, db, standing, channel, after))?;
    let Some(through) = told.iter().map(|told| told.notification.id).max() else { return Ok(()) };
    // A queue and a mark of how far it got: machinery. The mail names nobody.
    cx.app.control.write_unaudited(cx.now(), &cx.origin(), |tx| {
        let place = workspaces::find(tx, workspace.id)?;
        let page = cx.app.public_url(&format!("/w/{}/notifications", place.slug));
        let change = cx.app.public_url(&format!("/w/{}/settings/notifications", place.slug));
        let site = cx.app.config.host_name();
        let content = Notifications {
            site: &site,
            workspace: &place.name,
            count: &format::plural(count(&told), "thing is", "things are"),
            counts: &counts(cx, &told),
            link: &page,
            settings: &change,
        }
        .content()?;
        let recipient = Recipient {
            address: &standing.email,
            whom: Whom::Account(standing.account),
            workspace: Some(workspace.id),
        };
        queue::add(tx, &cx.app.mailer, recipient, &content)?;
        store::set_mailed_through(tx, standing.id, channel, through)
    })
}

/// What a member may be told now.
fn due(cx: &JobContext, db: &Db, standing: &Standing, channel: MailChoice, after: i64) -> Result<Vec<Told>, Error> {
    let until = match channel {
        MailChoice::Daily => last_digest(cx.now(), settings::hour(db, standing.id)?, &standing.zone),
        // This very moment counts too.
        _ => cx.now().plus(1),
    };
    let sight = |kind: &RecordKind| standing.reach(kind.needs.action, kind.needs.area);
    let mut told = Vec::new();
    for notification in store::to_mail(db, standing.id, channel, after, until)? {
        told.extend(look::look(db, notification, cx.app.modules, &sight)?);
    }
    Ok(told)
}

/// The latest moment at which a digest was due, on the member's own clock.
///
/// An hour that the clocks skip in spring comes with the hour after it; one that they repeat in autumn
/// counts once, the first time.
pub(super) fn last_digest(now: Timestamp, hour: i8, zone: &TimeZone) -> Timestamp {
    let today = now.zoned(zone).date();
    let at = |date: jiff::civil::Date| {
        let moment = date.at(hour.clamp(0, 23), 0, 0, 0).to_zoned(zone.clone()).ok()?;
        Some(Timestamp(moment.timestamp().as_millisecond()))
    };
    let days = [Some(today), today.checked_sub(1.day()).ok()];
    days.into_iter().flatten().filter_map(at).find(|moment| *moment <= now).unwrap_or(Timestamp(0))
}

fn count(told: &[Told]) -> i64 {
    told.iter().map(|told| told.notification.count).sum()
}

/// A line for each kind: "3 mentions in notes".
fn counts(cx: &JobContext, told: &[Told]) -> Vec<String> {
    let of = |word: &str| -> i64 {
        told.iter().filter(|told| told.kind.word == word).map(|told| told.notification.count).sum()
    };
    settings::kinds(cx.app.modules)
        .map(|kind| (kind, of(kind.word)))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format::plural(count, kind.counted.0, kind.counted.1))
        .collect()
}
