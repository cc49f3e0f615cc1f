//! Entries as sentences: "Maren Aldous changed a contact".

use super::Entry;
use super::phrases::MORE;
use crate::id::{AccountId, MemberId};
use crate::members::directory::Directory;

/// What an action says after the name of who did it. An action without a row speaks for itself ([`phrase`]).
const PHRASES: &[(&str, &str)] = &[
    ("mail.outgoing.discarded", "discarded the words of old mails"),
    ("members.account.created", "made an account"),
    ("members.account.disabled", "switched an account off"),
    ("members.account.enabled", "switched an account on"),
    ("members.invitation.accepted", "accepted an invitation"),
    ("members.invitation.forgotten", "forgot old invitations"),
    ("members.invitation.resent", "sent an invitation again"),
    ("members.invitation.revoked", "withdrew an invitation"),
    ("members.invitation.sent", "invited somebody"),
    ("members.membership.added", "added a member"),
    ("members.membership.reactivated", "let a suspended member in again"),
    ("members.membership.removed", "removed a member"),
    ("members.membership.role_changed", "gave a member another role"),
    ("members.membership.suspended", "suspended a member"),
    ("members.ownership.transferred", "handed over the ownership"),
    ("members.role.created", "made a role"),
    ("members.session.entered", "entered this workspace"),
    ("members.sessions.ended", "ended the sessions of a member"),
    ("members.sessions.run_out", "ended sessions that ran out"),
    ("members.team.created", "made a team"),
    ("members.token.created", "made an API token"),
    ("members.token.revoked", "revoked an API token"),
    ("members.tokens.revoked", "revoked the API tokens of an account"),
    ("members.workspace.created", "made this workspace"),
    ("members.workspace.renamed", "renamed this workspace"),
    ("people.attachment.added", "attached a file"),
    ("people.attachment.deleted", "deleted a file"),
    ("people.attachment.renamed", "renamed a file"),
    ("people.company.created", "added a company"),
    ("people.contact.created", "added a contact"),
    ("people.export.created", "asked for an export"),
    ("people.export.forgotten", "forgot old exports"),
    ("people.import.batch_written", "wrote rows of an import"),
    ("people.import.cancelled", "stopped an import"),
    ("people.import.ended", "finished an import"),
    ("people.import.file_deleted", "deleted the file of an import"),
    ("people.import.mapped", "chose the columns of an import"),
    ("people.import.uploaded", "uploaded a file to import"),
    ("people.note.created", "wrote a note"),
    ("people.notification_settings.changed", "chose what to be told of"),
    ("people.settings.changed", "changed the settings for people"),
    ("privacy.audit.exported", "exported the audit log"),
    ("privacy.audit.purged", "let entries go whose time was over"),
    ("privacy.audit.verified", "checked the audit log"),
    ("privacy.hold.placed", "placed a legal hold"),
    ("privacy.hold.released", "released a legal hold"),
    ("privacy.request.assigned", "gave a request to somebody"),
    ("privacy.request.checked", "checked who asks"),
    ("privacy.request.correction_proposed", "said what is to be corrected"),
    ("privacy.request.erasure_begun", "began the erasure of a request"),
    ("privacy.request.identity_asked", "held up a request until the identity is shown"),
    ("privacy.request.letter_sent", "wrote a letter about a request"),
    ("privacy.request.linked", "linked a request to an earlier one"),
    ("privacy.request.part_kept", "noted a part that is kept"),
    ("privacy.request.person_linked", "said whose data a request is about"),
    ("privacy.request.question_asked", "asked the person of a request"),
    ("privacy.request.recipient_listed", "listed a recipient of data"),
    ("privacy.request.recipient_told", "told a recipient of data"),
    ("privacy.request.reminded", "reminded of a request"),
    ("privacy.retention.asked", "asked for a run of the rules of retention"),
    ("privacy.retention.clock_confirmed", "confirmed that the clock is right"),
    ("privacy.retention.forecast_exported", "exported the forecast of what goes"),
    ("privacy.retention.ran", "let go of what had come to its time"),
    ("privacy.retention.rule_changed", "changed how long something stays"),
];

/// The groups that the filter offers: the beginning of an action, and its words.
pub const RECORD_GROUPS: &[(&str, &str)] = &[
    ("people.contact.", "Contacts"),
    ("people.company.", "Companies"),
    ("people.note.", "Notes"),
    ("people.attachment.", "Files"),
    ("people.tag.", "Tags"),
    ("people.import.", "Imports"),
    ("people.export.", "Exports"),
    ("people.settings.", "Settings for people"),
    ("privacy.request", "Requests about data"),
    ("privacy.consent.", "Consent"),
    ("privacy.objection.", "Objections"),
    ("privacy.restrict", "Restricted people"),
    ("privacy.purpose.", "Purposes"),
    ("privacy.portal.", "The privacy portal"),
    ("privacy.access_package.", "Copies of a person’s data"),
    ("privacy.workspace", "The whole workspace as a file"),
    ("privacy.erasure.", "Erasures"),
    ("privacy.retention.", "Retention"),
    ("privacy.hold.", "Legal holds"),
    ("backup.", "Restores"),
    ("privacy.audit.", "The audit log itself"),
];
pub const ACCESS_GROUPS: &[(&str, &str)] = &[
    ("members.membership.", "Members"),
    ("members.ownership.", "Ownership"),
    ("members.invitation.", "Invitations"),
    ("members.role.", "Roles"),
    ("members.team.", "Teams"),
    ("members.token", "API tokens"),
    ("members.session", "Sessions"),
    ("members.workspace.", "The workspace"),
    ("backup.", "Backups and restores"),
    ("privacy.audit.", "The audit log itself"),
];

