//! What is held about the use of pages: by whom for 90 days, then of how many.

use crate::privacy::data_map::*;

const OLD: Rule = Rule::erase("usage", "Pages that people looked at", "day", 90)
    .from("the day")
    .row("day, page, account_id")
    .source("P-023: usage, 90 days");

pub const USAGE_VIEWS: Table = Table {
    name: "usage_views",
    label: "Pages you looked at",
    part: Part::UsageTelemetry,
    file: File::Control,
    subject: Subject::Via { column: "account_id", table: "accounts" },
    purpose: "Improving the product: which pages are used",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Controller,
    retention: Retention::Rules(&[&OLD]),
    erasure: Erasure::DeleteRow,
    columns: &[
        column("day", Holds::Behaviour),
        column("page", Holds::Behaviour),
        machinery("account_id"),
        column("views", Holds::Behaviour),
    ],
};

/// Of nobody: a row exists only where five people or more stand behind it.
pub const USAGE_TOTALS: Table = Table {
    name: "usage_totals",
    label: "Use of pages",
    subject: Subject::Nobody,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("month"), machinery("page"), machinery("people"), machinery("views")],
    ..USAGE_VIEWS
};
