//! What the tables of custom fields hold. What a value says about a person stands in its definition.

use crate::privacy::data_map::*;

pub const CUSTOM_FIELDS: Table = Table {
    name: "custom_fields",
    label: "Own fields",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Fields that the workspace defined for its own records",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("object"),
        machinery("key"),
        machinery("label"),
        machinery("hint"),
        machinery("kind"),
        machinery("is_required"),
        machinery("default_value"),
        machinery("is_personal"),
        machinery("category"),
        machinery("currency"),
        machinery("target"),
        machinery("position"),
        machinery("created_by"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("archived_at"),
        machinery("version"),
    ],
};

pub const CUSTOM_FIELD_CHOICES: Table = Table {
    name: "custom_field_choices",
    label: "Choices of own fields",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "What can be chosen in fields that the workspace defined",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("field_id"),
        machinery("label").searchable(),
        machinery("label_key"),
        machinery("position"),
        machinery("is_retired"),
    ],
};

pub const CUSTOM_VALUES: Table = Table {
    name: "custom_values",
    label: "Values of own fields",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "What the workspace wanted to remember beyond the usual",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("on_type"),
        machinery("on_id"),
        column("field_id", Holds::Nothing)
            .exported_as("field")
            .read_as(Reading::Named { table: "custom_fields", column: "label" }),
        machinery("position"),
        column("value", Holds::AsDefined).read_as(Reading::Defined("field_id")).searchable(),
        // The value again, as lists compare it: goes with the row.
        machinery("sort_key"),
    ],
};
