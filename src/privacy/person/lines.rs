//! What a person said and what was done about it, as lines of a history: their words and their restrictions in one order.

use crate::clock::Timestamp;
use crate::id::MemberId;
use crate::members::directory::Directory;
use crate::privacy::consent::{Action, Event};
use crate::privacy::purposes::Purpose;
use crate::privacy::restriction::{Restriction, Stage};

/// One line.
pub struct Line {
    pub at: Timestamp,
    pub icon: &'static str,
    /// The class of its colour.
    pub tone: &'static str,
    pub words: String,
    /// The purpose that it is about, with its page below `/w/{slug}`.
    pub purpose: Option<(String, String)>,
    /// How, and in which words: "by phone, version 2 of the words".
    pub how: String,
    /// For those who work on people's rights.
    pub evidence: String,
    pub by: String,
}

/// Everything, the newest first.
pub fn lines(
    events: &[Event],
    restrictions: &[Restriction],
    purposes: &[Purpose],
    directory: &Directory,
    sees_reasons: bool,
) -> Vec<Line> {
    let name = |member: Option<MemberId>| member.map(|member| directory.name(member).to_owned()).unwrap_or_default();
    let mut lines: Vec<Line> = events.iter().map(|event| of_event(event, purposes, name(event.member))).collect();
    lines.extend(restrictions.iter().flat_map(|restriction| of_restriction(restriction, &name)));
    if !sees_reasons {
        lines.iter_mut().for_each(|line| line.evidence.clear());
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    lines
}

fn of_event(event: &Event, purposes: &[Purpose], by: String) -> Line {
    let purpose = purposes.iter().find(|purpose| Some(purpose.id) == event.purpose);
    let (icon, tone) = match event.action {
        _ if event.takes_back.is_some() => ("history", ""),
        Action::Grant if event.needs_confirmation => ("circle-dashed", ""),
        Action::Grant | Action::Confirm | Action::Import => ("shield-check", "kept"),
        Action::Withdraw => ("undo-2", ""),
        Action::Object => ("hand", "broken"),
        Action::Lift => ("circle-check", ""),
    };
    let mut how = event.method.label().to_owned();
    if let Some((number, _)) = event.wording.as_ref().filter(|_| event.action.opens()) {
        how = format!("{how}, version {number} of the words");
    }
    if !event.address.is_empty() {
        how = format!("{how}, from {}", event.address);
    }
    Line {
        at: event.at,
        icon,
        tone,
        words: event.past().to_owned(),
        purpose: purpose.map(|purpose| (purpose.title.clone(), format!("/privacy/purposes/{}", purpose.id))),
        how,
        evidence: event.evidence.clone(),
        by,
    }
}

fn of_restriction(restriction: &Restriction, name: &impl Fn(Option<MemberId>) -> String) -> Vec<Line> {
    let line = |at, icon, words: &str, how: &str, evidence: &str, by| Line {
        at,
        icon,
        tone: "risk",
        words: words.to_owned(),
        purpose: None,
        how: how.to_owned(),
        evidence: evidence.to_owned(),
        by,
    };
    let placed = line(
        restriction.placed_at,
        "snowflake",
        "Asked us to keep their data and not to use it",
        restriction.ground.article(),
        &restriction.reason,
        name(restriction.placed_by),
    );
    let mut lines = vec![placed];
    if let (Stage::Lifted, Some(at), Some(notice)) =
        (restriction.stage(), restriction.lifted_at, restriction.notice.as_ref())
    {
        let how = notice.method.label().to_lowercase();
        let words = "Were told, and their data may be used again";
        lines.push(line(at, "lock-open", words, &how, &notice.reference, name(restriction.lifted_by)));
    }
    lines
}
