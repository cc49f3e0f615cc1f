//! What an import holds about people: the name of a file, until it goes after seven days.

use crate::privacy::data_map::*;

pub const IMPORTS: Table = Table {
    name: "imports",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Bringing contacts and companies in from a file, and showing what became of each row",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("object"),
        machinery("mode"),
        machinery("state"),
        column("file_name", Holds::Content).on_erasure(Erasure::Redact),
        column("file", Holds::Content).on_erasure(Erasure::Redact),
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
        column("remark", Holds::Content).on_erasure(Erasure::Redact),
    ],
};

/// Says the line, the field and the rule, never the value.
pub const IMPORT_ERRORS: Table = Table {
    name: "import_errors",
    purpose: "Telling which rows of a file could not be taken, and why",
    retention: Retention::WithParent,
    columns: &[machinery("id"), machinery("import_id"), machinery("line"), machinery("field"), machinery("message")],
    ..IMPORTS
};
