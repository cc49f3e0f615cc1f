//! Asks somebody to confirm, and takes their confirmation.

use super::{ASK_AGAIN_MS, Confirmation, LINK_DAYS, store};
use crate::clock::Timestamp;
use crate::crypto::derive::mac;
use crate::crypto::{Key, constant_time_eq};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ConfirmationId, ConsentEventId};
use crate::module::{KnownIdentity, Module};
use crate::privacy::audit::{self, Event as Entry};
use crate::privacy::consent::service as consents;
use crate::privacy::consent::state::Consent;
use crate::privacy::consent::{self, Action, Event, Method, NewEvent, Standing};
use crate::privacy::purposes::{self, Purpose};
use crate::privacy::subject::{self, Person};
use crate::privacy::suppression;

pub use super::store::newest;

/// What somebody is to confirm, with everything that the mail and the page say of it.
pub struct Asked {
    pub person: Person,
    pub purpose: Purpose,
    /// The yes.
    pub event: Event,
    /// The words they agreed to.
    pub wording: String,
    standing: Standing,
}

impl Asked {
    /// The yes still waits for its confirmation.
    pub fn is_open(&self) -> bool {
        self.standing.consent == Consent::Pending && self.standing.agreed == Some(self.event.id)
    }
}

/// Where a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It can be confirmed.
    Open,
    Confirmed,
    /// Its time is over, the yes was taken back, or another mail asked again.
    Over,
}

/// Notes that a mail is to ask for the confirmation of a yes; a job sends it. Written with the yes, in its transaction.
pub(in crate::privacy::consent) fn begin(tx: &Tx, event: ConsentEventId) -> Result<ConfirmationId, Error> {
    store::stop(tx, event)?;
    store::insert(tx, event, tx.now.plus(LINK_DAYS * Timestamp::DAY))
}

/// Asks once more. The link before ends.
///
/// Fails with [`Error::Conflict`] when nothing waits to be confirmed, and within a day of the mail before: nobody is
/// pressed.
pub fn ask_again(tx: &Tx, person: &Person, key: &str) -> Result<(), Error> {
    let nothing = || Error::Conflict("there is no consent that waits to be confirmed".into());
    let purpose = purposes::service::find_by_key(tx, key)?.ok_or_else(nothing)?;
    let standing = consents::standing(tx, person, purpose.id)?;
    let event = standing.agreed.filter(|_| standing.consent == Consent::Pending).ok_or_else(nothing)?;
    if store::newest(tx, event)?.is_some_and(|last| tx.now.since(last.asked_at) < ASK_AGAIN_MS) {
        return Err(Error::Conflict("they were asked less than a day ago".into()));
    }
    let id = begin(tx, event)?;
    let entry = Entry::new("privacy.consent.confirmation_asked").on(person.kind.word, person.id());
    audit::record(tx, entry.detail("event", event.0).detail("confirmation", id.0))
}

/// What a mail asks about; `None` when the yes or the person is gone.
pub fn asked(db: &Db, modules: &'static [&'static Module], of: &Confirmation) -> Result<Option<Asked>, Error> {
    let Some(event) = consents::find(db, of.event)? else { return Ok(None) };
    let (Some(kind), Some(purpose)) = (subject::kind(modules, &event.on.0), event.purpose) else { return Ok(None) };
    let person = Person::of(db, kind, event.on.1)?;
    if (kind.name)(db, person.id())?.is_none() {
        return Ok(None);
    }
    let purpose = purposes::service::get(db, purpose)?;
    let number = event.wording.as_ref().map(|(number, _)| *number);
    let wordings = purposes::service::wordings(db, purpose.id)?;
    let wording = wordings.into_iter().find(|wording| Some(wording.number) == number);
    let standing = consents::standing(db, &person, purpose.id)?;
    let wording = wording.map_or_else(|| purpose.wording.text.clone(), |wording| wording.text);
    Ok(Some(Asked { person, purpose, event, wording, standing }))
}

/// Where a link stands now.
pub fn stage(confirmation: &Confirmation, asked: Option<&Asked>, now: Timestamp) -> Stage {
    let is_open = asked.is_some_and(Asked::is_open) && confirmation.stopped_at.is_none();
    match confirmation.used_at {
        Some(_) => Stage::Confirmed,
        None if is_open && now < confirmation.expires_at => Stage::Open,
        None => Stage::Over,
    }
}

