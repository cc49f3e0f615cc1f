//! The steps of a request as sentences, the newest first.

use super::letters::LetterKind;
use super::rows::StepRow;
use super::{Channel, Check, Ground, KeepGround, Request, ToldBy};
use crate::clock::Timestamp;
use crate::id::MemberId;
use crate::members::directory::Directory;

/// One line of the history.
pub struct Line {
    pub who: String,
    pub words: String,
    pub icon: &'static str,
    pub tone: &'static str,
    /// What somebody wrote.
    pub quote: String,
    pub at: Timestamp,
}

/// Every step, newest first. What the person said stands with the first.
pub fn lines(
    request: &Request,
    steps: &[StepRow],
    name: &dyn Fn(Option<MemberId>) -> String,
    directory: &Directory,
) -> Vec<Line> {
    let line = |step: &StepRow| {
        let (words, icon, tone) = words(step, directory);
        let quote = if step.step == "receive" { request.words.clone() } else { step.note.clone() };
        Line { who: name(step.member), words, icon, tone, quote, at: step.at }
    };
    steps.iter().rev().map(line).collect()
}

/// What stands after the name of who did it, the icon and its colour.
fn words(step: &StepRow, directory: &Directory) -> (String, &'static str, &'static str) {
    let about = step.about.as_str();
    let plain = |words: &str, icon, tone| (words.to_owned(), icon, tone);
    match step.step.as_str() {
        "receive" => {
            let channel = Channel::from_word(about).map_or("", Channel::label);
            (format!("entered the request. It came in {channel}, and the clock started."), "mail", "")
        }
        "ask_identity" if about == "letter" => plain("asked the person to show who they are.", "fingerprint", ""),
        "ask_identity" => plain("held the request up: nothing is done for somebody unverified.", "ban", "risk"),
        "verify" => plain("confirmed the identity.", "badge-check", "kept"),
        "approve" => plain("approved the request.", "check", "accent"),
        "deny" => {
            let ground = Ground::from_word(about).map_or("", Ground::label);
            (format!("refused the request: {ground}."), "ban", "broken")
        }
        "start" => plain("began to carry it out.", "database", "accent"),
        "ask" => plain("asked the person something.", "message-square", ""),
        "resume" => plain("took it up again.", "undo-2", ""),
        "complete" => plain("carried it out.", "circle-check", "kept"),
        "close" => plain("told the person. The request is closed.", "send", "kept"),
        "duplicate" => (format!("linked it to request {about}, which asks the same."), "split", ""),
        "cancel" => plain("noted that the person took it back.", "x", ""),
        "extend" => plain("extended the last day.", "calendar-clock", "risk"),
        "hold" => {
            let ground = KeepGround::from_word(about).map_or("", KeepGround::label);
            (format!("noted a part that is kept: {ground}."), "lock", "risk")
        }
        "assign" => match about.parse().ok().map(MemberId) {
            Some(member) => (format!("gave it to {}.", directory.name(member)), "circle-user", ""),
            None => plain("took it from whoever had it.", "circle-user", ""),
        },
        "person" => plain("said whose data it is about.", "contact", ""),
        "check" => {
            let (check, result) = about.split_once(':').unwrap_or((about, ""));
            let check = Check::from_word(check).map_or("", Check::label).to_lowercase();
            match result {
                "passed" => (format!("checked the {check}: it stands."), "square-check", "kept"),
                _ => (format!("checked the {check}: it does not stand."), "circle-x", "broken"),
            }
        }
        "letter" => {
            let kind = about.split(':').next().and_then(LetterKind::from_word).map_or("", LetterKind::label);
            (format!("sent a letter: {kind}."), "mail", "accent")
        }
        "erase" => (format!("began erasure {about}."), "eraser", "accent"),
        "correct" => (format!("said what is to be corrected: {}.", about.replace(',', ", ")), "pencil", ""),
        "recipient" => plain("listed somebody who has the data.", "building-2", ""),
        "told" => {
            let by = ToldBy::from_word(about).map_or("", ToldBy::label).to_lowercase();
            (format!("told a recipient: {by}."), "megaphone", "")
        }
        "remind" => {
            let when = match about {
                "seven_days" => "7 days are left",
                "one_day" => "the last day is near",
                "confirmation" => "the receipt is not confirmed yet",
                _ => "the last day is over",
            };
            (format!("reminded those who work on it: {when}."), "bell", "risk")
        }
        other => (format!("did something: {other}."), "circle", ""),
    }
}
