//! What is held about contacts, why, and for how long.

use crate::privacy::data_map::*;

const PURPOSE: &str = "Keeping in touch with customers, prospects and partners";

pub const CONTACTS: Table = Table {
    name: "contacts",
    file: File::Workspace,
    subject: Subject::Is("id"),
    purpose: PURPOSE,
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        column("given_name", Holds::Identity).searchable(),
        column("family_name", Holds::Identity).searchable(),
        column("display_name", Holds::Identity).searchable(),
        machinery("has_own_display"),
        // Made of the display name, for sorting.
        machinery("sort_name"),
        column("job_title", Holds::Identity).searchable(),
        machinery("company_id"),
        machinery("company_sort"),
        column("street", Holds::Contact),
        column("postal_code", Holds::Contact),
        column("city", Holds::Contact),
        column("region", Holds::Contact),
        column("country", Holds::Contact),
        column("language", Holds::Preference),
        column("time_zone", Holds::Preference),
        machinery("owner_id"),
        column("source", Holds::Behaviour),
        column("restricted", Holds::Preference),
        machinery("has_email"),
        machinery("has_phone"),
        // Every word of the other columns, of identities and tags, once more: what the index is fed with.
        machinery("words").searchable(),
        column("last_activity_at", Holds::Behaviour),
        machinery("created_by"),
        column("created_at", Holds::Behaviour),
        column("updated_at", Holds::Behaviour),
        column("archived_at", Holds::Behaviour),
        machinery("version"),
    ],
};

pub const CONTACT_IDENTITIES: Table = Table {
    name: "contact_identities",
    file: File::Workspace,
    subject: Subject::Via { column: "contact_id", table: "contacts" },
    purpose: PURPOSE,
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("contact_id"),
        column("kind", Holds::Contact),
        column("value", Holds::Contact).searchable(),
        column("normalised", Holds::Contact).searchable(),
        column("label", Holds::Contact),
        column("is_primary", Holds::Contact),
        machinery("position"),
        column("verified_at", Holds::Behaviour),
    ],
};

pub const CONTACT_TAGS: Table = Table {
    name: "contact_tags",
    file: File::Workspace,
    subject: Subject::Via { column: "contact_id", table: "contacts" },
    purpose: "Sorting contacts into groups of the workspace's own",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[machinery("contact_id"), column("tag_id", Holds::Content).searchable()],
};
