//! The delays, as numbers.

use super::*;

fn attempt(guess: Guess, known: bool) -> Attempt<'static> {
    Attempt { guess, name: "anna@example.org", address: "2001:db8:1:2:3::9".parse().ok(), known }
}

#[test]
fn aut_5_delays_grow_and_never_pass_15_minutes() {
    for guess in [Guess::Password, Guess::MailedCode, Guess::SecondStep, Guess::Proof, Guess::Mail, Guess::Link] {
        for limit in attempt(guess, false).limits() {
            let mut last = 0;
            for failures in 0..10_000 {
                let delay = limit.delay(failures);
                assert!(delay >= last && delay <= LONGEST_DELAY, "{guess:?} {}: {failures}", limit.scope);
                last = delay;
            }
        }
    }
    let password = &attempt(Guess::Password, false).limits()[0];
    assert_eq!(password.delay(4), 0);
    assert_eq!(password.delay(5), 2 * Timestamp::SECOND);
    assert_eq!(password.delay(6), 4 * Timestamp::SECOND);
    assert_eq!(password.delay(40), LONGEST_DELAY);
}

#[test]
fn aut_5_a_name_ends_after_100_failures_but_not_where_it_is_known() {
    let ends =
        |known| attempt(Guess::Password, known).limits().iter().filter_map(|limit| limit.end).collect::<Vec<_>>();
    assert_eq!(ends(false), [100]);
    assert!(ends(true).is_empty());
    assert!(Guess::Password.way_out().is_some());
}

#[test]
fn counters_are_apart_and_name_nobody() {
    let key = crate::crypto::random_key();
    let keys = |guess| {
        let attempt = attempt(guess, false);
        attempt.limits().iter().map(|limit| attempt.key(&key, limit)).collect::<Vec<_>>()
    };
    let (password, code) = (keys(Guess::Password), keys(Guess::SecondStep));
    assert_ne!(password[0], code[0], "each guess has its own counter");
    assert_eq!(password[1], code[1], "an address is one address");
    assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1");
    assert_eq!(network("2001:db8:1:2:3::9".parse().unwrap()), "2001:db8:1:2::/64");
}

#[test]
fn waits_are_said_in_words() {
    assert_eq!(wait_in_words(1), "1 second");
    assert_eq!(wait_in_words(64), "64 seconds");
    assert_eq!(wait_in_words(900), "15 minutes");
}
