//! What legal holds keep of the erasure that a request asked for: told beside the parts that somebody kept by hand.

use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::{HoldId, SubjectRequestId};
use crate::module::Module;
use crate::privacy::erasure::{self, Kept};
use crate::privacy::holds;

/// Rows of one table that one hold keeps.
#[derive(Debug, Clone)]
pub struct HeldPart {
    /// What people call the table.
    pub label: &'static str,
    pub rows: i64,
    /// Rows of others that name the person.
    pub is_mention: bool,
    pub hold: HoldId,
    /// For those who work on people's rights.
    pub matter: String,
    /// `None`: until the hold is released.
    pub until: Option<Timestamp>,
}

/// The ground on which a hold keeps it, in the words of the law.
pub const GROUND: &str = "legal claims (GDPR Art. 17(3)(e))";

/// What is kept now; nothing once the erasure went on after the release.
pub fn parts(db: &Db, modules: &'static [&'static Module], id: SubjectRequestId) -> Result<Vec<HeldPart>, Error> {
    let Some(erasure) = erasure::of_request(db, id.0)? else { return Ok(Vec::new()) };
    if erasure.state != erasure::State::Held {
        return Ok(Vec::new());
    }
    let kept: Vec<Kept> = serde_json::from_str(&erasure.kept)?;
    let part = |kept: Kept| {
        let hold = holds::service::get(db, HoldId(kept.hold))?;
        let (label, until) = (erasure::label(modules, &kept.table), kept.until());
        Ok(HeldPart { label, rows: kept.rows, is_mention: kept.is_mention, hold: hold.id, matter: hold.matter, until })
    };
    kept.into_iter().map(part).collect()
}
