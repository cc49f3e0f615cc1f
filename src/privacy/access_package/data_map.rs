//! What a package's row holds: that a copy was made and when it was taken. The copy itself lies sealed beside it.

use crate::privacy::data_map::*;

const OLD: Rule = Rule::erase("access_packages", "That a copy of somebody's data was made", "created_at", 90)
    .from("the request")
    .between(90, 1_096)
    .because("Until an answer can be disputed it must be shown that there was one: 90 days at least.")
    .source("Ours; the copy itself goes after 7 days");

pub const ACCESS_PACKAGES: Table = Table {
    name: "access_packages",
    label: "Copies of the data of a person",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "person_kind", id: "person_id" },
    purpose: "Giving people a copy of what is held of them, once and safely",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    // The file and its key go after seven days; that there was one is shown for ninety.
    retention: Retention::Rules(&[&OLD]),
    // Without its row, which holds the key, nobody can open the file.
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("person_kind"),
        machinery("person_id"),
        machinery("request_id"),
        column("state", Holds::Behaviour),
        machinery("released_at"),
        machinery("step"),
        machinery("steps"),
        machinery("items"),
        machinery("files"),
        machinery("damaged"),
        machinery("redacted"),
        machinery("object"),
        secret("sealed_key"),
        machinery("key_version"),
        machinery("size"),
        machinery("sha256"),
        secret("link_hash"),
        column("created_by", Holds::Behaviour).exported_as("asked_for_by").read_as(Reading::Actor),
        column("created_at", Holds::Behaviour).labelled("Asked for"),
        column("ready_at", Holds::Behaviour).labelled("Made"),
        column("taken_at", Holds::Behaviour).labelled("Taken"),
        machinery("expires_at"),
    ],
};
