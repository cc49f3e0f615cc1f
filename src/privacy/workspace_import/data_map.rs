//! What the table of the key of pseudonyms holds: the key, sealed.

use crate::privacy::data_map::*;

pub const PSEUDONYM_KEY: Table = Table {
    name: "pseudonym_key",
    label: "The key of keyed hashes, after a move",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Knowing again whoever was erased or objected before the workspace was moved here",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        // It names nobody, and whoever was erased is known by it only when they are offered again.
        secret("sealed_key").on_erasure(Erasure::NothingToErase),
        machinery("key_version"),
    ],
};
