//! The letters as they are before a workspace writes its own.

use super::{LetterKind, Template};

/// The words of a kind, in plain language.
pub fn template(kind: LetterKind) -> Template {
    let (title, body) = match kind {
        LetterKind::Acknowledgement => (
            "We have your request {number}",
            "Hello {name},\n\nwe have your request for {request}. It came in on {received}.\n\n\
             You hear from us by {due} at the latest. It costs you nothing.\n\n\
             If you did not ask for this, tell us: {contact}\n\n{workspace}",
        ),
        LetterKind::IdentityNeeded => (
            "One question about your request {number}",
            "Hello {name},\n\nyou asked for {request}. Before we change or hand out anything we must be sure that \
             it is you who asks.\n\nAnswer this letter from an address that we know of you, or tell us something \
             about your last contact with us that only you can know. Do not send a copy of your passport: we do \
             not need it.\n\nWithout this we cannot go on. The last day for our answer stays {due}.\n\n\
             Questions: {contact}\n\n{workspace}",
        ),
        LetterKind::Extension => (
            "Your request {number} takes longer",
            "Hello {name},\n\nyour request of {received} for {request} takes us longer than we first said.\n\n\
             The reason: {reason}\n\nYou have our answer by {until} at the latest.\n\n\
             If you do not agree, you can complain: {authority}\n\nQuestions: {contact}\n\n{workspace}",
        ),
        LetterKind::Done => (
            "Your request {number} is done",
            "Hello {name},\n\nyou asked on {received} for {request}. It is done.\n\n{done}\n\n\
             What we keep, and why: {kept}\n\nWho else was told: {recipients}\n\n\
             If something is missing or wrong, write to us: {contact}\n\n\
             You can also complain: {authority}\n\n{workspace}",
        ),
        LetterKind::Refused => (
            "About your request {number}",
            "Hello {name},\n\nyou asked on {received} for {request}. We do not do this.\n\n\
             The reason: {reason}\n\nWhat we keep, and why: {kept}\n\n\
             If you do not agree, you can complain: {authority}\n\nYou can also go to court.\n\n\
             Questions: {contact}\n\n{workspace}",
        ),
        LetterKind::RestrictionEnds => (
            "The restriction of your data ends",
            "Hello {name},\n\nsince {received} we have kept your data and not used it, because you asked for \
             it. From {until} on we use it again.\n\nThe reason: {reason}\n\nIf you do not agree, write to us now: {contact}\n\n\
             You can also complain: {authority}\n\n{workspace}",
        ),
    };
    Template { title: title.to_owned(), body: body.to_owned() }
}
