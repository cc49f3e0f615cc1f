//! Slows guessing down: growing delays for one name, one address and all together (AUT-5).
//!
//! An attempt is counted before it is checked and taken back when it succeeds, so that a hundred guesses at
//! the same moment count a hundred times. Names are stored as keyed hashes: the table names nobody.

pub mod data_map;
mod store;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::crypto::derive::mac;
use crate::db::{Origin, Tx};
use crate::error::Error;
use crate::privacy::audit::{self, Event};

/// Failures in a row after which a name is answered no more, except where it has signed in before
/// (NIST SP 800-63B-4, section 3.2.2).
const MOST_IN_A_ROW: i64 = 100;
/// No delay is longer, so that nobody can lock somebody else out for longer.
pub const LONGEST_DELAY: i64 = 15 * Timestamp::MINUTE;

/// What is being guessed at, or asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// A password at the door.
    Password,
    /// A code that was mailed.
    MailedCode,
    /// A code of an authenticator app, or a recovery code.
    SecondStep,
    /// A proof by somebody who is signed in.
    Proof,
    /// Not a guess: asking for a mail. Counted so that nobody's mailbox is flooded.
    Mail,
    /// A token from a link.
    Link,
}

impl Guess {
    fn word(self) -> &'static str {
        match self {
            Guess::Password => "password",
            Guess::MailedCode => "mailed-code",
            Guess::SecondStep => "second-step",
            Guess::Proof => "proof",
            Guess::Mail => "mail",
            Guess::Link => "link",
        }
    }

    /// What to do once [`MOST_IN_A_ROW`] is reached: there must be another way in.
    fn way_out(self) -> Option<&'static str> {
        match self {
            Guess::Password => Some(
                "This password was wrong 100 times in a row, so it is not taken any more. \
                 Sign in with a link by mail, or choose a new password.",
            ),
            Guess::SecondStep => {
                Some("The codes were wrong 100 times in a row, so no more are taken. Use one of your recovery codes.")
            }
            _ => None,
        }
    }
}

/// One attempt: what, in whose name, from where.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    pub guess: Guess,
    /// The e-mail address as it was typed, or the id of the account: whatever the guess is about.
    pub name: &'a str,
    pub address: Option<IpAddr>,
    /// True when this name has signed in from this browser and network before: others' failures do not count against it.
    pub known: bool,
}

/// How one counter behaves.
struct Limit {
    scope: &'static str,
    /// The name it counts; empty for all together.
    name: String,
    /// Failures without a delay.
    free: i64,
    /// The delay after the next one; it doubles each time.
    first: i64,
    most: i64,
    /// Failures older than this do not count; `None`: only a success takes them back.
    window: Option<i64>,
    /// No further attempt after so many.
    end: Option<i64>,
}

impl Limit {
    /// How long nobody may try after the n-th failure in a row.
    fn delay(&self, failures: i64) -> i64 {
        let over = failures - self.free;
        if over <= 0 { 0 } else { self.first.saturating_mul(1 << (over - 1).min(30)).min(self.most) }
    }
}

impl Attempt<'_> {
    fn limits(&self) -> Vec<Limit> {
        let network = self.address.map(network).unwrap_or_default();
        let limit = |scope, name: String, free, first, most, window| Limit {
            scope,
            name,
            free,
            first,
            most,
            window,
            end: None,
        };
        let mut limits = match self.guess {
            Guess::Mail => {
                vec![limit("name", self.name.into(), 4, Timestamp::MINUTE, LONGEST_DELAY, Some(Timestamp::HOUR))]
            }
            Guess::Link => Vec::new(),
            // A victim elsewhere is not held up by whoever guesses from here.
            _ => vec![limit(
                "name and network",
                format!("{}\n{network}", self.name),
                4,
                2 * Timestamp::SECOND,
                LONGEST_DELAY,
                None,
            )],
        };
        limits.push(limit("network", network, 30, 5 * Timestamp::SECOND, LONGEST_DELAY, Some(Timestamp::HOUR)));
        if !self.known {
            if self.guess.way_out().is_some() {
                let most = limit("name", self.name.into(), MOST_IN_A_ROW, 0, 0, None);
                limits.push(Limit { end: Some(MOST_IN_A_ROW), ..most });
            }
            limits.push(limit(
                "all",
                String::new(),
                200,
                Timestamp::SECOND,
                30 * Timestamp::SECOND,
                Some(Timestamp::MINUTE),
            ));
        }
        limits
    }

    fn key(&self, key: &Key, limit: &Limit) -> [u8; 32] {
        // Each guess has its own counter for a name, but an address is one address whatever it tries.
        let word = if matches!(limit.scope, "network" | "all") { "" } else { self.guess.word() };
        mac(
            key,
            &[b"holdfast/throttle/v1\n", limit.scope.as_bytes(), b"\n", word.as_bytes(), b"\n", limit.name.as_bytes()],
        )
    }
}

