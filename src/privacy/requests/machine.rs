//! Where a request stands and how it gets on: every transition is a row of one table.

use crate::permission::words;

words! {
    /// Where a request stands (promises.md, section 10).
    State {
        Received = "received",
        /// Whoever asks has not shown yet who they are, or that they may ask: nothing is executed.
        IdentityUnverified = "identity_unverified",
        Verified = "verified",
        /// Refused with a ground. Closed once the person has the letter.
        Denied = "denied",
        Approved = "approved",
        Processing = "processing",
        /// Waits for an answer of the person.
        NeedsInput = "needs_input",
        /// Done. Closed once the person has the letter.
        Complete = "complete",
        /// The person has been told.
        Receipt = "receipt",
        /// The same person asked the same before.
        Duplicate = "duplicate",
        /// The person took it back.
        Cancelled = "cancelled",
    }
}

words! {
    /// What moves a request, or is recorded beside its state.
    Step {
        Receive = "receive",
        AskIdentity = "ask_identity",
        Verify = "verify",
        Approve = "approve",
        Deny = "deny",
        Start = "start",
        Ask = "ask",
        Resume = "resume",
        Complete = "complete",
        Close = "close",
        Duplicate = "duplicate",
        Cancel = "cancel",
        /// The deadline is extended. Changes no state.
        Extend = "extend",
        /// A part is kept with a ground. Changes no state.
        Hold = "hold",
    }
}

use State::*;

/// What leads where. Whatever is not here does not happen.
pub const TRANSITIONS: &[(State, Step, State)] = &[
    (Received, Step::AskIdentity, IdentityUnverified),
    (Received, Step::Verify, Verified),
    (Received, Step::Duplicate, Duplicate),
    (Received, Step::Cancel, Cancelled),
    (Received, Step::Extend, Received),
    (IdentityUnverified, Step::AskIdentity, IdentityUnverified),
    (IdentityUnverified, Step::Verify, Verified),
    (IdentityUnverified, Step::Deny, Denied),
    (IdentityUnverified, Step::Duplicate, Duplicate),
    (IdentityUnverified, Step::Cancel, Cancelled),
    (IdentityUnverified, Step::Extend, IdentityUnverified),
    // A later check can show that it was somebody else after all.
    (Verified, Step::AskIdentity, IdentityUnverified),
    (Verified, Step::Approve, Approved),
    (Verified, Step::Deny, Denied),
    (Verified, Step::Cancel, Cancelled),
    (Verified, Step::Extend, Verified),
    (Verified, Step::Hold, Verified),
    (Approved, Step::Start, Processing),
    (Approved, Step::Cancel, Cancelled),
    (Approved, Step::Extend, Approved),
    (Approved, Step::Hold, Approved),
    (Processing, Step::Ask, NeedsInput),
    (Processing, Step::Complete, Complete),
    (Processing, Step::Extend, Processing),
    (Processing, Step::Hold, Processing),
    (NeedsInput, Step::Resume, Processing),
    (NeedsInput, Step::Cancel, Cancelled),
    (NeedsInput, Step::Extend, NeedsInput),
    (NeedsInput, Step::Hold, NeedsInput),
    (Complete, Step::Close, Receipt),
    (Denied, Step::Close, Receipt),
];

/// Where `step` leads from here; `None` when it is not allowed.
pub fn next(state: State, step: Step) -> Option<State> {
    TRANSITIONS.iter().find(|(from, by, _)| (*from, *by) == (state, step)).map(|(_, _, to)| *to)
}

impl State {
    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Received => "Received",
            IdentityUnverified => "Identity not shown",
            Verified => "Verified",
            Denied => "Refused, not told yet",
            Approved => "Approved",
            Processing => "In work",
            NeedsInput => "Waits for the person",
            Complete => "Done, not told yet",
            Receipt => "Answered",
            Duplicate => "Duplicate",
            Cancelled => "Taken back",
        }
    }

    /// Nothing more happens, and the clock has stopped.
    pub fn is_closed(self) -> bool {
        matches!(self, Receipt | Duplicate | Cancelled)
    }
}
