//! What programs do with a request: each kind of step, for `/api/v1/subject-requests`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::api::known;
use super::choosing::Choices;
use super::letters::{self, Draft, LetterKind, Way};
use super::wire::{LetterWire, RequestDetail};
use super::{Check, Ground, KeepGround, Kind, ToldBy, actions, execution, service};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Error;
use crate::id::SubjectRequestId;
use crate::mail::Delivery;
use crate::module::Correction;
use crate::permission::{Action, Area};
use crate::privacy::restriction;
use crate::web::{Reply, Request, idempotency};

/// Does something once for its key and answers with the request as it then is.
fn act(request: &Request, work: impl FnOnce(&Tx, SubjectRequestId) -> Result<(), Error>) -> Result<Reply, Error> {
    let id: SubjectRequestId = request.param("id")?;
    idempotency::write(request, |tx| {
        work(tx, id)?;
        Reply::json(&RequestDetail::read(tx, request.app.modules, id)?)
    })
}

/// What was found out about whoever asks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckBody {
    /// identity, ownership, scope.
    check: String,
    passed: bool,
    /// Of identity: known_address, signed_in, phone_back, document, in_person, not_shown. Of ownership: own_data,
    /// authorised, parent, not_theirs. Of scope: everything, part, asked_back, unclear.
    method: String,
    #[serde(default)]
    note: String,
}

pub(super) fn check(request: &Request) -> Result<Reply, Error> {
    let body: CheckBody = request.json()?;
    act(request, |tx, id| {
        service::get(tx, id)?;
        let check = known(Check::from_word(&body.check), "check")?;
        service::record_check(tx, id, check, body.passed, &body.method, &body.note)
    })
}

/// A step of the request.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepBody {
    /// approve, deny, start, erase (once the answer has left), ask, resume, complete, cancel.
    step: String,
    /// Of approve, ask, resume and cancel.
    #[serde(default)]
    note: String,
    /// Of deny: not_identified, not_theirs, unfounded, excessive, legal_obligation, legal_claims, rights_of_others,
    /// nothing_held, other.
    #[serde(default)]
    ground: String,
    /// Of deny, in words for the person.
    #[serde(default)]
    reason: String,
    /// Of start, for a restriction: accuracy, unlawful, claims or objection. Empty: accuracy.
    #[serde(default)]
    restriction_ground: String,
    /// Of start, for an objection or a withdrawal: keys of the purposes they mean, an empty one for all direct marketing.
    /// Absent: they are noted one by one, and complete says what was done.
    #[serde(default)]
    purposes: Option<Vec<String>>,
    /// Of complete: what was done, in words for the person.
    #[serde(default)]
    done: String,
}

pub(super) fn take_step(request: &Request) -> Result<Reply, Error> {
    let body: StepBody = request.json()?;
    let is_out = actions::is_answer_out(request, request.param("id")?)?;
    let kind = std::cell::Cell::new(None);
    let reply = act(request, |tx, id| {
        let asked = service::get(tx, id)?;
        kind.set(Some(asked.kind));
        match body.step.as_str() {
            "approve" => service::approve(tx, id, &body.note),
            "deny" => service::deny(tx, id, Ground::from_word(&body.ground), &body.reason),
            // Handing out and erasing are rights of their own.
            "start" if !request.may(asked.kind.execution_needs(), Area::Privacy) => Err(Error::Forbidden),
            "start" => {
                let ground = match (asked.kind, body.restriction_ground.as_str()) {
                    (Kind::Restriction, word) if !word.is_empty() => {
                        Some(known(restriction::Ground::from_word(word), "restriction_ground")?)
                    }
                    _ => None,
                };
                let choices = Choices { ground, purposes: body.purposes.clone() };
                execution::start(tx, request.app.modules, id, &choices)
            }
            "erase" if !request.may(Action::Delete, Area::Privacy) => Err(Error::Forbidden),
            "erase" => execution::erase(tx, request.app.modules, id, is_out),
            "ask" => service::ask(tx, id, &body.note),
            "resume" => service::resume(tx, id, &body.note),
            "complete" => service::complete(tx, id, &body.done),
            "cancel" => service::cancel(tx, id, &body.note),
            _ => known(None, "step"),
        }
    })?;
    if let (Some(kind), "start" | "erase") = (kind.get(), body.step.as_str()) {
        execution::ring(&request.app, request.member()?.workspace_id(), kind)?;
    }
    Ok(reply)
}

