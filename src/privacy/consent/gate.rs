//! The gate: may the data of this person be used for this? No, unless there is a reason (P-108 to P-110).
//!
//! Whatever reaches people of a workspace (mails, calls, syncs, files for others) asks here each time, right before it
//! acts, and says what it found. Nothing else reads what people said in order to decide.

use super::state::{Consent as Answer, Standing};
use super::{Event, minors, service, state, store};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::{ConsentEventId, RestrictionId};
use crate::module::{IdentityKind, KnownIdentity};
use crate::permission::words;
use crate::privacy::purposes::service as purposes;
use crate::privacy::purposes::{Basis, Channel, Purpose};
use crate::privacy::restriction;
use crate::privacy::subject::Person;
use crate::privacy::suppression::{self, Suppression};

/// What somebody's data is to be used for.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// The key of the purpose.
    pub purpose: &'a str,
    pub channel: Channel,
}

words! {
    /// Why the gate decided as it did; those that allow come last.
    Reason {
        NotHeld = "not_held",
        Suppressed = "suppressed",
        Restricted = "restricted",
        Objected = "objected",
        Minor = "minor",
        UnknownPurpose = "unknown_purpose",
        ArchivedPurpose = "archived_purpose",
        WrongChannel = "wrong_channel",
        NeverAsked = "never_asked",
        NotConfirmed = "not_confirmed",
        Withdrawn = "withdrawn",
        NotAssessed = "not_assessed",
        NoAddress = "no_address",
        Consent = "consent",
        Contract = "contract",
        LegalObligation = "legal_obligation",
        VitalInterests = "vital_interests",
        PublicTask = "public_task",
        LegitimateInterests = "legitimate_interests",
    }
}

/// A decision, with everything it rests on.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub why: Why,
    cleared: Option<Cleared>,
}

/// The reason in words, and the records that bear it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub reason: Reason,
    /// A sentence for people.
    pub words: String,
    pub basis: Option<Basis>,
    /// What the person said.
    pub event: Option<ConsentEventId>,
    /// When they said it.
    pub at: Option<Timestamp>,
    /// The version of the words that they agreed to.
    pub wording: Option<i64>,
    pub restriction: Option<RestrictionId>,
}

/// The proof that the gate let a use through. Nobody else can make one, and it holds for one person, one purpose and one
/// channel: ask again for the next use, since anybody may withdraw in between.
#[derive(Debug, Clone)]
pub struct Cleared {
    kind: &'static str,
    id: i64,
    purpose: String,
    channel: Channel,
    addresses: Vec<KnownIdentity>,
}

impl Cleared {
    /// The word of the kind of person, and their id.
    pub fn person(&self) -> (&'static str, i64) {
        (self.kind, self.id)
    }

    /// The key of the purpose.
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The addresses or numbers that may be used, the first one first; none for post, and where nobody is contacted.
    pub fn addresses(&self) -> &[KnownIdentity] {
        &self.addresses
    }

    /// Whether a mail may go to this address.
    pub fn covers(&self, address: &str) -> bool {
        self.channel == Channel::Email && self.addresses.iter().any(|known| known.value == address)
    }
}

impl Verdict {
    pub fn is_allowed(&self) -> bool {
        self.cleared.is_some()
    }

    /// What lets the use happen; `None` when it may not.
    pub fn cleared(&self) -> Option<&Cleared> {
        self.cleared.as_ref()
    }
}

/// Decides about one use, by what holds at this moment.
pub fn may_use(db: &Db, person: &Person, what: &Use) -> Result<Verdict, Error> {
    let purpose = purposes::find_by_key(db, what.purpose)?;
    let known = Known::read(db, person)?;
    Ok(known.decide(person, purpose.as_ref(), what))
}

/// Decides about every purpose by each of its channels, archived ones left out: why somebody may be written to.
pub fn may_use_all(db: &Db, person: &Person) -> Result<Vec<(Purpose, Channel, Verdict)>, Error> {
    let known = Known::read(db, person)?;
    let mut all = Vec::new();
    for purpose in purposes::all(db)?.into_iter().filter(|purpose| purpose.archived_at.is_none()) {
        let channels = if purpose.channels.is_empty() { vec![Channel::None] } else { purpose.channels.clone() };
        for channel in channels {
            let verdict = known.decide(person, Some(&purpose), &Use { purpose: &purpose.key, channel });
            all.push((purpose.clone(), channel, verdict));
        }
    }
    Ok(all)
}

