//! Lets a test switch off one step of an erasure. A release has none of it.

/// Steps that can be left out, to show that a test notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    OwnRows,
    Table(&'static str),
    Redaction,
    Mentions,
    Suppression,
    AuditPersonal,
    AuditSalt,
    SealedValues,
    ImportFiles,
    Files,
    Mail,
    ControlAudit,
    Checkpoint,
    SearchWords,
    Ledger,
    Journal,
}

/// True when a test wants this step left out: `TEST_ERASURE_LEAVE_OUT` names steps, such as `mentions,table:notes`.
#[cfg(feature = "test-clock")]
pub fn is_left_out(step: Step) -> bool {
    let Ok(wanted) = std::env::var("TEST_ERASURE_LEAVE_OUT") else { return false };
    let word = match step {
        Step::Table(name) => format!("table:{name}"),
        step => format!("{step:?}").to_lowercase(),
    };
    wanted.split(',').any(|wanted| wanted == word)
}

#[cfg(not(feature = "test-clock"))]
pub fn is_left_out(_: Step) -> bool {
    false
}
