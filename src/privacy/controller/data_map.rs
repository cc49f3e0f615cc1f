//! What the row of the controller holds: an organisation, and perhaps the name of its officer.

use crate::privacy::data_map::*;

pub const CONTROLLER: Table = Table {
    name: "controller",
    label: "Who answers for the data",
    part: Part::CompanyDetails,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Telling people who answers for their data and whom they can write to",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Controller,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("name"),
        machinery("address"),
        machinery("email"),
        free_text("dpo_name", Holds::Identity),
        free_text("dpo_email", Holds::Contact),
        machinery("updated_by"),
        machinery("updated_at"),
    ],
};
