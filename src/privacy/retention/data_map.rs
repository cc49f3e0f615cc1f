//! What is held about retention itself: what a workspace chose, and what each run did. Numbers, and nobody.

use crate::privacy::data_map::*;

const RUNS: Rule = Rule::erase("retention_runs", "Runs of these rules", "ended_at", 90)
    .from("the end of the run")
    .between(30, 3_653)
    .because("A run that went wrong must be found: thirty days at least.")
    .source("Ours");

pub const RETENTION_SETTINGS: Table = Table {
    name: "retention_settings",
    label: "How long things stay",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Keeping data no longer than the workspace decided",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("rule"),
        machinery("days"),
        machinery("is_on"),
        machinery("updated_by"),
        machinery("updated_at"),
        machinery("version"),
    ],
};

pub const RETENTION_RUNS: Table = Table {
    name: "retention_runs",
    label: "Runs of the rules of retention",
    purpose: "Showing what went by which rule",
    retention: Retention::Rules(&[&RUNS]),
    columns: &[machinery("id"), machinery("started_at"), machinery("ended_at"), machinery("acted"), machinery("held")],
    ..RETENTION_SETTINGS
};

pub const RETENTION_RUN_RULES: Table = Table {
    name: "retention_run_rules",
    label: "What each rule of retention did",
    purpose: "Showing what went by which rule",
    retention: Retention::WithParent,
    columns: &[
        machinery("run_id"),
        machinery("rule"),
        machinery("selected"),
        machinery("acted"),
        machinery("held"),
        machinery("floor"),
        machinery("ms"),
    ],
    ..RETENTION_SETTINGS
};

pub const CONTROL_RETENTION_RUNS: Table = Table { file: File::Control, role: Role::Controller, ..RETENTION_RUNS };
pub const CONTROL_RETENTION_RUN_RULES: Table =
    Table { file: File::Control, role: Role::Controller, ..RETENTION_RUN_RULES };
