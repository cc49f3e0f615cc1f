//! Lets a test end the process at a named point, as `kill -9` would. A release has none of it.

/// Ends the process when `TEST_PRIVACY_DIE_AT` names this point.
#[cfg(feature = "test-clock")]
pub fn reached(point: &str) {
    if std::env::var("TEST_PRIVACY_DIE_AT").is_ok_and(|wanted| wanted == point) {
        let own = rustix::process::getpid();
        let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
    }
}

#[cfg(not(feature = "test-clock"))]
pub fn reached(_: &str) {}
