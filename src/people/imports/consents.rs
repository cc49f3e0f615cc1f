//! Columns that say what people said about the use of their data: how they are read, and what becomes of them.
//!
//! An empty cell says nothing. A no is written down always. A yes needs the day and the proof, or what whoever imports
//! says it rests on; whether it is then taken is decided by the privacy core, and told row by row where it is not.

use super::fields::Shape;
use super::mapping::{Mapping, column_name};
use super::plan::Plan;
use super::record::Outcome;
use super::rows::Row;
use super::{Import, ImportError};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::id::{ConsentEventId, ContactId};
use crate::module::{IdentityKind, KnownIdentity};
use crate::people::custom_fields;
use crate::people::exports::cell;
use crate::people::identities::{Identity, Kind};
use crate::people::person;
use crate::permission::words;
use crate::privacy::consent::arriving::{self, Answer, Arriving, Judged};
use crate::privacy::purposes::{self, Purpose};
use crate::privacy::subject::Person;

/// What their keys begin with: `consent/newsletter`, `consent/newsletter/at`.
pub const PLACE: &str = "consent/";
/// Letters of a cell that says how, and of one that says where the proof lies.
const HOW: usize = 200;
const PROOF: usize = 1_500;

words! {
    /// What a yes without its day or its proof rests on, as whoever imports says.
    Ground {
        Form = "form",
        Paper = "paper",
        Confirmed = "confirmed",
        Spoken = "spoken",
    }
}

impl Ground {
    /// For people, and for the evidence of each consent.
    pub fn label(self) -> &'static str {
        match self {
            Ground::Form => "They ticked a box in a form",
            Ground::Paper => "They signed on paper",
            Ground::Confirmed => "They confirmed it by a link in a mail",
            Ground::Spoken => "They said so to one of us",
        }
    }
}

/// What every yes of a file rests on that has no day or no proof of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rests {
    /// `None`: nothing, so such a yes is not taken.
    pub ground: Option<Ground>,
    /// Where that can be looked up.
    pub reference: String,
}

impl Rests {
    /// As somebody sent it. Fails on the part that breaks a rule.
    pub fn read(ground: &str, reference: &str) -> Result<Rests, Error> {
        let refused = |field, code, message: &str| Err(Error::field(field, code, message));
        let reference = reference.trim();
        let known = Ground::from_word(ground);
        match known {
            None if !ground.is_empty() => refused("consent_ground", "unknown", "Choose what the consents rest on."),
            None if !reference.is_empty() => {
                refused("consent_ground", "required", "Choose what the consents rest on, or empty where it is looked up.")
            }
            Some(_) if reference.is_empty() => {
                let message = "Say where it can be looked up: a folder, a list, the form itself.";
                refused("consent_reference", "required", message)
            }
            _ if reference.chars().count() > HOW || reference.chars().any(char::is_control) => {
                refused("consent_reference", "too_long", "Write one line with at most 200 characters.")
            }
            ground => Ok(Rests { ground, reference: reference.to_owned() }),
        }
    }
}

/// What a column of a purpose holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Answer,
    At,
    How,
    Proof,
    Wording,
}

impl Part {
    pub const ALL: [Part; 5] = [Part::Answer, Part::At, Part::How, Part::Proof, Part::Wording];

    /// What stands behind the key of the purpose.
    pub fn suffix(self) -> &'static str {
        match self {
            Part::Answer => "",
            Part::At => "/at",
            Part::How => "/method",
            Part::Proof => "/evidence",
            Part::Wording => "/wording",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Part::Answer => "yes or no",
            Part::At => "when they said it",
            Part::How => "how they said it",
            Part::Proof => "where the proof lies",
            Part::Wording => "version of the words",
        }
    }

    pub fn shape(self) -> Shape {
        match self {
            Part::Answer => Shape::YesNo,
            Part::At => Shape::Date,
            Part::How | Part::Proof | Part::Wording => Shape::Text,
        }
    }
}

/// The purposes that people can say something about.
pub fn purposes(db: &Db) -> Result<Vec<Purpose>, Error> {
    let mut all = purposes::service::all(db)?;
    all.retain(|purpose| purpose.archived_at.is_none() && (purpose.asks() || purpose.can_be_objected_to()));
    Ok(all)
}

/// The key of a column.
pub fn key(purpose: &Purpose, part: Part) -> String {
    format!("{PLACE}{}{}", purpose.key, part.suffix())
}

/// Key and label of every column that a file can have.
pub fn fields(purposes: &[Purpose]) -> impl Iterator<Item = (String, String)> {
    let of = |purpose: &Purpose, part: Part| (key(purpose, part), format!("Consent, {}: {}", purpose.title, part.label()));
    purposes.iter().flat_map(move |purpose| Part::ALL.map(|part| of(purpose, part)))
}

