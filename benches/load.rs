//! Many connections at once: how much two servers answer, in turns.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::server::Server;
use crate::timing::{Samples, median};

/// Connections that ask at the same time.
const CONNECTIONS: usize = 8;
/// How long one server is asked before it is the other's turn.
const TURN: Duration = Duration::from_millis(1_000);

/// Makes the request of this number.
pub type Make<'a> = &'a (dyn Fn(usize) -> Vec<u8> + Sync);

/// What one server has answered.
#[derive(Default)]
pub struct Load {
    pub answers: usize,
    pub seconds: f64,
    pub times: Samples,
    /// Answers in a second, turn by turn.
    pub rates: Vec<f64>,
    /// How long the answers were, together.
    pub bytes: usize,
}

impl Load {
    /// Answers in a second.
    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    fn add(&mut self, other: &Load) {
        self.answers += other.answers;
        self.seconds += other.seconds;
        self.bytes += other.bytes;
        self.times.extend(&other.times);
    }

    /// How much this one answers beside another that was asked in turns with it: the median over the turns.
    pub fn beside(&self, other: &Load) -> f64 {
        median(self.rates.iter().zip(&other.rates).map(|(ours, theirs)| ours / theirs).collect())
    }
}

/// Loads both servers in turns. The first turn of each warms it up and is forgotten.
pub fn compare(rounds: usize, one: (&Server, Make), other: (&Server, Make), status: u16) -> Outcome<(Load, Load)> {
    let (mut of_one, mut of_other) = (Load::default(), Load::default());
    let number = AtomicUsize::new(0);
    for round in 0..=rounds {
        for first in [round % 2 == 0, round % 2 != 0] {
            let (server, make) = if first { one } else { other };
            let load = turn(server, make, &number, status)?;
            if round > 0 {
                let all = if first { &mut of_one } else { &mut of_other };
                all.add(&load);
                all.rates.push(load.rate());
            }
        }
    }
    Ok((of_one, of_other))
}

/// Asks on every connection for a while.
fn turn(server: &Server, make: Make, number: &AtomicUsize, status: u16) -> Outcome<Load> {
    let start = Barrier::new(CONNECTIONS);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| -> Outcome<Load> {
                    let connection = server.connect();
                    start.wait();
                    let mut connection = connection?;
                    let mut load = Load::default();
                    let watch = Instant::now();
                    while watch.elapsed() < TURN {
                        let request = make(number.fetch_add(1, Ordering::Relaxed));
                        let asked = Instant::now();
                        let answered = connection.send(&request)?;
                        load.times.push(asked.elapsed());
                        if answered != status {
                            let body = String::from_utf8_lossy(connection.body()).into_owned();
                            return Err(format!("{answered}, not {status}: {body}").into());
                        }
                        load.answers += 1;
                        load.bytes += connection.body().len();
                    }
                    load.seconds = watch.elapsed().as_secs_f64() / CONNECTIONS as f64;
                    Ok(load)
                })
            })
            .collect();
        let mut all = Load::default();
        for thread in threads {
            all.add(&thread.join().map_err(|_| "a client panicked")??);
        }
        Ok(all)
    })
}
