//! How the backups stand, in one sentence for the console, for `doctor` and for monitoring.

use super::chain::Chain;
use super::folder::Folder;
use super::mirror;
use super::prune::WAITING_FACT;
use super::run::{TROUBLE_FACT, living};
use super::scrub;
use super::segments::Standing;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::installation;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::privacy::ledger;

/// A place without a verified copy for so long is not backed up.
const LATE_MS: i64 = 36 * Timestamp::HOUR;
/// Changes that are in no segment for so long wait for somebody.
const LATE_SHIPPING_MS: i64 = Timestamp::MINUTE;

/// What was seen.
pub struct Seen {
    /// Something keeps backups from being made or read.
    pub is_broken: bool,
    /// Somebody should look, though nothing is lost.
    pub is_warning: bool,
    pub words: String,
}

/// Looks at the folder, at what the last run said, and at the mirror. Opens no object.
pub fn look(app: &App) -> Result<Seen, Error> {
    let seen = look_at_folder(app)?;
    Ok(match mirror::state::trouble(app)?.filter(|_| !seen.is_broken) {
        Some(words) => Seen { is_broken: true, is_warning: false, words },
        None => seen,
    })
}

/// The same without the mirror, which is an incident of its own.
pub(super) fn look_at_folder(app: &App) -> Result<Seen, Error> {
    let broken = |words: String| Ok(Seen { is_broken: true, is_warning: false, words });
    let warning = |words: String| Ok(Seen { is_broken: false, is_warning: true, words });
    let (trouble, waiting, ledger) = app.read(|db| {
        let fact = |name| installation::fact(db, name);
        Ok((fact(TROUBLE_FACT)?, fact(WAITING_FACT)?, fact(ledger::TROUBLE_FACT)?))
    })?;
    let chain = match read(app) {
        Ok(chain) => chain,
        Err(Error::Refused(words)) => return broken(words),
        Err(error) => return Err(error),
    };
    if let Some(words) = trouble {
        return broken(format!("the last run failed: {words}"));
    }
    if let Some(words) = ledger {
        return broken(format!("the list of erasures does not lie beside the backups: {words}"));
    }
    let (now, places) = (app.now(), living(app)?);
    let Some(newest) = chain.newest() else {
        let when = first_comes(app);
        return warning(format!("none yet; the first is made {when}, or now with holdfast backup run"));
    };
    if newest.started > now.plus(Timestamp::HOUR) {
        let at = newest.started.rfc3339();
        return broken(format!(
            "the newest is of {at}, and by the clock of this machine it is {}: set the clock right; if it was wrong \
             before, the next backup puts the list in order",
            now.rfc3339()
        ));
    }
    let standing = app.shipments.standing();
    if let Some(words) = late_shipping(&standing) {
        return broken(words);
    }
    if let Some(words) = on_no_line(&standing) {
        return warning(words);
    }
    let late = late(app, &chain)?;
    let late: Vec<&str> = late.iter().map(|(_, name)| name.as_str()).collect();
    if !late.is_empty() {
        return broken(format!("no verified copy since yesterday of {}", late.join(", ")));
    }
    if let Some(words) = scrub::overdue(&scrub::due(app, &chain)?, now) {
        return broken(words);
    }
    if let Some(words) = waiting {
        return warning(format!("{words} old copies would go, more than a fifth: nothing goes until somebody says so"));
    }
    let is_inside = app.config.backup.folder.starts_with(&app.config.data);
    let words = format!(
        "{} copies of {} places, newest of {}; changes of {} open files are carried over, {} s behind",
        chain.copies(),
        places.len(),
        newest.started.rfc3339(),
        standing.lines,
        standing.behind_ms / Timestamp::SECOND
    );
    Ok(Seen {
        is_broken: false,
        is_warning: is_inside,
        words: if is_inside {
            format!("{words}; they lie in the data folder and go down with its disk")
        } else {
            words
        },
    })
}

/// When the very first backup is made, in words.
pub fn first_comes(app: &App) -> &'static str {
    if app.config.backup.begins_at_once { "soon after the first workspace" } else { "tonight" }
}

/// What to say when changes wait to be carried over for longer than a slow disk explains.
pub fn late_shipping(standing: &Standing) -> Option<String> {
    let trouble = standing.trouble.as_ref().filter(|_| standing.behind_ms > LATE_SHIPPING_MS)?;
    let seconds = standing.behind_ms / Timestamp::SECOND;
    Some(format!("changes wait for {seconds} seconds to be carried to the backups: {trouble}"))
}

/// What to say while changes are carried over in whole copies alone.
pub fn on_no_line(standing: &Standing) -> Option<String> {
    let reason = standing.reason.as_ref()?;
    let files = match standing.on_none {
        1 => "one open file".to_owned(),
        many => format!("{many} open files"),
    };
    Some(format!(
        "changes of {files} are not carried over one by one; until they are, a whole copy is made at most every 15 \
         minutes while something changes. {reason}"
    ))
}

/// Places without a verified copy since yesterday, with their names.
pub fn late(app: &App, chain: &Chain) -> Result<Vec<(WorkspaceId, String)>, Error> {
    let now = app.now();
    let is_late = |id: WorkspaceId| chain.last_verified(id).is_none_or(|at| now.since(at) > LATE_MS);
    Ok(living(app)?.into_iter().filter(|(id, _)| is_late(*id)).collect())
}

/// The chain of the folder of the settings, held against what is remembered of it.
pub fn read(app: &App) -> Result<Chain, Error> {
    Chain::of(app, &Folder::of(app)?)
}
