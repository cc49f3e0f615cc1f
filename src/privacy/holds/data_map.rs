//! What is held about holds: which matter keeps what, who placed it and who released it.

use crate::privacy::data_map::*;

const ENDED: Rule = Rule::erase("legal_holds", "Legal holds that were released", "released_at", 1_096)
    .from("the release")
    .between(1_096, 3_653)
    .because("Whoever was refused while it held can ask why for three years (limitation of claims).")
    .source("Policy: legal claims, 3 years");

pub const LEGAL_HOLDS: Table = Table {
    name: "legal_holds",
    label: "Legal holds",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Keeping what a dispute, an inquiry or a claim needs, and being able to say why",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Rules(&[&ENDED]),
    erasure: Erasure::Keep {
        because: "proof of why the data was kept (Art. 17(3)(e)); the words are emptied",
        days: 1_096,
    },
    columns: &[
        machinery("id"),
        machinery("scope"),
        machinery("on_type"),
        machinery("on_id"),
        machinery("category"),
        // The copy of their own data tells a person that some of it is kept under a legal hold, and since when. The matter,
        // the reason and the release are left out: to know them can prejudice the case (Art. 15(4), Art. 23(1)(j)). What
        // the owner wants said about it stands in `told`, and that alone is in the copy.
        column("matter", Holds::Content).withheld().on_erasure(Erasure::Redact),
        column("reason", Holds::Content).withheld().on_erasure(Erasure::Redact),
        column("told", Holds::Content).labelled("What it is about").on_erasure(Erasure::Redact),
        machinery("placed_by"),
        column("placed_at", Holds::Behaviour).labelled("Kept under a legal hold since"),
        column("ends_at", Holds::Behaviour).labelled("At the longest until"),
        machinery("released_by"),
        column("released_at", Holds::Behaviour).labelled("Released"),
        column("release_reason", Holds::Content).withheld().on_erasure(Erasure::Redact),
        machinery("version"),
    ],
};
