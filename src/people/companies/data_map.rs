//! What is held about companies. A company is no person, but a sole trader's may carry a name, and its
//! addresses may be somebody's.

use crate::privacy::data_map::*;

const PURPOSE: &str = "Knowing which organisation a contact belongs to";

pub const COMPANIES: Table = Table {
    name: "companies",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: PURPOSE,
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("name").searchable(),
        machinery("sort_name"),
        machinery("domain").searchable(),
        machinery("street"),
        machinery("postal_code"),
        machinery("city"),
        machinery("region"),
        machinery("country"),
        machinery("owner_id"),
        machinery("source"),
        machinery("has_email"),
        machinery("has_phone"),
        machinery("words").searchable(),
        machinery("created_by"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("archived_at"),
        machinery("version"),
    ],
};

pub const COMPANY_IDENTITIES: Table = Table {
    name: "company_identities",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: PURPOSE,
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("company_id"),
        machinery("kind"),
        machinery("value").searchable(),
        machinery("normalised").searchable(),
        machinery("label"),
        machinery("is_primary"),
        machinery("position"),
        machinery("verified_at"),
    ],
};

pub const COMPANY_TAGS: Table = Table {
    name: "company_tags",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Sorting companies into groups of the workspace's own",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("company_id"), machinery("tag_id").searchable()],
};
