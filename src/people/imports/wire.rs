//! An import as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::consents::Ground;
use super::{Import, Resembling};
use crate::id::{ChangeId, ImportId, ImportMappingId};

/// An import.
#[derive(Serialize, JsonSchema)]
pub struct ImportWire {
    id: ImportId,
    /// `mapping`, `checking`, `checked`, `running`, `done`, `failed` or `cancelled`.
    state: &'static str,
    object: &'static str,
    mode: &'static str,
    /// Rows read so far.
    read: i64,
    created: i64,
    updated: i64,
    unchanged: i64,
    /// Rows left out.
    failed: i64,
    /// Rows left alone because they resemble somebody and this was decided.
    skipped: i64,
    /// Rows that resemble somebody, as the dry run found.
    resembling: i64,
    /// What was decided about all of them: `create`, `skip` or `update`; null: nothing, so they are added.
    on_resembling: Option<&'static str>,
    /// Of these rows, those that were added all the same.
    resembling_created: i64,
    /// And those by which a known contact was changed.
    resembling_updated: i64,
    /// Companies that came beside people, and were made.
    companies_created: i64,
    companies_updated: i64,
    /// Consents, withdrawals and objections that were written down, or would be.
    consents_taken: i64,
    /// Consents that were not taken; `errors_url` says why, row by row.
    consents_refused: i64,
    /// What a yes without its day or its proof rests on; null: nothing, so such a yes is not taken.
    consent_ground: Option<&'static str>,
    /// The remembered mapping it was mapped by.
    remembered: Option<ImportMappingId>,
    errors_url: String,
    /// The rows that were left out, to mend; null once the file is gone.
    rejected_url: Option<String>,
    /// The change by which it can be taken back; null until it has written something.
    change: Option<ChangeId>,
    /// Why it could not go on; null when nothing is wrong.
    fault: Option<String>,
    /// What the file was: `csv`, `sheet` (its rows are numbered as in the sheet) or `cards` (numbered from 1).
    kind: &'static str,
    /// The sheet that was read, and what was left out.
    remark: String,
    created_at: String,
    finished_at: Option<String>,
}

pub fn wire(import: &Import) -> ImportWire {
    ImportWire {
        id: import.id,
        state: import.state.word(),
        object: import.object.word(),
        mode: import.mode.word(),
        read: import.counts.read,
        created: import.counts.created,
        updated: import.counts.updated,
        unchanged: import.counts.unchanged,
        failed: import.counts.failed,
        skipped: import.counts.skipped,
        resembling: import.counts.resembling,
        on_resembling: import.on_resembling.map(Resembling::word),
        resembling_created: import.counts.resembling_created,
        resembling_updated: import.counts.resembling_updated,
        companies_created: import.counts.companies_created,
        companies_updated: import.counts.companies_updated,
        consents_taken: import.counts.consents_taken,
        consents_refused: import.counts.consents_refused,
        consent_ground: import.rests.ground.map(Ground::word),
        remembered: import.remembered,
        errors_url: format!("/api/v1/imports/{}/errors", import.id),
        rejected_url: import.file.as_ref().map(|_| format!("/api/v1/imports/{}/rejected", import.id)),
        change: import.change,
        kind: import.format.kind.word(),
        remark: import.remark.clone(),
        fault: (!import.fault.is_empty()).then(|| import.fault.clone()),
        created_at: import.created_at.rfc3339(),
        finished_at: import.finished_at.map(|at| at.rfc3339()),
    }
}