/// The purpose and the part that a key names.
pub fn field<'p>(purposes: &'p [Purpose], of: &str) -> Option<(&'p Purpose, Part)> {
    let mut all = purposes.iter().flat_map(|purpose| Part::ALL.map(|part| (purpose, part)));
    all.find(|(purpose, part)| key(purpose, *part) == of)
}

/// A day without an answer says nothing: each part needs the column of the answer.
pub fn check(purposes: &[Purpose], columns: &[String], mapping: &Mapping, errors: &mut Vec<FieldError>) {
    for (position, of) in mapping {
        let Some((purpose, part)) = field(purposes, of).filter(|(_, part)| *part != Part::Answer) else { continue };
        if !mapping.values().any(|other| *other == key(purpose, Part::Answer)) {
            let message = format!(
                "{}: {} says nothing without yes or no. Choose the column of that, too, or leave this one out.",
                column_name(columns, *position),
                part.label()
            );
            errors.push(FieldError::new(format!("mapping/{position}"), "required", message));
        }
    }
}

/// What a row says about one purpose, before anybody was asked whether it is taken.
pub struct Said {
    purpose: usize,
    answer: Answer,
    at: Option<Timestamp>,
    wording: Option<i64>,
    evidence: String,
    /// Why it is not even asked.
    refusal: Option<&'static str>,
}

/// Reads what a row says. A cell that cannot be read leaves the row out, with the column's name and the rule.
pub fn read(row: &Row, plan: &Plan, purposes: &[Purpose], import: &Import, db: &Db) -> Result<Vec<Said>, Outcome> {
    let mut said = Vec::new();
    for (at, purpose) in purposes.iter().enumerate() {
        let cells = Cells { row, plan, purpose, columns: &import.columns };
        let (answer, is_pending) = match cells.text(Part::Answer).to_lowercase().as_str() {
            "" => continue,
            "pending" => (Answer::Yes, true),
            "objected" => (Answer::Objected, false),
            text => match custom_fields::yes_or_no(text) {
                Some(true) => (Answer::Yes, false),
                Some(false) => (Answer::No, false),
                None => return Err(cells.refused(Part::Answer, "write yes, no or objected, or leave it empty.")),
            },
        };
        if answer == Answer::Yes && !purpose.asks() {
            let rule = format!("it rests on {}, so nobody agrees to it. Leave it empty.", purpose.basis.label());
            return Err(cells.refused(Part::Answer, &rule));
        }
        if answer == Answer::Objected && !purpose.can_be_objected_to() {
            return Err(cells.refused(Part::Answer, "there is no objection to this purpose."));
        }
        let moment = cells.moment(db.now)?;
        let (how, proof) = (cells.short(Part::How, HOW)?, cells.short(Part::Proof, PROOF)?);
        let rests = &import.rests;
        let is_bare = answer == Answer::Yes && (moment.is_none() || proof.is_empty());
        let mut evidence = format!("Import {}, {} {}.", import.id, import.format.kind.place().to_lowercase(), row.line);
        if !how.is_empty() {
            evidence.push_str(&format!(" How: {how}."));
        }
        if let (true, Some(ground)) = (is_bare, rests.ground) {
            evidence.push_str(&format!(" {}; see: {}.", ground.label(), rests.reference));
        }
        if !proof.is_empty() {
            evidence.push_str(&format!(" Proof: {proof}"));
        }
        let refusal = match (is_pending, is_bare && rests.ground.is_none()) {
            (true, _) => Some("They had not confirmed it there. Ask them again."),
            (_, true) => Some("The row has no day or no proof, and nobody said what such a yes rests on."),
            _ => None,
        };
        let wording = cells.wording(db)?;
        said.push(Said { purpose: at, answer, at: moment, wording, evidence, refusal });
    }
    Ok(said)
}

/// The cells of a row that are about one purpose.
struct Cells<'r> {
    row: &'r Row,
    plan: &'r Plan,
    purpose: &'r Purpose,
    columns: &'r [String],
}