/// A part that is kept.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeptBody {
    item: String,
    /// security, fraud, tax, billing, dispute, provider, backups, law.
    ground: String,
    /// The last moment it is kept, as RFC 3339.
    until: String,
}

pub(super) fn keep(request: &Request) -> Result<Reply, Error> {
    let body: KeptBody = request.json()?;
    act(request, |tx, id| {
        service::keep(tx, id, &body.item, KeepGround::from_word(&body.ground), Timestamp::parse(&body.until)).map(drop)
    })
}

/// What fields are to hold.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionsBody {
    corrections: Vec<CorrectionBody>,
}

/// One field, by its name in the API of the record; `custom/KEY` for the workspace's own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionBody {
    field: String,
    value: String,
}

pub(super) fn propose(request: &Request) -> Result<Reply, Error> {
    let body: CorrectionsBody = request.json()?;
    let wanted: Vec<Correction> =
        body.corrections.into_iter().map(|one| Correction { field: one.field, value: one.value }).collect();
    act(request, |tx, id| execution::propose(tx, request.app.modules, id, &wanted))
}

/// Somebody who has received the data.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecipientBody {
    name: String,
}

pub(super) fn add_recipient(request: &Request) -> Result<Reply, Error> {
    let body: RecipientBody = request.json()?;
    act(request, |tx, id| service::add_recipient(tx, id, &body.name).map(drop))
}

/// How they were told.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeBody {
    /// mail, phone, letter, webhook, impossible.
    told_by: String,
}

pub(super) fn tell(request: &Request) -> Result<Reply, Error> {
    let recipient: i64 = request.param("recipient")?;
    let body: NoticeBody = request.json()?;
    act(request, |tx, id| service::tell_recipient(tx, id, recipient, ToldBy::from_word(&body.told_by)))
}

/// A letter. Without words of its own it takes those of the workspace's template.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LetterBody {
    /// acknowledgement, identity_needed, extension, done or refused.
    kind: String,
    /// mail or print.
    way: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    body: Option<String>,
    /// Of an extension: why it takes longer.
    #[serde(default)]
    reason: String,
}

pub(super) fn write(request: &Request) -> Result<Reply, Error> {
    let body: LetterBody = request.json()?;
    let id: SubjectRequestId = request.param("id")?;
    let workspace = request.member()?.workspace_name.clone();
    let has_mail = !matches!(request.app.mailer.delivery, Delivery::Kept);
    let reply = idempotency::write(request, |tx| {
        let asked = service::get(tx, id)?;
        let kind = known(LetterKind::from_word(&body.kind), "kind")?;
        let way = known(Way::from_word(&body.way), "way")?;
        if way == Way::Mail && !has_mail {
            return Err(Error::Conflict("No mail server is configured here. Print the letter instead.".into()));
        }
        let words = letters::service::filled(tx, &asked, kind, &body.reason, &workspace)?;
        let draft = Draft {
            kind,
            way,
            title: body.title.clone().unwrap_or(words.title),
            body: body.body.clone().unwrap_or(words.body),
            reason: body.reason.clone(),
            message_id: request.app.mailer.sender.new_message_id(),
        };
        let letter = letters::send(tx, id, &draft)?;
        let sent = letters::of_request(tx, id)?.into_iter().find(|known| known.id == letter);
        let wire = sent.map(LetterWire::from).ok_or(Error::NotFound("letter"))?;
        Reply::created(format!("/api/v1/subject-requests/{id}"), &wire)
    })?;
    if has_mail {
        crate::jobs::ask(&request.app, &letters::post::POST, Some(request.member()?.workspace_id()))?;
    }
    Ok(reply)
}
