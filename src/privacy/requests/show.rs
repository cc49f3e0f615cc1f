//! One request: how far it is, how much time is left, what was checked, and what to do next.

use std::collections::BTreeSet;

use askama::Template;
use jiff::tz::TimeZone;

use super::held::{self, HeldPart};
use super::history::{Line, lines};
use super::letters::{self, Letter, LetterKind};
use super::list::{Clock, members};
use super::machine::next;
use super::offered::{before_it_is_done, restriction_grounds, whole_plan};
use super::pages::ABOVE;
use super::rows::{CheckRow, CorrectionRow, KeptRow, RecipientRow, latest, missing};
use super::{Check, Ground, KeepGround, Kind, Request as Asked, State, Step, ToldBy, execution, service, settings};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::id::{MemberId, SubjectRequestId};
use crate::members::directory::{self, Directory};
use crate::module::{PersonField, record_kind};
use crate::permission::{Action, Area};
use crate::privacy::erasure::Plan;
use crate::privacy::{access_package, erasure, subject};
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request};

#[derive(Template)]
#[template(path = "privacy/requests/show.html")]
struct Show {
    base: String,
    asked: Asked,
    clock: Clock,
    stages: Vec<Stage>,
    rail: Vec<&'static str>,
    rail_label: String,
    first_day: String,
    last_day: String,
    last_day_in_full: String,
    total_days: i64,
    person: Option<PersonLine>,
    others: i64,
    duplicates: Vec<SubjectRequestId>,
    checks: Vec<CheckLine>,
    missing: Vec<Check>,
    /// Why the reader may not approve, when two people must decide.
    must_be_another: bool,
    may: May,
    assignee: String,
    members: Vec<Choice>,
    grounds: Vec<Choice>,
    keep_grounds: Vec<Choice>,
    told_by: Vec<Choice>,
    kept: Vec<(KeptRow, String)>,
    corrections: Vec<CorrectionRow>,
    fields: Vec<PersonField>,
    recipients: Vec<RecipientRow>,
    found: Vec<(&'static str, i64)>,
    records: i64,
    letters: Vec<(Letter, String)>,
    letter_kinds: &'static [LetterKind],
    answer: Option<LetterKind>,
    history: Vec<Line>,
    /// What legal holds keep of the erasure, and whether the reader may know of which matter.
    held: Vec<HeldPart>,
    knows_holds: bool,
    /// The erasure that the request led to: number and state.
    erasure: Option<(i64, &'static str)>,
    /// What an erasure would do to the tables, before it is decided.
    plan: Option<Plan>,
    /// Everything that it would do, with the places where others name the person; empty for who may not erase.
    whole_plan: String,
    /// What can be objected to or withdrawn, and the grounds of a restriction.
    purposes: Vec<Choice>,
    restriction_grounds: Vec<Choice>,
    /// The answer is written already.
    is_answered: bool,
    /// Where the parts of the core do what was asked: the person's privacy page, and the copy of their data.
    privacy_page: String,
    copy_page: String,
    copies: Vec<(i64, &'static str)>,
    errors: Vec<FieldError>,
}

/// One part of the strip above the page.
struct Stage {
    label: &'static str,
    words: String,
    is_done: bool,
    is_now: bool,
}

/// Whose data it is about.
struct PersonLine {
    name: String,
    address: String,
    href: String,
}

/// One of the three checks, with what was found out last.
struct CheckLine {
    kind: Check,
    last: Option<CheckRow>,
    by: String,
    methods: Vec<Choice>,
}

/// What the reader can do with the request as it stands.
#[derive(Default)]
struct May {
    check: bool,
    link: bool,
    approve: bool,
    deny: bool,
    cancel: bool,
    start: bool,
    ask: bool,
    resume: bool,
    complete: bool,
    erase: bool,
    keep: bool,
    extend: bool,
    write: bool,
    correct: bool,
    list_recipients: bool,
    assign: bool,
}

impl May {
    fn of(request: &Request, asked: &Asked) -> May {
        if !request.may(Action::Edit, Area::Privacy) {
            return May::default();
        }
        let can = |step: Step| next(asked.state, step).is_some();
        May {
            check: can(Step::AskIdentity),
            link: can(Step::AskIdentity),
            approve: can(Step::Approve),
            deny: can(Step::Deny),
            cancel: can(Step::Cancel),
            start: can(Step::Start) && request.may(asked.kind.execution_needs(), Area::Privacy),
            ask: can(Step::Ask),
            resume: can(Step::Resume),
            complete: can(Step::Complete) && asked.kind != Kind::Erasure,
            erase: asked.kind == Kind::Erasure
                && asked.state == State::Processing
                && request.may(Action::Delete, Area::Privacy),
            keep: can(Step::Hold),
            extend: can(Step::Extend) && asked.extended_until.is_none() && request.now() <= asked.due_at,
            write: true,
            correct: asked.kind == Kind::Rectification && can(Step::AskIdentity),
            list_recipients: asked.kind.has_recipients() && !asked.state.is_closed(),
            assign: !asked.state.is_closed(),
        }
    }
}

pub(super) fn show(request: &Request) -> Result<Reply, Error> {
    let id: SubjectRequestId = request.param("id")?;
    let page = page(request, id, Vec::new())?;
    request.page_below(&format!("Request {id}"), &[ABOVE], &page)
}

/// The request as it is now, with what was wrong with the last try.
pub(super) fn with_errors(request: &Request, id: SubjectRequestId, errors: Vec<FieldError>) -> Result<Reply, Error> {
    // Each form of the page is short; the summary names what to mend, and no field has the name of another's.
    let errors = errors.into_iter().map(|error| FieldError::new("", error.code, error.message)).collect();
    let page = page(request, id, errors)?;
    request.page_with_errors(&format!("Request {id}"), &[ABOVE], &page)
}

fn page(request: &Request, id: SubjectRequestId, errors: Vec<FieldError>) -> Result<Show, Error> {
    let workspace = request.member()?.workspace_id();
    let directory = directory::directory(&request.app, workspace)?;
    let me = request.member()?.id;
    let name = |member: Option<MemberId>| named(&directory, member);
    request.read(|db| {
        let asked = service::get(db, id)?;
        let may = May::of(request, &asked);
        let zone = asked.zone();
        let checks = service::checks(db, id)?;
        let missing = missing(&checks);
        let letters = letters::of_request(db, id)?;
        let corrections = service::corrections(db, id)?;
        let fields = if asked.kind == Kind::Rectification {
            execution::fields(db, request.app.modules, &asked)?
        } else {
            Vec::new()
        };
        let (person, others, found) = about(request, db, &asked)?;
        let (rail, total_days) = rail(&asked, db.now);
        let two = settings::service::read(db)?.two_person;
        let kept = service::kept(db, id)?.into_iter().map(|kept| (day(kept.until, &zone), kept));
        let check_line = |kind: &Check| {
            let last = latest(&checks, *kind).cloned();
            let methods = kind.methods().iter().map(|(word, label)| Choice::new(*word, *label)).collect();
            CheckLine {
                kind: *kind,
                by: last.as_ref().map(|last| name(last.member)).unwrap_or_default(),
                last,
                methods,
            }
        };
        let left = asked.days_left(db.now).max(0);
        let is_answered = letters.iter().any(|letter| letter.kind == LetterKind::Done);
        let copies = access_package::service::of_request(db, id.0)?;
        let whose = asked.person.as_ref().map_or(0, |(_, id)| *id);
        let (plan, purposes) = before_it_is_done(request, db, &asked)?;
        let privacy_page = request.url(&format!("/privacy/people/{whose}"));
        Ok(Show {
            base: format!("{}/{id}", request.url(ABOVE.1)),
            clock: Clock::of(&asked, db.now),
            stages: stages(&asked, &checks, &letters, &zone),
            rail,
            rail_label: format!(
                "{left} of {total_days} days left. The last day is {}",
                long_day(asked.deadline(), &zone)
            ),
            first_day: day(asked.received_at, &zone),
            last_day: day(asked.deadline(), &zone),
            last_day_in_full: asked.deadline().zoned(&zone).strftime("%a %-d %b %Y").to_string(),
            total_days,
            person,
            others,
            duplicates: service::duplicates_of(db, id)?,
            checks: Check::ALL.iter().map(check_line).collect(),
            missing,
            must_be_another: two && service::has_worked_on(db, &asked, Some(me))?,
            assignee: asked.assignee.map(|member| member.to_string()).unwrap_or_default(),
            members: members(&directory, "Nobody"),
            grounds: Ground::ALL.iter().map(|ground| Choice::new(ground.word(), ground.label())).collect(),
            keep_grounds: KeepGround::ALL.iter().map(|ground| Choice::new(ground.word(), ground.label())).collect(),
            told_by: ToldBy::ALL.iter().map(|by| Choice::new(by.word(), by.label())).collect(),
            kept: kept.map(|(until, kept)| (kept, until)).collect(),
            corrections,
            fields,
            recipients: service::recipients(db, id)?,
            records: found.iter().map(|(_, count)| count).sum(),
            found,
            letters: letters.into_iter().map(|letter| (day(letter.at, &zone), letter)).map(|(at, l)| (l, at)).collect(),
            letter_kinds: LetterKind::fitting(&asked),
            answer: match asked.state {
                State::Complete => Some(LetterKind::Done),
                State::Denied => Some(LetterKind::Refused),
                _ => None,
            },
            history: lines(&asked, &service::steps(db, id)?, &name, &directory),
            held: held::parts(db, request.app.modules, id)?,
            knows_holds: request.may(Action::Edit, Area::Privacy),
            erasure: erasure::of_request(db, id.0)?.map(|erasure| (erasure.id.0, erasure.state.word())),
            plan,
            purposes,
            restriction_grounds: restriction_grounds(),
            whole_plan: whole_plan(request, whose, id),
            is_answered,
            copies: copies.into_iter().map(|copy| (copy.id.0, copy.state.word())).collect(),
            copy_page: format!("{privacy_page}/data"),
            privacy_page,
            may,
            asked,
            errors,
        })
    })
}

impl Show {
    /// What a field is to hold: what was said, else what it holds.
    fn wanted<'a>(&'a self, field: &'a PersonField) -> &'a str {
        let said = self.corrections.iter().find(|row| row.field == field.name && row.applied_at.is_none());
        said.map_or(field.value.as_str(), |row| row.after.as_str())
    }

    /// The label of a corrected field.
    fn label<'a>(&'a self, row: &'a CorrectionRow) -> &'a str {
        self.fields.iter().find(|field| field.name == row.field).map_or(row.field.as_str(), |field| &field.label)
    }

    fn missing_words(&self) -> String {
        self.missing.iter().map(|check| check.word()).collect::<Vec<_>>().join(", ")
    }

    fn untold(&self) -> i64 {
        self.recipients.iter().filter(|recipient| recipient.told.is_none()).count() as i64
    }
}

pub(super) fn named(directory: &Directory, member: Option<MemberId>) -> String {
    member.map_or("Holdfast".to_owned(), |member| directory.name(member).to_owned())
}

fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.zoned(zone).strftime("%-d %b").to_string()
}

fn long_day(at: Timestamp, zone: &TimeZone) -> String {
    at.zoned(zone).strftime("%-d %B %Y").to_string()
}

/// Whose data it is about, how many other requests they made, and how many records are held of them, by table.
type About = (Option<PersonLine>, i64, Vec<(&'static str, i64)>);

fn about(request: &Request, db: &Db, asked: &Asked) -> Result<About, Error> {
    let modules = request.app.modules;
    let Some(person) = service::person(db, modules, asked)? else { return Ok((None, 0, Vec::new())) };
    let others = service::all_for(db, &person)?.iter().filter(|other| other.id != asked.id).count() as i64;
    let Some(name) = (person.kind.name)(db, person.id())? else { return Ok((None, others, Vec::new())) };
    let address = (person.kind.identities)(db, person.id())?.into_iter().next().map(|identity| identity.value);
    let href = record_kind(modules, person.kind.word).map(|kind| request.url(&(kind.path)(person.id())));
    let ids = person.ids_json();
    let mut found = Vec::new();
    for (table, condition) in subject::tables(modules, person.kind) {
        let sql = format!("SELECT count(*) FROM {} WHERE {condition}", table.name);
        // Not every way to a person asks for their kind.
        let count = match condition.contains(":kind") {
            true => db.count(&sql, &[(":kind", &person.kind.word), (":ids", &ids)])?,
            false => db.count(&sql, &[(":ids", &ids)])?,
        };
        if count > 0 {
            found.push((table.label, count));
        }
    }
    found.sort_by_key(|(label, count)| (std::cmp::Reverse(*count), *label));
    let line = PersonLine { name, address: address.unwrap_or_default(), href: href.unwrap_or_default() };
    Ok((Some(line), others, found))
}

/// A tick for each day from the first to the last, and how many days lie between.
fn rail(asked: &Asked, now: Timestamp) -> (Vec<&'static str>, i64) {
    let zone = asked.zone();
    let total = super::deadlines::days_left(asked.received_at, asked.deadline(), &zone).max(1);
    let until = asked.closed_at.unwrap_or(now);
    let gone = super::deadlines::days_left(asked.received_at, until, &zone).clamp(0, total);
    let tick = |at: i64| match at {
        at if at == total && gone < total => "last",
        at if at == gone => "now",
        at if at < gone => "past",
        _ => "",
    };
    ((0..=total).map(tick).collect(), total)
}

fn stages(asked: &Asked, checks: &[CheckRow], letters: &[Letter], zone: &TimeZone) -> Vec<Stage> {
    let reached = BTreeSet::from_iter(match asked.state {
        State::Received | State::IdentityUnverified => vec![0],
        State::Verified => vec![0, 1],
        State::Approved => vec![0, 1, 2],
        State::Processing | State::NeedsInput => vec![0, 1, 2],
        State::Denied => vec![0, 1, 2],
        State::Complete => vec![0, 1, 2, 3],
        State::Receipt => vec![0, 1, 2, 3, 4],
        State::Duplicate | State::Cancelled => vec![0],
    });
    let at = |moment: Option<Timestamp>| moment.map(|moment| day(moment, zone)).unwrap_or_default();
    let received = match letters.iter().any(|letter| letter.kind == LetterKind::Acknowledgement) {
        true => format!("{}, acknowledged", day(asked.received_at, zone)),
        false => day(asked.received_at, zone),
    };
    let identity =
        latest(checks, Check::Identity).map(|check| format!("{}, {}", day(check.at, zone), check.method_label()));
    let decided = match asked.ground {
        Some(_) => format!("{}, refused", at(asked.decided_at)),
        None => at(asked.decided_at),
    };
    let words = [
        received,
        identity.unwrap_or_else(|| "not shown yet".into()),
        if decided.is_empty() { "not yet".into() } else { decided },
        if asked.completed_at.is_some() { at(asked.completed_at) } else { asked.state.label().to_owned() },
        asked.closed_at.map_or(format!("by {}", long_day(asked.deadline(), zone)), |closed| day(closed, zone)),
    ];
    let first_open = (0..5).find(|stage| !reached.contains(stage));
    ["Received", "Identity", "Decided", "Carried out", "Answered"]
        .into_iter()
        .zip(words)
        .enumerate()
        .map(|(index, (label, words))| Stage {
            label,
            words,
            is_done: reached.contains(&index),
            is_now: first_open == Some(index) && !asked.state.is_closed(),
        })
        .collect()
}
