//! The operator's side for programs: tokens, the API below `/api/v1/operator`, and `/metrics`.

mod api;
mod jobs;
mod mail;
mod metrics;
mod tokens;

use crate::support::TestApp;

/// Entries of the installation's log with this action, by this kind of actor.
pub fn audited(app: &TestApp, action: &str, actor: &str) -> i64 {
    app.control()
        .query_row("SELECT count(*) FROM audit WHERE action = ?1 AND actor LIKE ?2 || ':%'", [action, actor], |row| {
            row.get(0)
        })
        .expect("a count")
}

/// Asks again and again until the answer holds; fails with `what` after half a minute.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..300 {
        if let Some(found) = ask() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("waited in vain: {what}");
}
