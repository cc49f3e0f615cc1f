//! What an export's row holds: that everything left, at whose word, and when. The file itself lies sealed beside it.

use crate::privacy::data_map::*;

const OLD: Rule = Rule::erase("workspace_exports", "That a whole workspace was exported", "created_at", 365)
    .from("the request")
    .between(90, 1_096)
    .because("Whoever looks into a leak must see for a while that everything was taken out: 90 days at least.")
    .source("Ours; the file itself goes after 7 days");

pub const WORKSPACE_EXPORTS: Table = Table {
    name: "workspace_exports",
    label: "Exports of the whole workspace",
    part: Part::OperationalRecords,
    file: File::Workspace,
    // The file holds everybody, so erasing anybody destroys its key; the row names no person.
    subject: Subject::Nobody,
    purpose: "Taking a whole workspace out, safely and once",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::Rules(&[&OLD]),
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("state"),
        machinery("attempt"),
        machinery("step"),
        machinery("steps"),
        machinery("rows"),
        machinery("files"),
        machinery("damaged"),
        machinery("object"),
        secret("sealed_key").on_erasure(Erasure::NothingToErase),
        machinery("key_version"),
        machinery("size"),
        machinery("sha256"),
        secret("link_hash").on_erasure(Erasure::NothingToErase),
        machinery("created_by"),
        machinery("created_at"),
        machinery("ready_at"),
        machinery("told_at"),
        machinery("taken_at"),
        machinery("expires_at"),
    ],
};
