//! Durations, collected and put in order; and two things measured in turns.

use std::time::{Duration, Instant};

/// How long each of many runs took, in nanoseconds.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<u64>);

impl Samples {
    pub fn push(&mut self, took: Duration) {
        self.0.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Adds a duration that somebody else has measured.
    pub fn push_ms(&mut self, ms: f64) {
        self.0.push((ms * 1e6) as u64);
    }

    pub fn extend(&mut self, others: &Samples) {
        self.0.extend_from_slice(&others.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The duration that `percent` of the runs stay within, in milliseconds.
    pub fn percentile(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let place = ((percent / 100.0 * sorted.len() as f64).ceil() as usize).saturating_sub(1).min(last);
        sorted.get(place).map_or(f64::NAN, |ns| *ns as f64 / 1e6)
    }

    pub fn min(&self) -> f64 {
        self.percentile(0.0)
    }

    pub fn median(&self) -> f64 {
        self.percentile(50.0)
    }

    pub fn p99(&self) -> f64 {
        self.percentile(99.0)
    }

    /// `min 0.10, median 0.12, p99 0.31 ms`
    pub fn text(&self) -> String {
        format!("min {}, median {}, p99 {}", ms(self.min()), ms(self.median()), ms(self.p99()))
    }
}

/// How fast `ours` is beside `theirs` (1: alike), by the median over the rounds of `batch` runs: a moment in
/// which the machine had something else to do spoils one round, not the figure.
pub fn speed(ours: &Samples, theirs: &Samples, batch: usize) -> f64 {
    let sums = |samples: &Samples| samples.0.chunks(batch).map(|round| round.iter().sum::<u64>()).collect::<Vec<_>>();
    let rounds = sums(theirs).into_iter().zip(sums(ours));
    median(rounds.map(|(theirs, ours)| theirs as f64 / ours.max(1) as f64).collect())
}

/// The middle of some figures; `NaN` of none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Milliseconds for people: microseconds below one.
pub fn ms(value: f64) -> String {
    if value < 1.0 { format!("{:.0} µs", value * 1_000.0) } else { format!("{value:.2} ms") }
}

/// Measures both sides in turns: in each round `batch` runs of one, then of the other, and the other way
/// round in the next. Each run is told its number.
pub fn in_turns<E>(
    rounds: usize,
    batch: usize,
    one: &mut dyn FnMut(usize) -> Result<(), E>,
    other: &mut dyn FnMut(usize) -> Result<(), E>,
) -> Result<(Samples, Samples), E> {
    let (mut of_one, mut of_other) = (Samples::default(), Samples::default());
    // The first round warms both up and is forgotten.
    for round in 0..=rounds {
        let numbers = round * batch..(round + 1) * batch;
        for first in [round % 2 == 0, round % 2 != 0] {
            for number in numbers.clone() {
                let watch = Instant::now();
                if first {
                    one(number)?
                } else {
                    other(number)?
                };
                let took = watch.elapsed();
                if round > 0 {
                    if first {
                        of_one.push(took)
                    } else {
                        of_other.push(took)
                    };
                }
            }
        }
    }
    Ok((of_one, of_other))
}
