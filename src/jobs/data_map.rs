//! Jobs hold nothing about people: counts and words of ours only.

use crate::privacy::data_map::*;
/// Enough to see what went wrong lately.
const RUNS: Rule = Rule::erase("job_runs", "Runs of scheduled work", "started_at", 30)
    .from("the start of the run")
    .source("Policy: error reports, 30 days");

pub const JOBS: Table = Table {
    name: "jobs",
    label: "Scheduled work",
    part: Part::UsageTelemetry,
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Running scheduled work",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Controller,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("name"),
        machinery("workspace_id"),
        machinery("state"),
        machinery("next_run_at"),
        machinery("started_at"),
        machinery("progress"),
        machinery("failures"),
    ],
};

pub const JOB_RUNS: Table = Table {
    name: "job_runs",
    label: "Runs of scheduled work",
    part: Part::UsageTelemetry,
    purpose: "Showing whether scheduled work was done",
    retention: Retention::Rules(&[&RUNS]),
    columns: &[
        machinery("id"),
        machinery("name"),
        machinery("workspace_id"),
        machinery("started_at"),
        machinery("finished_at"),
        machinery("outcome"),
        machinery("error"),
    ],
    ..JOBS
};