/// Decides whether somebody may be asked by mail to confirm what they agreed to: only while that confirmation is all that
/// is missing, and nothing else closes the purpose or the address.
pub fn may_ask_to_confirm(db: &Db, person: &Person, purpose: &Purpose) -> Result<Verdict, Error> {
    let known = Known::read(db, person)?;
    let why = match known.judge(Some(purpose), Channel::None) {
        Err(why) if why.reason == Reason::NotConfirmed => why,
        Ok(why) | Err(why) => return Ok(Verdict { why, cleared: None }),
    };
    let addresses = known.usable(Some(purpose), Channel::Email);
    let cleared = (!addresses.is_empty()).then(|| Cleared {
        kind: person.kind.word,
        id: person.id(),
        purpose: purpose.key.clone(),
        channel: Channel::Email,
        addresses,
    });
    Ok(Verdict { why, cleared })
}

/// What is known of a person that matters to a decision.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub is_held: bool,
    pub restriction: Option<RestrictionId>,
    pub minor_since: Option<Timestamp>,
    pub events: Vec<Event>,
    /// Each with what the suppression list says of it.
    pub identities: Vec<(KnownIdentity, Vec<Suppression>)>,
}

impl Known {
    fn read(db: &Db, person: &Person) -> Result<Known, Error> {
        let mut identities = Vec::new();
        for identity in (person.kind.identities)(db, person.id())? {
            let listed = suppression::find_all(db, db.blind_index()?, identity.kind, &identity.normalised)?;
            identities.push((identity, listed));
        }
        Ok(Known {
            is_held: store::is_there(db, person.kind.table, person.id())?,
            restriction: restriction::in_force(db, person)?.map(|restriction| restriction.id),
            minor_since: minors::since(db, person)?,
            events: service::events(db, person)?,
            identities,
        })
    }

    fn decide(&self, person: &Person, purpose: Option<&Purpose>, what: &Use) -> Verdict {
        match self.judge(purpose, what.channel) {
            Err(why) => Verdict { why, cleared: None },
            Ok(why) => {
                let cleared = Cleared {
                    kind: person.kind.word,
                    id: person.id(),
                    purpose: what.purpose.to_owned(),
                    channel: what.channel,
                    addresses: self.usable(purpose, what.channel),
                };
                Verdict { why, cleared: Some(cleared) }
            }
        }
    }

    /// The order matters: the first reason that closes is the one that is told.
    pub(super) fn judge(&self, purpose: Option<&Purpose>, channel: Channel) -> Result<Why, Why> {
        use Reason::*;
        if !self.is_held {
            return Err(why(NotHeld, "We hold nothing of this person that could be used."));
        }
        use suppression::Reason as Listed;
        let is_told_below = |entry: &Suppression| matches!(entry.reason, Listed::Objected | Listed::Unsubscribe);
        let objected = |entry: &Suppression| entry.reason == Listed::Objected;
        if self.is_closed(purpose, channel, |entry| !is_told_below(entry)) {
            return Err(why(Suppressed, "Their address is on the list of those that are not written to."));
        }
        if self.restriction.is_some() {
            let why = why(Restricted, "They asked us to keep their data and not to use it.");
            return Err(Why { restriction: self.restriction, ..why });
        }
        let standing = purpose.map(|p| state::standing(&self.events, p.id, p.is_marketing)).unwrap_or_default();
        if let Some(event) = standing.objected() {
            let words = match purpose.is_some_and(|purpose| purpose.is_marketing) {
                true => "They objected to direct marketing, and that is final.",
                false => "They objected to this use.",
            };
            return Err(self.told(why(Objected, words), Some(event)));
        }
        if self.is_closed(purpose, channel, objected) {
            return Err(why(Objected, "Somebody with this address objected before."));
        }
        if self.minor_since.is_some() && purpose.is_some_and(|p| p.is_marketing || !p.basis.holds_for_minors()) {
            return Err(Why { at: self.minor_since, ..why(Minor, "They are marked as younger than 16.") });
        }
        let Some(purpose) = purpose else { return Err(why(UnknownPurpose, "There is no such purpose.")) };
        if purpose.archived_at.is_some() {
            return Err(why(ArchivedPurpose, "This purpose is out of use."));
        }
        if !purpose.allows(channel) {
            return Err(why(WrongChannel, "This purpose does not cover being reached in this way."));
        }
        let ground = self.ground(purpose, &standing)?;
        if self.is_closed(Some(purpose), channel, is_told_below) {
            return Err(why(Suppressed, "Somebody with this address unsubscribed before."));
        }
        let why = Why { basis: Some(purpose.basis), ..ground };
        if matches!(channel, Channel::Email | Channel::Phone) && self.usable(Some(purpose), channel).is_empty() {
            let words = match channel {
                Channel::Email => "We have no email address of theirs.",
                _ => "We have no phone number of theirs.",
            };
            return Err(Why { reason: NoAddress, words: words.into(), ..why });
        }
        Ok(why)
    }

