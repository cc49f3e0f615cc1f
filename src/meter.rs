//! What this process has done since it began: requests by route, runs by job. In memory: a restart begins at nought.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Upper bounds of the buckets, in seconds. A page of ours takes some milliseconds, a password a tenth of a second.
pub const BOUNDS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How long something took, many times.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// How many fell into each bucket of [`BOUNDS`] and into none below it; slower ones are counted in `count` alone.
    buckets: [u64; BOUNDS.len()],
    pub count: u64,
    pub sum: Duration,
}

impl Histogram {
    fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some(bucket) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.buckets[bucket] += 1;
        }
        self.count += 1;
        self.sum += took;
    }

    /// Each bound with how many took at most so long.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let mut below = 0;
        BOUNDS.iter().zip(self.buckets).map(move |(bound, count)| {
            below += count;
            (*bound, below)
        })
    }
}

/// The requests that one route has answered by one method.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    pub by_status: BTreeMap<u16, u64>,
    /// Until the answer began; the rest of a download is not counted.
    pub took: Histogram,
}

/// The runs of one job, in all workspaces.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    pub by_outcome: BTreeMap<&'static str, u64>,
    pub took: Duration,
}

/// Method and route template. Both are words of the program, so nobody outside can make more of them.
pub type RouteKey = (&'static str, &'static str);

/// The counts of this process.
#[derive(Debug, Default)]
pub struct Meter {
    requests: Mutex<BTreeMap<RouteKey, Requests>>,
    runs: Mutex<BTreeMap<&'static str, Runs>>,
    under_way: AtomicI64,
}

impl Meter {
    /// Counts a request as under way until the guard is dropped, also when the client goes away before the answer.
    pub fn enter(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }

    /// Counts an answer. `route` is the template, never a path: a path may hold a name (P-071).
    pub fn answered(&self, method: &'static str, route: &'static str, status: u16, took: Duration) {
        let mut requests = lock(&self.requests);
        let seen = requests.entry((method, route)).or_default();
        *seen.by_status.entry(status).or_default() += 1;
        seen.took.add(took);
    }

    /// Counts the end of a run. `outcome` is the word of `job_runs.outcome`.
    pub fn ran(&self, job: &'static str, outcome: &'static str, took: Duration) {
        let mut runs = lock(&self.runs);
        let seen = runs.entry(job).or_default();
        *seen.by_outcome.entry(outcome).or_default() += 1;
        seen.took += took;
    }

    pub fn requests(&self) -> BTreeMap<RouteKey, Requests> {
        lock(&self.requests).clone()
    }

    pub fn runs(&self) -> BTreeMap<&'static str, Runs> {
        lock(&self.runs).clone()
    }

    /// Requests that are being answered now.
    pub fn under_way(&self) -> i64 {
        self.under_way.load(Ordering::Relaxed)
    }
}

/// A request that is being answered.
pub struct UnderWay<'a>(&'a Meter);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_end_below_what_took_longer() {
        let mut took = Histogram::default();
        for milliseconds in [1, 3, 5, 6, 20_000] {
            took.add(Duration::from_millis(milliseconds));
        }
        let cumulative: Vec<(f64, u64)> = took.cumulative().collect();
        assert_eq!(cumulative[..3], [(0.001, 1), (0.005, 3), (0.01, 4)]);
        assert_eq!(cumulative[BOUNDS.len() - 1], (10.0, 4));
        assert_eq!((took.count, took.sum), (5, Duration::from_millis(20_015)));
    }

    #[test]
    fn answers_are_counted_by_route_and_status() {
        let meter = Meter::default();
        meter.answered("GET", "/w/{slug}", 200, Duration::from_millis(2));
        meter.answered("GET", "/w/{slug}", 404, Duration::from_millis(2));
        meter.answered("GET", "/w/{slug}", 200, Duration::from_millis(2));
        let requests = meter.requests();
        assert_eq!(requests[&("GET", "/w/{slug}")].by_status, BTreeMap::from([(200, 2), (404, 1)]));
        assert_eq!(requests[&("GET", "/w/{slug}")].took.count, 3);
    }

    #[test]
    fn a_request_is_under_way_until_its_guard_goes() {
        let meter = Meter::default();
        let (one, two) = (meter.enter(), meter.enter());
        assert_eq!(meter.under_way(), 2);
        drop(one);
        drop(two);
        assert_eq!(meter.under_way(), 0);
    }
}
