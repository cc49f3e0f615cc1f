//! What an import holds about people: the name of a file, until it goes after seven days.

use super::term::FILES;
use crate::privacy::data_map::*;

pub const IMPORTS: Table = Table {
    name: "imports",
    label: "Imports",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Bringing contacts and companies in from a file, and showing what became of each row",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Rules(&[&FILES]),
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("object"),
        machinery("mode"),
        machinery("state"),
        free_text("file_name", Holds::Content),
        free_text("file", Holds::Content),
        machinery("file_size"),
        machinery("encoding"),
        machinery("delimiter"),
        machinery("has_header"),
        machinery("columns"),
        machinery("mapping"),
        machinery("reach"),
        machinery("may_assign"),
        machinery("rows_read"),
        machinery("bytes_read"),
        machinery("created"),
        machinery("updated"),
        machinery("unchanged"),
        machinery("failed"),
        machinery("fault"),
        machinery("is_cancelled"),
        machinery("created_by"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("finished_at"),
        machinery("change_id"),
        machinery("version"),
        machinery("kind"),
        free_text("remark", Holds::Content),
        // Headings of the file and words that somebody chose for values: what to do with columns, no row of it.
        machinery("treatments"),
        machinery("remembered_id"),
        machinery("may_companies"),
        machinery("company_reach"),
        machinery("on_resembling"),
        machinery("resembling"),
        machinery("resembling_created"),
        machinery("resembling_updated"),
        machinery("skipped"),
        machinery("companies_created"),
        machinery("companies_updated"),
        machinery("may_consents"),
        machinery("consent_ground"),
        free_text("consent_reference", Holds::Content),
        machinery("consents_taken"),
        machinery("consents_refused"),
    ],
};

/// Says the line, the field and the rule, never the value.
pub const IMPORT_ERRORS: Table = Table {
    name: "import_errors",
    label: "Rows that an import could not take",
    part: Part::OperationalRecords,
    purpose: "Telling which rows of a file could not be taken, and why",
    retention: Retention::WithParent,
    columns: &[machinery("id"), machinery("import_id"), machinery("line"), machinery("field"), machinery("message"), machinery("is_remark")],
    ..IMPORTS
};

/// Holds headings of files, fields, and words of choices: nothing of a row.
pub const IMPORT_MAPPINGS: Table = Table {
    name: "import_mappings",
    label: "Remembered mappings of imports",
    purpose: "Mapping the next file with the same headings without a question",
    // Until somebody forgets it: it holds nothing of a row.
    retention: Retention::WhileActive,
    columns: &[
        machinery("id"),
        machinery("object"),
        machinery("name"),
        machinery("headings"),
        machinery("columns"),
        machinery("uses"),
        machinery("used_at"),
        machinery("created_by"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("version"),
    ],
    ..IMPORTS
};

/// Goes with the uploaded file, after seven days.
pub const IMPORT_VALUES: Table = Table {
    name: "import_values",
    label: "Values of an import to decide",
    purpose: "Deciding what becomes of values that are no choice of their field",
    retention: Retention::WithParent,
    columns: &[
        machinery("id"),
        machinery("import_id"),
        machinery("position"),
        free_text("value", Holds::Content),
        machinery("rows"),
    ],
    ..IMPORTS
};

/// Goes with the uploaded file, after seven days.
pub const IMPORT_RESEMBLANCES: Table = Table {
    name: "import_resemblances",
    label: "Rows of an import that resemble somebody",
    purpose: "Deciding what becomes of rows that resemble somebody",
    retention: Retention::WithParent,
    columns: &[
        machinery("id"),
        machinery("import_id"),
        machinery("line"),
        free_text("name", Holds::Identity),
        machinery("other_id"),
        machinery("other_line"),
        machinery("reasons"),
        machinery("decision"),
    ],
    ..IMPORTS
};
