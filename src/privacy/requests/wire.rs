//! Requests as programs read and write them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::held::{GROUND, HeldPart};
use super::letters::Letter;
use super::rows::missing as missing_checks;
use super::rows::{CheckRow, CorrectionRow, KeptRow, RecipientRow, StepRow};
use super::{Request, service};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::{HoldId, MemberId, SubjectLetterId, SubjectRequestId};
use crate::module::Module;

fn moment(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}

/// One page of requests.
#[derive(Serialize, JsonSchema)]
pub struct RequestPage {
    pub data: Vec<RequestWire>,
    /// For `offset`; null on the last page.
    pub next_offset: Option<i64>,
    pub total: i64,
}

/// A person: what kind of record, and which one.
#[derive(Serialize, Deserialize, JsonSchema, Clone)]
#[serde(deny_unknown_fields)]
pub struct PersonWire {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: i64,
}

/// A request as it is.
#[derive(Serialize, JsonSchema)]
pub struct RequestWire {
    pub id: SubjectRequestId,
    /// access, portability, rectification, erasure, restriction, objection, withdrawal.
    pub kind: &'static str,
    /// received, identity_unverified, verified, denied, approved, processing, needs_input, complete, receipt,
    /// duplicate, cancelled.
    pub state: &'static str,
    /// gdpr or ccpa.
    pub profile: &'static str,
    /// email, phone, letter, in_person, portal, api.
    pub channel: &'static str,
    pub received_at: String,
    /// Fixed at receipt.
    pub due_at: String,
    /// The day that counts now: the extended one when there is an extension.
    pub deadline: String,
    pub extended_until: Option<String>,
    pub confirm_by: Option<String>,
    pub confirmed_at: Option<String>,
    pub days_left: i64,
    pub overdue: bool,
    pub person: Option<PersonWire>,
    pub name: String,
    /// Where the answer goes; empty: on paper.
    pub answer_to: String,
    pub words: String,
    pub assignee_id: Option<MemberId>,
    /// The ground of a refusal.
    pub ground: Option<&'static str>,
    pub reason: String,
    pub decided_by: Option<MemberId>,
    pub decided_at: Option<String>,
    /// What was done, in words for the person.
    pub done: String,
    pub completed_at: Option<String>,
    pub closed_at: Option<String>,
    pub duplicate_of: Option<SubjectRequestId>,
    pub created_at: String,
    /// For `If-Match`.
    pub version: i64,
}

impl RequestWire {
    pub fn new(request: Request, now: Timestamp) -> RequestWire {
        RequestWire {
            days_left: request.days_left(now),
            overdue: request.is_overdue(now),
            deadline: request.deadline().rfc3339(),
            id: request.id,
            kind: request.kind.word(),
            state: request.state.word(),
            profile: request.profile.word(),
            channel: request.channel.word(),
            received_at: request.received_at.rfc3339(),
            due_at: request.due_at.rfc3339(),
            extended_until: moment(request.extended_until),
            confirm_by: moment(request.confirm_by),
            confirmed_at: moment(request.confirmed_at),
            person: request.person.map(|(kind, id)| PersonWire { kind, id }),
            name: request.name,
            answer_to: request.answer_to,
            words: request.words,
            assignee_id: request.assignee,
            ground: request.ground.map(|ground| ground.word()),
            reason: request.reason,
            decided_by: request.decided_by,
            decided_at: moment(request.decided_at),
            done: request.done,
            completed_at: moment(request.completed_at),
            closed_at: moment(request.closed_at),
            duplicate_of: request.duplicate_of,
            created_at: request.created_at.rfc3339(),
            version: request.version,
        }
    }
}

/// A request with all that hangs on it.
#[derive(Serialize, JsonSchema)]
pub struct RequestDetail {
    #[serde(flatten)]
    pub request: RequestWire,
    /// Of identity, ownership and scope: those that do not stand yet.
    pub missing_checks: Vec<&'static str>,
    pub checks: Vec<CheckWire>,
    pub steps: Vec<StepWire>,
    pub kept: Vec<KeptWire>,
    /// What legal holds keep of its erasure, which is closed all the same: their release takes it.
    pub held: Vec<HeldWire>,
    pub corrections: Vec<CorrectionWire>,
    pub recipients: Vec<RecipientWire>,
    pub letters: Vec<LetterWire>,
}

