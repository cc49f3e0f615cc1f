//! `holdfast backup scrub`: erased people out of the copies, now.

use crate::app::App;
use crate::backup::scrub;
use crate::cli::answer::{Answer, Listener};
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::web::format::plural;

/// Passes over every backup; an answer of no when one could not be looked through.
pub fn run(app: &App, at_once: bool, listener: &mut dyn Listener) -> Result<Answer, Error> {
    let origin = Origin::local(Actor::CommandLine);
    let outcome = super::watched(app, listener, |watch| scrub::scrub(app, &origin, at_once, watch))?;
    let mut lines = Vec::new();
    match (outcome.backups, outcome.waiting) {
        (0, 0) if outcome.failed.is_empty() => {
            lines.push("No copy is older than an erasure that was not looked for in it yet.".to_owned())
        }
        (0, _) => {}
        _ => lines.push(format!(
            "{} looked through, {} sealed anew; somebody was taken out {}.",
            plural(outcome.backups as i64, "backup", "backups"),
            plural(outcome.copies as i64, "copy", "copies"),
            plural(outcome.people as i64, "time", "times"),
        )),
    }
    if outcome.waiting > 0 {
        lines.push(format!(
            "{}: any moment of the last two weeks is restored from there. {} days after an erasure nothing waits any longer, \
             and with --at-once nothing waits now.",
            plural(outcome.waiting as i64, "backup waits", "backups wait"),
            scrub::DEADLINE_DAYS
        ));
    }
    if outcome.held > 0 {
        lines.push(format!("In {} a legal hold keeps somebody.", plural(outcome.held as i64, "copy", "copies")));
    }
    lines.extend(outcome.failed.iter().map(|trouble| format!("  failed  {}: {}", trouble.place, trouble.reason)));
    Ok(Answer::new(serde_json::to_value(&outcome)?, lines.join("\n")).or_no(!outcome.failed.is_empty()))
}