/// The last part of the address of a link. It follows from the row, so that nothing that confirms is kept anywhere.
pub fn link(key: &Key, confirmation: &Confirmation) -> String {
    let (id, at) = (confirmation.id.to_string(), confirmation.asked_at.0.to_string());
    let proof = mac(key, &[b"holdfast/confirm/v1\0", id.as_bytes(), b"\0", at.as_bytes()]);
    format!("{id}-{}", data_encoding::HEXLOWER.encode(&proof))
}

/// The mail behind a link; `None` for one that nobody was sent.
pub fn of_link(db: &Db, key: &Key, text: &str) -> Result<Option<Confirmation>, Error> {
    let Some(id) = text.split_once('-').and_then(|(id, _)| id.parse().ok()) else { return Ok(None) };
    let found = store::find(db, ConfirmationId(id))?;
    Ok(found.filter(|found| constant_time_eq(link(key, found).as_bytes(), text.as_bytes())))
}

/// The address that the mail goes to: the one it was sent to before, while it is still theirs, else the first that the
/// gate lets through. `None` when nobody may be asked.
pub fn address(
    db: &Db,
    confirmation: &Confirmation,
    asked: &Asked,
) -> Result<Option<(consent::Cleared, String)>, Error> {
    let verdict = consent::may_ask_to_confirm(db, &asked.person, &asked.purpose)?;
    let Some(cleared) = verdict.cleared() else { return Ok(None) };
    let chosen = match &confirmation.address_hash {
        Some(hash) => cleared
            .addresses()
            .iter()
            .find(|known| db.blind_index().is_ok_and(|key| hash_of(key, known).as_slice() == hash.as_slice())),
        None => cleared.addresses().first(),
    };
    Ok(chosen.map(|known| (cleared.clone(), known.value.clone())))
}

/// Writes down which address a mail goes to and under which Message-ID, before it is queued.
pub(super) fn choose(tx: &Tx, confirmation: &Confirmation, asked: &Asked, to: &str, mail: &str) -> Result<(), Error> {
    let known = (asked.person.kind.identities)(tx, asked.person.id())?;
    let chosen = known.iter().find(|known| known.value == to).ok_or(Error::NotFound("address"))?;
    store::choose_address(tx, confirmation.id, &hash_of(tx.blind_index()?, chosen), mail)
}

fn hash_of(key: &Key, known: &KnownIdentity) -> [u8; 32] {
    suppression::pseudonym(key, known.kind, &known.normalised)
}

/// Takes the confirmation: the yes counts from now on. Once; fails with [`Error::Conflict`] when the link is over or was
/// used, and when the address it was sent to is theirs no longer.
pub fn confirm(
    tx: &Tx,
    modules: &'static [&'static Module],
    id: ConfirmationId,
    address: &str,
    user_agent: &str,
) -> Result<(), Error> {
    let over = || Error::Conflict("this link is over".into());
    let confirmation = store::find(tx, id)?.ok_or_else(over)?;
    let asked = asked(tx, modules, &confirmation)?.ok_or_else(over)?;
    if stage(&confirmation, Some(&asked), tx.now) != Stage::Open {
        return Err(over());
    }
    let (person, purpose) = (&asked.person, &asked.purpose);
    let key = tx.blind_index()?;
    let known = (person.kind.identities)(tx, person.id())?;
    let sent_to = known
        .iter()
        .find(|known| confirmation.address_hash.as_deref() == Some(hash_of(key, known).as_slice()))
        .ok_or_else(over)?;
    let evidence = format!(
        "The link mailed to {} on {}; they opened it and pressed the button. Mail {}.",
        sent_to.value,
        confirmation.asked_at.rfc3339(),
        confirmation.message_id
    );
    let event = NewEvent {
        wording: asked.event.wording.as_ref().map(|(number, _)| *number),
        address,
        user_agent,
        evidence: &evidence,
        ..NewEvent::about(&purpose.key, Action::Confirm, Method::MailLink)
    };
    store::mark_used(tx, id)?;
    consents::record(tx, key, person, &event).map(drop)
}
