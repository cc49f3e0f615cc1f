//! What is held about companies. A company is no person, but a sole trader's may carry a name, and its
//! addresses may be somebody's.

use crate::privacy::data_map::*;

const PURPOSE: &str = "Knowing which organisation a contact belongs to";

pub const COMPANIES: Table = Table {
    name: "companies",
    label: "Companies",
    part: Part::CompanyDetails,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: PURPOSE,
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        free_text("name", Holds::Identity).searchable(),
        free_text("sort_name", Holds::Identity),
        free_text("domain", Holds::Contact).searchable(),
        free_text("street", Holds::Contact),
        free_text("postal_code", Holds::Contact),
        free_text("city", Holds::Contact),
        free_text("region", Holds::Contact),
        machinery("country"),
        machinery("owner_id"),
        free_text("source", Holds::Content),
        machinery("has_email"),
        machinery("has_phone"),
        free_text("words", Holds::Content).searchable(),
        machinery("created_by"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("archived_at"),
        machinery("version"),
    ],
};

pub const COMPANY_IDENTITIES: Table = Table {
    name: "company_identities",
    label: "Companies' addresses and numbers",
    part: Part::CompanyDetails,
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
        free_text("value", Holds::Contact).searchable(),
        free_text("normalised", Holds::Contact).searchable(),
        free_text("label", Holds::Contact),
        machinery("is_primary"),
        machinery("position"),
        machinery("verified_at"),
    ],
};

pub const COMPANY_TAGS: Table = Table {
    name: "company_tags",
    label: "Tags on companies",
    part: Part::CompanyDetails,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Sorting companies into groups of the workspace's own",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("company_id"), machinery("tag_id").searchable()],
};
