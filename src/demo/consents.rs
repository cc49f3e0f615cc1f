//! What the invented people said about the use of their data: some agreed, some did not, a few asked for more.

use super::Person;
use crate::clock::Timestamp;
use crate::db::{Origin, Tx, Workspace};
use crate::error::Error;
use crate::id::ContactId;
use crate::people::person::CONTACT;
use crate::privacy::consent::{self, Action, Method, NewEvent, minors};
use crate::privacy::restriction::{self, Ground};
use crate::privacy::subject;

/// Days before now at which members write down what came in since, the oldest first.
const ROUNDS: [i64; 4] = [540, 360, 180, 21];

/// Writes all of it down, round by round, about the people who were there by then.
pub fn fill(
    workspace: &Workspace,
    origin: &Origin,
    people: &[Person],
    contacts: &[Option<ContactId>],
    now: Timestamp,
) -> Result<(), Error> {
    let mut since = Timestamp::default();
    for days in ROUNDS {
        let at = now.plus(-days * Timestamp::DAY);
        let fresh = |person: &Person| person.created_at > since && person.created_at < at;
        let known: Vec<(usize, ContactId)> = people
            .iter()
            .zip(contacts)
            .enumerate()
            .filter(|(_, (person, _))| fresh(person))
            .filter_map(|(number, (_, id))| id.map(|id| (number, id)))
            .collect();
        if !known.is_empty() {
            workspace.file.write(at, origin, |tx| known.iter().try_for_each(|(number, id)| say(tx, *number, *id)))?;
        }
        since = at;
    }
    Ok(())
}

/// What one person said. Most said nothing.
fn say(tx: &Tx, number: usize, id: ContactId) -> Result<(), Error> {
    let person = subject::Person::of(tx, &CONTACT, id.0)?;
    let write = |new: NewEvent| consent::service::record(tx, tx.blind_index()?, &person, &new).map(drop);
    // From the range that is kept for documentation (RFC 5737).
    let address = format!("198.51.100.{}", number % 250 + 1);
    let own = |purpose, action, method| NewEvent {
        address: &address,
        user_agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        ..NewEvent::about(purpose, action, method)
    };
    if number % 4 == 1 {
        write(own("newsletter", Action::Grant, Method::Form))?;
        if !number.is_multiple_of(5) {
            write(own("newsletter", Action::Confirm, Method::MailLink))?;
        }
        if number.is_multiple_of(7) {
            write(own("newsletter", Action::Withdraw, Method::MailLink))?;
        }
    }
    if number % 19 == 2 {
        let call = NewEvent::about("phone_offers", Action::Grant, Method::Phone);
        write(call.with_evidence("Said so in a call about the last order."))?;
    }
    if number % 37 == 6 {
        write(NewEvent { purpose: None, ..NewEvent::about("", Action::Object, Method::Letter) })?;
    }
    if number % 401 == 40 {
        minors::mark(tx, &person, true)?;
    }
    if number % 290 == 30 {
        let reason = "They say that the address and the employer are wrong, and ask us to use nothing until we looked.";
        let restriction = restriction::restrict(tx, &person, Ground::Accuracy, reason)?;
        if number % 580 == 30 {
            restriction::begin_lifting(
                tx,
                restriction,
                None,
                "Address and employer are mended.",
                restriction::service::USUAL_WAIT,
            )?;
        }
    }
    Ok(())
}
