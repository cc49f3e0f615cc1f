//! What a page may say about the last action. A redirect carries the word; anybody could write an
//! address, so the sentence never comes from there.

/// The sentence behind a word, or nothing for a word nobody here wrote.
pub fn text(word: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(known, _)| *known == word).map(|(_, text)| *text)
}

/// One row for each `Reply::toast`. A test looks for words without a row, and rows without a use.
pub const TEXTS: &[(&str, &str)] = &[
    ("saved", "Saved."),
    ("archived", "Archived. It is kept, but out of the way."),
    ("restored", "Back among the others."),
    ("deleted", "Deleted. It waits in the trash for a while."),
    ("deleted-for-good", "Gone for good."),
    ("attached", "Attached."),
    ("file-deleted", "Deleted. Its key is destroyed."),
    ("field-archived", "Out of use. Its values are kept."),
    ("field-restored", "In use again, with the values it had."),
    ("undo-started", "It is being taken back."),
    ("merged", "Merged. For seven days you can take it back, under Changes."),
    ("duplicates-asked", "Holdfast looks for duplicates. The list fills within a minute."),
    ("not-the-same", "These two are not offered again."),
    ("edit-cancelled", "It stops after the records at hand. What was changed stays."),
    ("edited", "Changed. For seven days you can take it back, under Changes."),
    ("workspace-made", "The workspace is made. Its owner can go in."),
    ("mail-retried", "It is sent again within a minute."),
    ("mail-cancelled", "Cancelled. Its words are gone."),
    ("job-asked", "It runs as soon as a place is free."),
    ("job-cancelled", "It stops after the step at hand."),
    ("signed-out", "You are signed out."),
    ("password-changed", "The password is changed. All other sessions have ended."),
    ("session-ended", "That session has ended."),
    ("sessions-ended", "All other sessions have ended."),
    ("two-step-off", "Two-step sign-in is off."),
    ("email-changed", "Your email address is changed."),
    ("workspace-failed", "The workspace could not be made. Try again in the operator console."),
    ("import-cancelled", "It stops after the rows at hand. What was written stays."),
    ("member-suspended", "Suspended. They cannot come in until you let them in again."),
    ("member-reactivated", "They can come in again."),
    ("member-removed", "Removed. Their records stay."),
    ("member-sessions-ended", "All their sessions have ended."),
    ("role-given", "The new role holds from their next click on."),
    ("ownership-handed-over", "The workspace has a new owner. You are an admin now."),
    ("invitation-sent", "The invitation is on its way."),
    ("invitation-withdrawn", "The invitation is withdrawn. Its link no longer works."),
    ("all-read", "All read."),
    ("token-revoked", "Revoked. The program is locked out."),
];