impl RequestDetail {
    pub fn read(
        db: &Db,
        modules: &'static [&'static Module],
        id: SubjectRequestId,
    ) -> Result<RequestDetail, Error> {
        let request = service::get(db, id)?;
        let checks = service::checks(db, id)?;
        Ok(RequestDetail {
            missing_checks: missing_checks(&checks).into_iter().map(|check| check.word()).collect(),
            checks: checks.into_iter().map(CheckWire::from).collect(),
            steps: service::steps(db, id)?.into_iter().map(StepWire::from).collect(),
            kept: service::kept(db, id)?.into_iter().map(KeptWire::from).collect(),
            held: super::held::parts(db, modules, id)?.into_iter().map(HeldWire::from).collect(),
            corrections: service::corrections(db, id)?.into_iter().map(CorrectionWire::from).collect(),
            recipients: service::recipients(db, id)?.into_iter().map(RecipientWire::from).collect(),
            letters: super::letters::of_request(db, id)?.into_iter().map(LetterWire::from).collect(),
            request: RequestWire::new(request, db.now),
        })
    }
}

/// One of the three checks, as it was recorded. The newest of each kind counts.
#[derive(Serialize, JsonSchema)]
pub struct CheckWire {
    kind: &'static str,
    passed: bool,
    method: String,
    note: String,
    member_id: Option<MemberId>,
    at: String,
}

impl From<CheckRow> for CheckWire {
    fn from(row: CheckRow) -> CheckWire {
        let CheckRow { kind, passed, method, note, member, at } = row;
        CheckWire { kind: kind.word(), passed, method, note, member_id: member, at: at.rfc3339() }
    }
}

/// Something that happened to the request.
#[derive(Serialize, JsonSchema)]
pub struct StepWire {
    step: String,
    /// After it.
    state: &'static str,
    about: String,
    note: String,
    member_id: Option<MemberId>,
    at: String,
}

impl From<StepRow> for StepWire {
    fn from(row: StepRow) -> StepWire {
        let StepRow { step, state, about, note, member, at } = row;
        StepWire { step, state: state.word(), about, note, member_id: member, at: at.rfc3339() }
    }
}

/// A part that is kept although it was asked to go.
#[derive(Serialize, JsonSchema)]
pub struct KeptWire {
    id: i64,
    item: String,
    ground: &'static str,
    until: String,
}

impl From<KeptRow> for KeptWire {
    fn from(row: KeptRow) -> KeptWire {
        KeptWire { id: row.id, item: row.item, ground: row.ground.word(), until: row.until.rfc3339() }
    }
}

/// Rows of one kind that a legal hold keeps.
#[derive(Serialize, JsonSchema)]
pub struct HeldWire {
    item: &'static str,
    rows: i64,
    /// Rows of others that name the person.
    mentions: bool,
    hold: HoldId,
    ground: &'static str,
    /// Null until somebody releases the hold.
    until: Option<String>,
}

impl From<HeldPart> for HeldWire {
    fn from(part: HeldPart) -> HeldWire {
        let HeldPart { label, rows, is_mention, hold, until, .. } = part;
        HeldWire { item: label, rows, mentions: is_mention, hold, ground: GROUND, until: moment(until) }
    }
}

/// A field that is to be corrected.
#[derive(Serialize, JsonSchema)]
pub struct CorrectionWire {
    field: String,
    before: String,
    after: String,
    applied_at: Option<String>,
}

impl From<CorrectionRow> for CorrectionWire {
    fn from(row: CorrectionRow) -> CorrectionWire {
        let CorrectionRow { field, before, after, applied_at } = row;
        CorrectionWire { field, before, after, applied_at: moment(applied_at) }
    }
}

/// Somebody who has received the data.
#[derive(Serialize, JsonSchema)]
pub struct RecipientWire {
    id: i64,
    name: String,
    /// mail, phone, letter, webhook, impossible; null while they were not told.
    told_by: Option<&'static str>,
    told_at: Option<String>,
}

impl From<RecipientRow> for RecipientWire {
    fn from(row: RecipientRow) -> RecipientWire {
        let (told_by, told_at) = row.told.map(|(by, at)| (by.word(), at.rfc3339())).unzip();
        RecipientWire { id: row.id, name: row.name, told_by, told_at }
    }
}

/// A letter as it went out.
#[derive(Serialize, JsonSchema)]
pub struct LetterWire {
    pub id: SubjectLetterId,
    kind: &'static str,
    /// mail or print.
    way: &'static str,
    address: String,
    title: String,
    body: String,
    /// SHA-256 of title, line break and body, in hexadecimal.
    hash: String,
    at: String,
}

impl From<Letter> for LetterWire {
    fn from(letter: Letter) -> LetterWire {
        LetterWire {
            id: letter.id,
            kind: letter.kind.word(),
            way: letter.way.word(),
            address: letter.address,
            title: letter.title,
            body: letter.body,
            hash: data_encoding::HEXLOWER.encode(&letter.hash),
            at: letter.at.rfc3339(),
        }
    }
}
