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
    /// What they were called and reached by before.
    FormerValues,
    /// Answers that are kept for programs.
    Answers,
    ImportFiles,
    Files,
    Packages,
    Mail,
    ControlAudit,
    Checkpoint,
    SearchWords,
    Ledger,
    Journal,
}

/// True when a test wants this step left out: `TEST_ERASURE_LEAVE_OUT` names a file with the words of steps in it, such
/// as `mentions,table:notes`. It is read each time, so that one server serves many tests.
#[cfg(feature = "test-clock")]
pub fn is_left_out(step: Step) -> bool {
    let Some(file) = std::env::var_os("TEST_ERASURE_LEAVE_OUT") else { return false };
    let wanted = std::fs::read_to_string(file).unwrap_or_default();
    let word = match step {
        Step::Table(name) => format!("table:{name}"),
        step => format!("{step:?}").to_lowercase(),
    };
    wanted.trim().split(',').any(|wanted| wanted == word)
}

#[cfg(not(feature = "test-clock"))]
pub fn is_left_out(_: Step) -> bool {
    false
}
