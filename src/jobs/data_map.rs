//! Jobs hold nothing about people: counts and words of ours only.

use crate::privacy::data_map::*;

pub const JOBS: Table = Table {
    name: "jobs",
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
    purpose: "Showing whether scheduled work was done",
    retention: Retention::Days { after: "started_at", days: 30 },
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