impl Cells<'_> {
    fn position(&self, part: Part) -> Option<usize> {
        let wanted = key(self.purpose, part);
        self.plan.mapping.iter().find(|(_, key)| **key == wanted).map(|(position, _)| *position)
    }

    fn text(&self, part: Part) -> &str {
        let text = self.position(part).and_then(|position| self.row.fields.get(position)).unwrap_or("");
        cell::plain(text.trim())
    }

    fn refused(&self, part: Part, rule: &str) -> Outcome {
        let name = column_name(self.columns, self.position(part).unwrap_or_default());
        Outcome::left_out(&key(self.purpose, part), format!("{name}: {rule}"))
    }

    fn short(&self, part: Part, most: usize) -> Result<&str, Outcome> {
        let text = self.text(part);
        if text.chars().count() > most {
            return Err(self.refused(part, &format!("{most} characters are the most here.")));
        }
        Ok(text)
    }

    /// A day without a time is its beginning in UTC; today's, elsewhere, is not in the future.
    fn moment(&self, now: Timestamp) -> Result<Option<Timestamp>, Outcome> {
        let text = self.text(Part::At);
        if text.is_empty() {
            return Ok(None);
        }
        let day = || custom_fields::date(text).and_then(|day| custom_fields::moment(&day.to_string()));
        let Some(moment) = custom_fields::moment(text).or_else(day) else {
            return Err(self.refused(Part::At, "write the day as year, month and day, like 2026-11-17."));
        };
        match moment.since(now) {
            ahead if ahead <= 0 => Ok(Some(moment)),
            ahead if ahead < Timestamp::DAY => Ok(Some(now)),
            _ => Err(self.refused(Part::At, "this day lies in the future.")),
        }
    }

    fn wording(&self, db: &Db) -> Result<Option<i64>, Outcome> {
        let text = self.text(Part::Wording);
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.parse::<i64>().ok();
        let known = purposes::service::wordings(db, self.purpose.id).unwrap_or_default();
        match known.iter().find(|wording| Some(wording.number) == number) {
            Some(wording) => Ok(Some(wording.number)),
            None => Err(self.refused(Part::Wording, "there is no such version of these words.")),
        }
    }
}

/// What became of what rows said, since it was last looked at.
#[derive(Default)]
pub struct Remarks {
    pub taken: i64,
    pub refused: i64,
    pub list: Vec<ImportError>,
}

impl Remarks {
    fn add(&mut self, line: i64, purpose: &Purpose, judged: Judged) {
        match judged {
            Judged::Taken => self.taken += 1,
            Judged::Held => {}
            Judged::Refused(reason) => {
                self.refused += 1;
                let (field, message) = (key(purpose, Part::Answer), format!("Not taken, the rest of the row was. {reason}"));
                self.list.push(ImportError { line, field, message, is_remark: true });
            }
        }
    }
}

impl Said {
    fn arriving<'p>(&self, purposes: &'p [Purpose]) -> Arriving<'p> {
        Arriving {
            purpose: &purposes[self.purpose],
            answer: self.answer,
            at: self.at,
            wording: self.wording,
            evidence: self.evidence.clone(),
        }
    }
}

/// What would become of it; true when something would be written. `known`: the contact that the row is about, with the
/// addresses of the row in any case.
pub fn judge(
    db: &Db,
    purposes: &[Purpose],
    said: &[Said],
    line: i64,
    (known, of_row): (Option<ContactId>, &[Identity]),
    remarks: &mut Remarks,
) -> Result<bool, Error> {
    if said.is_empty() {
        return Ok(false);
    }
    let person = known.map(|id| Person::of(db, &person::CONTACT, id.0)).transpose()?;
    let mut identities: Vec<KnownIdentity> = of_row.iter().map(known_identity).collect();
    if let Some(id) = known {
        identities.extend((person::CONTACT.identities)(db, id.0)?);
    }
    let before = remarks.taken;
    for one in said {
        let arriving = one.arriving(purposes);
        let judged = match one.refusal {
            Some(reason) => Judged::Refused(reason),
            None => arriving::judge(db, &person::CONTACT, person.as_ref(), &identities, &arriving)?,
        };
        remarks.add(line, arriving.purpose, judged);
    }
    Ok(remarks.taken > before)
}

fn known_identity(identity: &Identity) -> KnownIdentity {
    let kind = match identity.kind {
        Kind::Email => IdentityKind::Email,
        Kind::Phone => IdentityKind::Phone,
    };
    KnownIdentity { kind, value: identity.value.clone(), normalised: identity.normalised.clone() }
}

/// Writes it down for the contact that the row made or changed; the events that came of it.
pub fn write(
    tx: &Tx,
    purposes: &[Purpose],
    said: &[Said],
    line: i64,
    contact: ContactId,
    remarks: &mut Remarks,
) -> Result<Vec<ConsentEventId>, Error> {
    let mut events = Vec::new();
    if said.is_empty() {
        return Ok(events);
    }
    let person = Person::of(tx, &person::CONTACT, contact.0)?;
    for one in said {
        let arriving = one.arriving(purposes);
        let (judged, event) = match one.refusal {
            Some(reason) => (Judged::Refused(reason), None),
            None => arriving::write(tx, &person, &arriving)?,
        };
        events.extend(event);
        remarks.add(line, arriving.purpose, judged);
    }
    Ok(events)
}
