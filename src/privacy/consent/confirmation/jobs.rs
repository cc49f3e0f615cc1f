//! Hands the mails that ask for a confirmation to the mail queue: once each, whatever happens in between.

use super::service::{self, Asked};
use super::words::{self, Words};
use super::{Confirmation, store};
use crate::db::{Db, Workspace};
use crate::error::Error;
use crate::jobs::{self, Job, JobContext, Schedule, Work};
use crate::mail;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::{self, Content};
use crate::members::workspaces;
use crate::privacy::consent::Cleared;
use crate::privacy::requests::letters::fill;

/// Asked for with the yes; runs by itself for those whose asking was lost.
pub const ASK: Job = Job {
    name: "privacy.consent.ask",
    purpose: "Mails people who agreed the link to confirm it with.",
    schedule: Schedule::EveryMinutes(10),
    work: Work::Workspace(ask),
};

const BATCH: i64 = 100;

/// The queue lies in another file: address and Message-ID are chosen first, and the queue takes each Message-ID once, so
/// a crash in between sends nothing twice and loses nothing.
fn ask(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let waiting = workspace.file.read(cx.now(), |db| store::waiting(db, BATCH))?;
    let mut is_any = false;
    for confirmation in waiting {
        if cx.is_stopping() {
            break;
        }
        is_any |= send(cx, workspace, &confirmation)?;
    }
    if is_any { jobs::ask(&cx.app, &mail::jobs::DELIVER, None) } else { Ok(()) }
}

/// Says whether a mail was queued.
fn send(cx: &JobContext, workspace: &Workspace, confirmation: &Confirmation) -> Result<bool, Error> {
    let file = &workspace.file;
    let place = cx.app.read(|db| workspaces::find(db, workspace.id))?;
    let key = cx.app.keys.workspace(workspace.id)?.blind_index;
    let link = cx.app.public_url(&format!("/p/{}/confirm/{}", place.slug, service::link(&key, confirmation)));
    let found = file.read(cx.now(), |db| {
        let Some(asked) = service::asked(db, cx.app.modules, confirmation)?.filter(Asked::is_open) else {
            return Ok(None);
        };
        let Some((cleared, address)) = service::address(db, confirmation, &asked)? else { return Ok(None) };
        let content = content(db, confirmation, &asked, &place.name, &link)?;
        Ok(Some(Found { asked, cleared, address, content }))
    })?;
    // That somebody is to be asked has its entry since they agreed; how far the mail is, is machinery.
    let Some(found) = found.filter(|_| cx.now() < confirmation.expires_at) else {
        file.write_unaudited(cx.now(), &cx.origin(), |tx| store::stop(tx, confirmation.event))?;
        return Ok(false);
    };
    let message_id = match confirmation.message_id.as_str() {
        "" => cx.app.mailer.sender.new_message_id(),
        chosen => chosen.to_owned(),
    };
    file.write_unaudited(cx.now(), &cx.origin(), |tx| {
        service::choose(tx, confirmation, &found.asked, &found.address, &message_id)
    })?;
    let recipient =
        Recipient { address: &found.address, whom: Whom::Person(&found.cleared), workspace: Some(workspace.id) };
    let queued = cx.app.control.write_unaudited(cx.now(), &cx.origin(), |tx| {
        queue::add_once(tx, &cx.app.mailer, recipient, &found.content, &message_id)
    })?;
    file.write_unaudited(cx.now(), &cx.origin(), |tx| store::mark_queued(tx, confirmation.id, queued))?;
    Ok(true)
}

struct Found {
    asked: Asked,
    cleared: Cleared,
    address: String,
    content: Content,
}

/// The mail, in the language of the person where they have one that is offered.
fn content(db: &Db, confirmation: &Confirmation, asked: &Asked, workspace: &str, link: &str) -> Result<Content, Error> {
    let (kind, id) = (asked.person.kind, asked.person.id());
    let language = (kind.fields)(db, id)?.into_iter().find(|field| field.name == "language").map(|field| field.value);
    let Words { title, body } = words::best(db, &language.unwrap_or_default())?;
    let name = (kind.name)(db, id)?.unwrap_or_default();
    let values = [
        ("link", link.to_owned()),
        ("wording", asked.wording.clone()),
        ("purpose", asked.purpose.title.clone()),
        ("name", templates::name(&name)),
        ("until", confirmation.expires_at.zoned(&jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()),
        ("workspace", templates::name(workspace)),
    ];
    templates::confirmation(&fill(&title, &values), &fill(&body, &values), link)
}
