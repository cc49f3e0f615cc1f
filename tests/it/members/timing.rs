//! How long an answer takes says nothing about whether there is an account (AUT-4).
//!
//! Known and unknown addresses are asked for in pairs, in random order within each pair. Of every [`BLOCK`] pairs
//! the fastest answer of either side counts, because whatever else the machine does only ever adds time; these are
//! compared by the Mann-Whitney test. A round that finds a difference at one in a thousand is repeated with fresh
//! samples; only [`ROUNDS`] findings in a row, all in the same direction, fail the test: by chance that happens less
//! than once in a thousand million runs. Each round first shows what it could find: the samples of one side must be
//! told apart from themselves with what must be noticed added. While the machine is too busy for that, more samples
//! are taken.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use holdfast::crypto::password::{Cost, Passwords};
use rusqlite::Connection;

use crate::support::{Answer, Client, Start, TestApp};

/// Findings in a row that fail a test.
const ROUNDS: usize = 3;
/// The score at which a round counts as a finding: one in a thousand, on both sides together.
const FINDING: f64 = 3.29;
/// A difference that every round must be able to notice, where nothing slow is done.
const NOTICED: Duration = Duration::from_millis(2);
/// Half of what leaving out one hash at the standard cost would save.
const HALF_A_HASH: Duration = Duration::from_millis(8);
/// Pairs of which the fastest answers count.
const BLOCK: usize = 5;
/// How often a round may take more samples because the machine was too busy to tell anything.
const MORE: usize = 5;

const WRONG: &str = "not the password of anybody";

/// Seconds that answers took.
#[derive(Default)]
struct Samples {
    known: Vec<f64>,
    unknown: Vec<f64>,
}