/// The address as far as one subscriber holds it: all of IPv4, /64 of IPv6.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Counts an attempt as failed, before it is looked at. Follow a success with [`take_back`].
///
/// Fails with `TooMany` and the seconds to wait, or with `Conflict` and another way in when the name has
/// failed a hundred times in a row. A refused attempt is not counted.
pub fn count(app: &App, origin: &Origin, attempt: &Attempt) -> Result<(), Error> {
    let key = &app.control_keys.workspace.blind_index;
    app.control.write_unaudited(app.now(), origin, |tx| count_in(tx, key, attempt))
}

fn count_in(tx: &Tx, key: &Key, attempt: &Attempt) -> Result<(), Error> {
    let limits = attempt.limits();
    let mut counters = Vec::with_capacity(limits.len());
    for limit in &limits {
        let hash = attempt.key(key, limit);
        let mut counter =
            store::find(tx, &hash)?.unwrap_or(store::Counter { failures: 0, first_at: tx.now, blocked_until: tx.now });
        // Without a delay the moment is only when it was last counted: requests of the same moment may come here
        // in another order than they began. A block that ends later than any can is of a clock set back since.
        let is_block = limit.delay(counter.failures) > 0;
        if is_block && counter.blocked_until > tx.now && counter.blocked_until.since(tx.now) <= LONGEST_DELAY {
            return Err(Error::TooMany(seconds(counter.blocked_until.since(tx.now))));
        }
        if limit.window.is_some_and(|window| tx.now.since(counter.first_at) > window) {
            counter = store::Counter { failures: 0, first_at: tx.now, blocked_until: tx.now };
        }
        if let (Some(end), Some(words)) = (limit.end, attempt.guess.way_out())
            && counter.failures >= end
        {
            return Err(Error::Conflict(words.into()));
        }
        counters.push((hash, counter));
    }
    for (limit, (hash, mut counter)) in limits.iter().zip(counters) {
        counter.failures += 1;
        let delay = limit.delay(counter.failures);
        counter.blocked_until = tx.now.plus(delay);
        store::put(tx, &hash, &counter)?;
        // The second doubling on is not a slip of the finger any more.
        if delay > 2 * limit.first {
            let event = Event::new("members.sign_in.throttled");
            audit::record(
                tx,
                event
                    .detail("guess", attempt.guess.word())
                    .detail("counter", limit.scope)
                    .detail("seconds", delay / 1_000),
            )?;
        }
    }
    Ok(())
}

/// Takes the count of an attempt back, because it succeeded. The name starts anew.
pub fn take_back(tx: &Tx, key: &Key, attempt: &Attempt) -> Result<(), Error> {
    for limit in attempt.limits() {
        let hash = attempt.key(key, &limit);
        if matches!(limit.scope, "network" | "all") {
            store::decrease(tx, &hash)?;
        } else {
            store::delete(tx, &hash)?;
        }
    }
    forgive(tx, key, attempt)
}

/// Ends the row of failures of a name, because its person has shown up in another way.
pub fn forgive(tx: &Tx, key: &Key, attempt: &Attempt) -> Result<(), Error> {
    let name = Limit { scope: "name", name: attempt.name.into(), free: 0, first: 0, most: 0, window: None, end: None };
    store::delete(tx, &attempt.key(key, &name))
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0).div_ceil(1_000)
}

/// "2 minutes", for people.
pub fn wait_in_words(seconds: u64) -> String {
    match seconds {
        0 | 1 => "1 second".into(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
