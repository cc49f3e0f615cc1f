//! Ends a round of an erasure: signs what really went, names what legal holds keep, and forgets what was looked for as
//! far as nothing is left to be done.

use serde_json::{Value, json};

use super::faults::{Step, is_left_out};
use super::finish;
use super::keeping::Kept;
use super::look::Look;
use super::scan::Scanned;
use super::values::Values;
use super::{Erasure, destroy, plan, store};
use crate::app::App;
use crate::crypto::envelope;
use crate::db::{Origin, Workspace};
use crate::error::Error;
use crate::privacy::audit::{self, Event};
use crate::privacy::ledger::{self, Phase};
use crate::privacy::subject::{self, Person};

/// Which time it is that something of this erasure goes: one more than it has certificates.
pub fn round(app: &App, workspace: &Workspace, erasure: &Erasure) -> Result<usize, Error> {
    Ok(workspace.file.read(app.now(), |db| store::certificates(db, erasure.id))?.len() + 1)
}

/// Writes the certificate into the ledger and the workspace, unless holds kept all there was. While something is kept
/// the erasure waits as `held`; of the values only those stay sealed that what is kept still says.
pub fn certify(
    app: &App,
    workspace: &Workspace,
    origin: &Origin,
    erasure: &Erasure,
    values: &Values,
    look: Look,
) -> Result<(), Error> {
    let kept: Vec<Kept> = serde_json::from_str(&erasure.kept)?;
    let counts: Value = serde_json::from_str(&erasure.counts)?;
    let has_gone = counts.as_array().is_some_and(|counts| !counts.is_empty());
    let document = match has_gone || kept.is_empty() {
        true => Some(signed(app, workspace, origin, erasure, values, &look, (&kept, counts))?),
        false => None,
    };
    let keys = app.keys.workspace(workspace.id)?;
    workspace.file.write(app.now(), origin, |tx| {
        if let Some(document) = &document {
            store::insert_certificate(tx, erasure.id, document)?;
            let event = Event::new("privacy.erasure.certified").on(&erasure.person_kind, erasure.person_id);
            audit::record(tx, event.detail("erasure", erasure.id.0).detail("hits", look.hits()))?;
        }
        if kept.is_empty() {
            return store::set_done(tx, erasure.id, is_left_out(Step::SealedValues));
        }
        let left = serde_json::to_vec(&values.only(&look.in_held_rows))?;
        let sealed = envelope::seal(&keys.field, &destroy::place(workspace, erasure, keys.version), &left);
        let mut held_by: Vec<i64> = kept.iter().map(|kept| kept.hold).collect();
        held_by.sort_unstable();
        held_by.dedup();
        let rows: i64 = kept.iter().map(|kept| kept.rows).sum();
        store::set_held(tx, erasure.id, &serde_json::to_string(&held_by)?, &sealed, keys.version)?;
        let event = Event::new("privacy.erasure.held").on(&erasure.person_kind, erasure.person_id);
        audit::record(tx, event.detail("erasure", erasure.id.0).detail("rows", rows).detail("holds", json!(held_by)))
    })?;
    // The sealed values go from the log, too.
    workspace.file.fold()?;
    Ok(())
}

fn signed(
    app: &App,
    workspace: &Workspace,
    origin: &Origin,
    erasure: &Erasure,
    values: &Values,
    look: &Look,
    (kept, counts): (&[Kept], Value),
) -> Result<String, Error> {
    let round = round(app, workspace, erasure)?;
    let place = match finish::in_ledger(app, workspace, erasure, Phase::Done, round)? {
        Some(place) => place,
        None if is_left_out(Step::Ledger) => (0, [0; 32]),
        None => finish::append(app, workspace, origin, erasure, (Phase::Done, round), Vec::new())?,
    };
    finish::mirror(app, workspace)?;
    let kind = subject::kind(app.modules, &erasure.person_kind)
        .ok_or_else(|| Error::internal("an erasure of a kind of person that no module has"))?;
    let person = Person { kind, ids: serde_json::from_str(&erasure.person_ids)? };
    let stays = workspace.file.read(app.now(), |db| {
        let mut stays = Vec::new();
        for (table, about) in subject::tables(app.modules, kind) {
            let Some((because, days)) = plan::kept(table) else { continue };
            let rows = store::count(db, table, &about, &person)?;
            if rows > 0 {
                stays.push(json!({ "table": table.name, "rows": rows, "because": because, "days": days }));
            }
        }
        Ok(stays)
    })?;
    let certificate = json!({
        "format": "holdfast/erasure-certificate/v1",
        "workspace": workspace.id.to_string(),
        "erasure": erasure.id.0,
        "round": round,
        "is_complete": kept.is_empty(),
        "request": erasure.request,
        "subject": erasure.subject_hash,
        "asked_at": erasure.asked_at.rfc3339(),
        "erased_at": erasure.erased_at.map(|at| at.rfc3339()),
        "certified_at": app.now().rfc3339(),
        "done": counts,
        "stays": stays,
        "held": kept
            .iter()
            .map(|kept| {
                json!({
                    "table": kept.table,
                    "rows": kept.rows,
                    "mentions": kept.is_mention,
                    "ground": "legal hold (GDPR Art. 17(3)(e))",
                    "hold": kept.hold,
                    "until": kept.until,
                })
            })
            .collect::<Vec<_>>(),
        "scan": {
            "clean": look.hits() == 0,
            "hits": look.hits(),
            "values": look.values,
            "forms": look.forms,
            "checked_by_row": look.checked_by_row,
            "in_held_rows": look.in_held_rows.iter().filter(|stands| **stands).count(),
            "shared_names": values.shared_names,
            "rows_left": look.rows_left,
            "kept_by_installation": look.kept_by_installation,
            "log_emptied": look.wal_emptied,
            "places": look.scanned.iter().map(Scanned::json).collect::<Vec<_>>(),
        },
        "ledger": { "position": place.0, "hash": data_encoding::HEXLOWER.encode(&place.1) },
    });
    Ok(serde_json::to_string_pretty(&ledger::signer(app)?.sign(&certificate))?)
}