/// The row of an action; `None` for one that has none.
pub fn phrased(action: &str) -> Option<&'static str> {
    PHRASES.iter().chain(MORE).find(|(known, _)| *known == action).map(|(_, phrase)| *phrase)
}

/// The part of the sentence after the name: `people.contact.changed` is "changed a contact".
pub fn phrase(action: &str) -> String {
    if let Some(phrase) = phrased(action) {
        return phrase.to_owned();
    }
    let mut parts = action.rsplitn(3, '.');
    let (verb, noun) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (verb, noun) = (verb.replace('_', " "), noun.replace('_', " "));
    let article = match noun.chars().next() {
        _ if noun.is_empty() || noun.ends_with('s') => "",
        Some('a' | 'e' | 'i' | 'o' | 'u') => "an ",
        _ => "a ",
    };
    format!("{verb} {article}{noun}").trim_end().to_owned()
}

/// Who did it. Without a directory (the reader may not see members) members stay numbers.
pub fn actor(actor: &str, people: Option<&Directory>) -> String {
    let member = |id: &str| match (id.parse().map(MemberId), people) {
        (Ok(id), Some(people)) => people.name(id).to_owned(),
        _ => format!("Member {id}"),
    };
    match actor.split_once(':') {
        Some(("member", id)) => member(id),
        Some(("token", ids)) => {
            let owner = ids.split_once('/').map_or(ids, |(_, owner)| owner);
            format!("A program of {}", member(owner))
        }
        Some(("account", id)) => {
            let person = id.parse().ok().and_then(|id| people.and_then(|people| people.by_account(AccountId(id))));
            person.map_or_else(|| "Somebody with an account".to_owned(), |person| person.name.clone())
        }
        Some(("operator", _)) => "The operator".to_owned(),
        Some(("operator-token", _)) => "A program of the operator".to_owned(),
        Some(("job", _)) => "Holdfast, by itself,".to_owned(),
        _ if actor == "command-line" => "Somebody at the server's command line".to_owned(),
        _ => "Somebody not signed in".to_owned(),
    }
}

/// What it happened to: `contact:7` is "contact 7"; members are named when the reader may see them.
pub fn object(object: &str, people: Option<&Directory>) -> String {
    match object.split_once(':') {
        Some(("workspace", _)) => "this workspace".to_owned(),
        Some(("member", id)) => match (id.parse().map(MemberId), people) {
            (Ok(id), Some(people)) => people.name(id).to_owned(),
            _ => format!("member {id}"),
        },
        Some((kind, id)) => format!("{} {id}", kind.replace(['_', '-'], " ")),
        None => object.to_owned(),
    }
}

/// The whole sentence.
pub fn sentence(entry: &Entry, people: Option<&Directory>) -> String {
    format!("{} {}", actor(&entry.actor, people), phrase(&entry.action))
}

/// The facts of a JSON object as label and value, for a page.
pub fn facts(json: &str) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(map)) = serde_json::from_str(json) else { return Vec::new() };
    map.into_iter().map(|(key, value)| (label(&key), plain(&value))).collect()
}

fn label(key: &str) -> String {
    let words = key.replace('_', " ");
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + letters.as_str()
}

fn plain(value: &serde_json::Value) -> String {
    use serde_json::Value::{Array, Bool, Null, Object, String};
    match value {
        Null => "nothing".into(),
        Bool(true) => "yes".into(),
        Bool(false) => "no".into(),
        String(text) => text.clone(),
        Array(items) if items.is_empty() => "none".into(),
        Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Object(map) => {
            let parts = map.iter().map(|(key, value)| format!("{}: {}", key.replace('_', " "), plain(value)));
            parts.collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_read_as_sentences_with_and_without_a_row() {
        assert_eq!(phrase("people.contact.created"), "added a contact");
        assert_eq!(phrase("people.contact.changed"), "changed a contact");
        assert_eq!(phrase("people.export.made"), "made an export");
        assert_eq!(phrase("members.recovery_codes.renewed"), "renewed recovery codes");
        assert_eq!(phrase("odd"), "odd");
    }

    #[test]
    fn without_a_directory_members_stay_numbers() {
        assert_eq!(actor("member:5", None), "Member 5");
        assert_eq!(actor("token:3/5", None), "A program of Member 5");
        assert_eq!(object("member:5", None), "member 5");
        assert_eq!(object("contact:7", None), "contact 7");
        assert_eq!(actor("operator-token:2/1", None), "A program of the operator");
        assert_eq!(actor("visitor", None), "Somebody not signed in");
    }

    #[test]
    fn facts_are_labelled_in_words() {
        let facts = facts(r#"{"tokens_revoked":2,"again":false,"fields":["name","emails"]}"#);
        let words: Vec<(&str, &str)> = facts.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(words, [("Tokens revoked", "2"), ("Again", "no"), ("Fields", "name, emails")]);
        let facts = super::facts(r#"{"before":{"job_title":"Pilot","emails":["a@x.example","b@x.example"]}}"#);
        assert_eq!(facts[0].1, "job title: Pilot; emails: a@x.example, b@x.example");
    }
}
