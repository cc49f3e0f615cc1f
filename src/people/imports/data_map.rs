//! What an import holds about people: the name of a file, until it goes after seven days.

use crate::privacy::data_map::*;
/// The file, the rows that could not be taken and the values that were decided on; what the import did stays told.
const FILES: Rule = Rule::erase("imports.files", "Uploaded files", "created_at", 7)
    .from("the upload")
    .only("file IS NOT NULL AND state NOT IN ('checking', 'running')")
    .between(1, 7)
    .because("A file of other people's data is read at once; a week is enough to look at the rows that failed.")
    .action(Action::Hook {
        take: super::service::discard,
        after: None,
        words: "the file and what was said of its rows are erased; the counts stay",
    })
    .source("Section 9: import files, 7 days");

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
    ],
};

/// Says the line, the field and the rule, never the value.
pub const IMPORT_ERRORS: Table = Table {
    name: "import_errors",
    label: "Rows that an import could not take",
    part: Part::OperationalRecords,
    purpose: "Telling which rows of a file could not be taken, and why",
    retention: Retention::WithParent,
    columns: &[machinery("id"), machinery("import_id"), machinery("line"), machinery("field"), machinery("message")],
    ..IMPORTS
};

/// Holds headings of files, fields, and words of choices: nothing of a row.
pub const IMPORT_MAPPINGS: Table = Table {
    name: "import_mappings",
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
    purpose: "Deciding what becomes of values that are no choice of their field",
    retention: Retention::WithParent,
    columns: &[
        machinery("id"),
        machinery("import_id"),
        machinery("position"),
        column("value", Holds::Content).on_erasure(Erasure::Redact),
        machinery("rows"),
    ],
    ..IMPORTS
};

/// Goes with the uploaded file, after seven days.
pub const IMPORT_RESEMBLANCES: Table = Table {
    name: "import_resemblances",
    purpose: "Deciding what becomes of rows that resemble somebody",
    retention: Retention::WithParent,
    columns: &[
        machinery("id"),
        machinery("import_id"),
        machinery("line"),
        column("name", Holds::Identity).on_erasure(Erasure::Redact),
        machinery("other_id"),
        machinery("other_line"),
        machinery("reasons"),
        machinery("decision"),
    ],
    ..IMPORTS
};
