//! What is held about contacts, why, and for how long.

use super::term::IDLE;
use crate::privacy::data_map::*;

const PURPOSE: &str = "Keeping in touch with customers, prospects and partners";

pub const CONTACTS: Table = Table {
    name: "contacts",
    label: "Contact record",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Is("id"),
    purpose: PURPOSE,
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Rules(&[&IDLE]),
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
        column("company_id", Holds::Identity)
            .exported_as("company")
            .read_as(Reading::Named { table: "companies", column: "name" }),
        machinery("company_sort"),
        column("street", Holds::Contact),
        column("postal_code", Holds::Contact),
        column("city", Holds::Contact),
        column("region", Holds::Contact),
        column("country", Holds::Contact),
        column("language", Holds::Preference),
        column("time_zone", Holds::Preference),
        column("owner_id", Holds::Behaviour).exported_as("looked_after_by").read_as(Reading::Actor),
        column("source", Holds::Behaviour).labelled("Where it came from"),
        column("restricted", Holds::Preference).labelled("Use is restricted"),
        machinery("has_email"),
        machinery("has_phone"),
        // Every word of the other columns, of identities and tags, once more: what the index is fed with.
        machinery("words").searchable(),
        column("last_activity_at", Holds::Behaviour).labelled("Last activity"),
        column("created_by", Holds::Behaviour).exported_as("added_by").read_as(Reading::Actor),
        column("created_at", Holds::Behaviour).labelled("Added"),
        column("updated_at", Holds::Behaviour).labelled("Last changed"),
        column("archived_at", Holds::Behaviour).labelled("Archived"),
        machinery("version"),
    ],
};

pub const CONTACT_IDENTITIES: Table = Table {
    name: "contact_identities",
    label: "Email addresses and phone numbers",
    part: Part::OperationalRecords,
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
        column("value", Holds::Contact).labelled("Address or number").searchable(),
        column("normalised", Holds::Contact).labelled("As it is compared").searchable(),
        column("label", Holds::Contact),
        column("is_primary", Holds::Contact).labelled("The main one"),
        machinery("position"),
        column("verified_at", Holds::Behaviour).labelled("Shown to be theirs"),
    ],
};

pub const CONTACT_TAGS: Table = Table {
    name: "contact_tags",
    label: "Tags",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Via { column: "contact_id", table: "contacts" },
    purpose: "Sorting contacts into groups of the workspace's own",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("contact_id"),
        column("tag_id", Holds::Content)
            .exported_as("tag")
            .read_as(Reading::Named { table: "tags", column: "name" })
            .searchable(),
    ],
};