    /// What the purpose rests on, for this person.
    fn ground(&self, purpose: &Purpose, standing: &Standing) -> Result<Why, Why> {
        use Reason::*;
        match purpose.basis {
            Basis::Consent => {
                let (reason, words) = match standing.consent {
                    Answer::Granted => (Reason::Consent, "They agreed to these words."),
                    Answer::Pending => (NotConfirmed, "They agreed, and have not confirmed it yet."),
                    Answer::Withdrawn => (Withdrawn, "They withdrew their consent."),
                    Answer::Unknown => (NeverAsked, "They were never asked, or nobody wrote down what they said."),
                };
                let told = self.told(why(reason, words), standing.rests_on);
                let agreed = self.events.iter().find(|event| Some(event.id) == standing.agreed);
                let wording = agreed.and_then(|event| event.wording.as_ref()).map(|(number, _)| *number);
                let told = Why { basis: Some(Basis::Consent), wording, ..told };
                if standing.consent == Answer::Granted { Ok(told) } else { Err(told) }
            }
            Basis::Contract => Ok(why(Contract, "It is needed for an agreement with them, or asked for before one.")),
            Basis::LegalObligation => Ok(why(LegalObligation, "The law asks for it.")),
            Basis::VitalInterests => Ok(why(VitalInterests, "It protects somebody's life.")),
            Basis::PublicTask => Ok(why(PublicTask, "It is a task in the public interest, and they did not object.")),
            // Stored without one by nobody here; a restore of something else must not open it.
            Basis::LegitimateInterests if purpose.assessment.is_empty() => {
                Err(why(NotAssessed, "Nobody wrote down why our interest weighs more than theirs."))
            }
            Basis::LegitimateInterests => {
                Ok(why(LegitimateInterests, "Our interest was weighed against theirs, and they did not object."))
            }
        }
    }

    fn told(&self, why: Why, event: Option<ConsentEventId>) -> Why {
        let at = self.events.iter().find(|known| Some(known.id) == event).map(|event| event.at);
        Why { event, at, ..why }
    }

    /// The addresses or numbers of a channel that nothing on the list closes.
    fn usable(&self, purpose: Option<&Purpose>, channel: Channel) -> Vec<KnownIdentity> {
        let free = self.of_channel(channel).filter(|(_, listed)| !listed.iter().any(|entry| closes(entry, purpose)));
        free.map(|(identity, _)| identity.clone()).collect()
    }

    fn of_channel(&self, channel: Channel) -> impl Iterator<Item = &(KnownIdentity, Vec<Suppression>)> {
        self.identities.iter().filter(move |(identity, _)| Some(identity.kind) == kind_of(channel))
    }

    /// Whether there are ways to reach them by the channel, and entries of one sort close each of them.
    fn is_closed(&self, purpose: Option<&Purpose>, channel: Channel, sort: impl Fn(&Suppression) -> bool) -> bool {
        let mut ways = self.of_channel(channel).peekable();
        let is_any = ways.peek().is_some();
        is_any && ways.all(|(_, listed)| listed.iter().any(|entry| sort(entry) && closes(entry, purpose)))
    }
}

fn kind_of(channel: Channel) -> Option<IdentityKind> {
    match channel {
        Channel::Email => Some(IdentityKind::Email),
        Channel::Phone => Some(IdentityKind::Phone),
        Channel::Post | Channel::None => None,
    }
}

/// Whether an entry on the list closes an address for a purpose: a no to advertising leaves invoices alone.
pub(super) fn closes(entry: &Suppression, purpose: Option<&Purpose>) -> bool {
    use suppression::Reason;
    match entry.reason {
        _ if !entry.scope.is_empty() => purpose.is_none_or(|purpose| purpose.key == entry.scope),
        Reason::Unsubscribe | Reason::Objected | Reason::Minor => purpose.is_none_or(|purpose| purpose.is_marketing),
        Reason::Complaint | Reason::HardBounce | Reason::Erased | Reason::Manual => true,
    }
}

fn why(reason: Reason, words: &str) -> Why {
    Why { reason, words: words.into(), basis: None, event: None, at: None, wording: None, restriction: None }
}
