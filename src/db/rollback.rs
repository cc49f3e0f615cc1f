//! What ends a transaction that did not come to its commit.

use rusqlite::Connection;

/// Rolls back unless the commit went through: on an error, and on a panic.
pub struct Rollback<'a>(pub &'a Connection);

impl Drop for Rollback<'_> {
    fn drop(&mut self) {
        // SQLite has rolled back by itself after some errors; then there is nothing to do.
        if !self.0.is_autocommit()
            && let Err(error) = self.0.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a rollback failed; stopping so that nothing half done is served");
            std::process::abort();
        }
    }
}
