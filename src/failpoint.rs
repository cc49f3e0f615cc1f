//! Named places where a test ends the process in the middle of a work, as a power cut would. Nothing in a release.

/// Ends the process at once when `HOLDFAST_TEST_FAILPOINT` names this place: no destructor runs, no buffer is written.
#[cfg(feature = "test-clock")]
pub fn reach(place: &str) {
    if std::env::var_os("HOLDFAST_TEST_FAILPOINT").is_some_and(|wanted| wanted == *place) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort();
    }
}

/// Nothing: a release has no such places.
#[cfg(not(feature = "test-clock"))]
pub fn reach(_: &str) {}

/// Whether `HOLDFAST_TEST_SKIP` names this step: a test leaves it out to see that its absence is noticed.
#[cfg(feature = "test-clock")]
pub fn skips(step: &str) -> bool {
    std::env::var_os("HOLDFAST_TEST_SKIP").is_some_and(|wanted| wanted == *step)
}

/// Never: a release leaves nothing out.
#[cfg(not(feature = "test-clock"))]
pub fn skips(_: &str) -> bool {
    false
}

/// A bound that a test sets lower than a release has it.
#[cfg(feature = "test-clock")]
pub fn number(name: &str) -> Option<i64> {
    std::env::var(name).ok()?.parse().ok()
}

/// None: a release has its own bounds.
#[cfg(not(feature = "test-clock"))]
pub fn number(_: &str) -> Option<i64> {
    None
}
