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