/// How many standard deviations the ranks of `left` lie above those of `right`, ties counted in.
fn mann_whitney(left: &[f64], right: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        left.iter().map(|&value| (value, true)).chain(right.iter().map(|&value| (value, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (n, m) = (left.len() as f64, right.len() as f64);
    let (mut ranks, mut ties, mut at) = (0.0, 0.0, 0);
    while at < all.len() {
        let same = all[at..].iter().take_while(|sample| sample.0 == all[at].0).count();
        let rank = at as f64 + (same as f64 + 1.0) / 2.0;
        ranks += rank * all[at..at + same].iter().filter(|sample| sample.1).count() as f64;
        ties += (same as f64).powi(3) - same as f64;
        at += same;
    }
    let total = n + m;
    let u = ranks - n * (n + 1.0) / 2.0;
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    (u - n * m / 2.0) / variance.sqrt()
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2] * 1_000.0
}

/// The fastest of each block.
fn fastest(samples: &[f64]) -> Vec<f64> {
    samples.chunks_exact(BLOCK).map(|block| block.iter().copied().fold(f64::INFINITY, f64::min)).collect()
}

/// Samples enough to notice a difference of `noticed`: the fastest answers, known and unknown.
fn round(what: &str, noticed: Duration, measure: &mut impl FnMut() -> Samples) -> (Vec<f64>, Vec<f64>) {
    let mut samples = Samples::default();
    for _ in 0..=MORE {
        let more = measure();
        samples.known.extend(more.known);
        samples.unknown.extend(more.unknown);
        let (known, unknown) = (fastest(&samples.known), fastest(&samples.unknown));
        let later: Vec<f64> = unknown.iter().map(|took| took + noticed.as_secs_f64()).collect();
        if mann_whitney(&later, &unknown) > FINDING {
            return (known, unknown);
        }
    }
    panic!("{what}: the machine is too busy to notice a difference of {noticed:?}");
}

/// Rounds until one finds nothing; fails when each finds the same.
fn assert_alike(what: &str, noticed: Duration, mut measure: impl FnMut() -> Samples) {
    let mut found: Vec<(f64, String)> = Vec::new();
    while found.len() < ROUNDS {
        let (known, unknown) = round(what, noticed, &mut measure);
        let score = mann_whitney(&known, &unknown);
        let first = found.first().map_or(score, |(first, _)| *first);
        if score.abs() < FINDING || score.signum() != first.signum() {
            return;
        }
        let words = format!("medians {:.2} ms known, {:.2} ms unknown", median(&known), median(&unknown));
        found.push((score, words));
    }
    panic!("{what}: the time of an answer says whether there is an account: {found:?}");
}

/// One answer and how long it took.
fn timed(client: &Client, path: &str, fields: &[(&str, &str)], status: u16) -> f64 {
    let watch = Instant::now();
    let answer: Answer = client.submit(path, fields);
    let took = watch.elapsed().as_secs_f64();
    answer.expect(status);
    took
}

fn coin() -> bool {
    let mut byte = [0];
    getrandom::fill(&mut byte).expect("randomness");
    byte[0] & 1 == 1
}

/// Nobody's address, as long as a member's and new each time.
fn nobody(known: &str) -> String {
    let (name, domain) = known.split_once('@').expect("an address");
    let mut letters = vec![0; name.len()];
    getrandom::fill(&mut letters).expect("randomness");
    let name: String = letters.iter().map(|letter| char::from(b'a' + letter % 26)).collect();
    format!("{name}@{domain}")
}

/// Forgets all failures, so that every sample meets the same door.
fn forget(control: &Mutex<Connection>) {
    control.lock().expect("no thread panics").execute("DELETE FROM throttles", []).expect("forgotten");
}

/// `pairs` wrong passwords for `known` and as many for nobody.
fn wrong_passwords(app: &TestApp, known: &str, pairs: usize) -> Samples {
    let control = Mutex::new(app.control());
    let client = app.stranger();
    client.get("/sign-in").expect(200);
    let mut samples = Samples::default();
    for pair in 0..pairs + 5 {
        let mut halves = [(known.to_owned(), true), (nobody(known), false)];
        if coin() {
            halves.swap(0, 1);
        }
        for (email, is_known) in halves {
            forget(&control);
            let took = timed(&client, "/sign-in", &[("email", &email), ("password", WRONG), ("next", "")], 422);
            // The first few warm caches up.
            match (pair < 5, is_known) {
                (true, _) => {}
                (false, true) => samples.known.push(took),
                (false, false) => samples.unknown.push(took),
            }
        }
    }
    samples
}

#[test]
fn aut_4_a_wrong_password_takes_as_long_for_nobody() {
    let app = TestApp::start();
    app.control().execute("UPDATE accounts SET state = 'disabled' WHERE email = 'admin@alpha.example'", []).unwrap();
    app.control().execute("UPDATE accounts SET password = NULL WHERE email = 'member@alpha.example'", []).unwrap();
    for known in ["owner@alpha.example", "admin@alpha.example", "member@alpha.example"] {
        assert_alike(known, NOTICED, || wrong_passwords(&app, known, 250));
    }
}

/// The same at the cost of real hashes, of which leaving one out would show in a few samples.
#[test]
fn aut_4_a_wrong_password_costs_a_whole_hash_for_nobody() {
    let environment = vec![("HOLDFAST_SECURITY__HASHING".into(), "standard".into())];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    let pepper = app.keys().control().expect("the control keys").pepper;
    let hash = Passwords::new(&pepper, Cost::STANDARD).and_then(|passwords| passwords.hash("else")).expect("a hash");
    app.control().execute("UPDATE accounts SET password = ?1", [hash]).unwrap();
    assert_alike("standard cost", HALF_A_HASH, || wrong_passwords(&app, "owner@alpha.example", 60));
}

/// What would fail is found: an account whose hash costs a few milliseconds more than nobody's stands out at once.
#[test]
fn aut_4_a_hash_that_costs_more_would_be_noticed() {
    let app = TestApp::start();
    let pepper = app.keys().control().expect("the control keys").pepper;
    let cost = Cost { memory_kib: 8 * 1024, ..Cost::CHEAPEST };
    let hash = Passwords::new(&pepper, cost).and_then(|passwords| passwords.hash("else")).expect("a hash");
    app.control().execute("UPDATE accounts SET password = ?1", [hash]).unwrap();
    let (known, unknown) = round("a planted leak", NOTICED, &mut || wrong_passwords(&app, "owner@alpha.example", 100));
    let score = mann_whitney(&known, &unknown);
    assert!(score > FINDING, "a score of {score} only");
}

/// Members who each ask for mails from a browser of their own, at the same time as the others.
const ASKING: [&str; 10] = [
    "owner@alpha.example",
    "admin@alpha.example",
    "member@alpha.example",
    "viewer@alpha.example",
    "privacy_officer@alpha.example",
    "owner@beta.example",
    "admin@beta.example",
    "member@beta.example",
    "viewer@beta.example",
    "privacy_officer@beta.example",
];

/// Many ask at once, since each of these answers is made to take a quarter of a second.
fn mails(app: &TestApp, path: &str, status: u16, pairs_each: usize) -> Samples {
    let control = Mutex::new(app.control());
    let samples = Mutex::new(Samples::default());
    std::thread::scope(|scope| {
        for known in ASKING {
            let (control, samples) = (&control, &samples);
            scope.spawn(move || {
                let client = app.stranger();
                client.get(path).expect(200);
                for pair in 0..=pairs_each {
                    let mut halves = [(known.to_owned(), true), (nobody(known), false)];
                    if coin() {
                        halves.swap(0, 1);
                    }
                    for (email, is_known) in halves {
                        forget(control);
                        let took = timed(&client, path, &[("email", &email)], status);
                        let mut samples = samples.lock().expect("no thread panics");
                        match (pair, is_known) {
                            (0, _) => {}
                            (_, true) => samples.known.push(took),
                            (_, false) => samples.unknown.push(took),
                        }
                    }
                }
            });
        }
    });
    samples.into_inner().expect("no thread panics")
}

#[test]
fn aut_4_asking_for_a_link_takes_as_long_for_nobody() {
    let app = TestApp::start();
    assert_alike("/sign-in/link", NOTICED, || mails(&app, "/sign-in/link", 303, 25));
}

#[test]
fn aut_4_asking_for_a_code_takes_as_long_for_nobody() {
    let app = TestApp::start();
    assert_alike("/sign-in/code", NOTICED, || mails(&app, "/sign-in/code", 200, 25));
}

#[test]
fn aut_4_asking_for_a_reset_takes_as_long_for_nobody() {
    let app = TestApp::start();
    assert_alike("/reset", NOTICED, || mails(&app, "/reset", 303, 25));
}

/// The measure itself: equal samples score nothing, a shift scores, and swapping sides turns the sign.
#[test]
fn aut_4_the_measure_tells_a_shift_from_noise() {
    let noise = |seed: u64| {
        let mut state = seed;
        (0..250)
            .map(move |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as f64
            })
            .collect::<Vec<f64>>()
    };
    let (left, right) = (noise(1), noise(2));
    assert!(mann_whitney(&left, &right).abs() < FINDING);
    assert!(mann_whitney(&left, &left).abs() < 1e-9);
    // A uniform shift by a fifth of the range is slower in 66 of 100 pairs.
    let later: Vec<f64> = left.iter().map(|value| value + (1_u64 << 31) as f64 / 5.0).collect();
    assert!(mann_whitney(&later, &right) > FINDING);
    assert!((mann_whitney(&later, &right) + mann_whitney(&right, &later)).abs() < 1e-9);
    assert!(mann_whitney(&[1.0, 1.0, 2.0], &[1.0, 2.0, 2.0]) < 0.0, "ties share a rank");
}
