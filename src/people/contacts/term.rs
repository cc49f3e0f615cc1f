//! When contacts go by themselves: those that nothing speaks for any more, where a workspace chose so.

use super::service;
use crate::people::attachments;
use crate::privacy::consent::stands::consent_stands;
use crate::privacy::retention::{Action, Rule};

/// Contacts without consent and without business. Off until a workspace switches it on.
///
/// A consent counts while it stands (`privacy::consent::stands`): one that waits to be confirmed, was
/// withdrawn, or came with an import that was taken back, does not. Business is whatever somebody put on the record or
/// tied it to: a test demands that each table that hangs on contacts is among it or is known not to be.
pub const IDLE: Rule = Rule::erase("contacts", "Contacts without consent and without business", MOMENT, 730)
    .from("the last change of the record")
    .due("last_activity_at <= :before AND updated_at <= :before")
    .only(NOTHING_SPEAKS_FOR_IT)
    .between(180, 3_653)
    .because(
        "A contact stays as long as a consent of theirs stands, and as long as it has business: a company, a note, a \
         file, or a record that it is related to. Open requests, holds and restrictions keep it too. Half a year is the \
         least in which business can begin.",
    )
    .with(&[
        ("contact_identities", "contact_id"),
        ("contact_tags", "contact_id"),
        ("custom_values", "on_id"),
        ("timeline_entries", "on_id"),
        ("notifications", "about_id"),
        ("merged_records", "on_id"),
        ("duplicate_candidates", "on_id"),
        ("duplicate_candidates", "other_id"),
        ("minors", "on_id"),
        ("restrictions", "on_id"),
    ])
    .off_at_first()
    .action(Action::Hook {
        take: service::let_go,
        after: Some(attachments::service::clear),
        leaves_row: false,
        words: "erased, with what hangs on them",
    })
    .source("Policy: contacts without consent and without business, 730 days");

const MOMENT: &str = "max(last_activity_at, updated_at)";

const NOTHING_SPEAKS_FOR_IT: &str = concat!(
    "company_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM notes WHERE on_type = 'contact' AND on_id = contacts.id)
        AND NOT EXISTS (SELECT 1 FROM attachments WHERE on_type = 'contact' AND on_id = contacts.id)
        AND NOT EXISTS (SELECT 1 FROM custom_values v JOIN custom_fields f ON f.id = v.field_id AND f.kind = 'relation'
            WHERE v.on_type = 'contact' AND v.on_id = contacts.id OR f.target = 'contact' AND v.sort_key = contacts.id)
        AND NOT ",
    consent_stands!("contact", "contacts")
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::MODULES;
    use crate::people::person;
    use crate::privacy::subject;

    /// What hangs on contacts and is no business: it belongs to the record itself, tells of it, or stays without it.
    const NO_BUSINESS: &[&str] = &[
        "contacts",
        "contact_identities",
        "contact_tags",
        "timeline_entries",
        "notifications",
        "mentions",
        "merged_records",
        "duplicate_candidates",
        "change_images",
        "trash",
        "consent_confirmations",
        "minors",
        "access_packages",
        "erasures",
        "erasure_certificates",
        "portal_visits",
        "portal_codes",
        "audit",
    ];
    /// What keeps a contact by itself while it is open, with all that belongs to it: `retention::engine` freezes it.
    const FREEZES: &[&str] = &["restriction", "subject_request", "legal_holds"];

    #[test]
    fn every_table_that_hangs_on_contacts_is_business_or_known_not_to_be() {
        let mut undecided = Vec::new();
        for (table, _) in subject::tables(MODULES, &person::CONTACT) {
            let is_business = NOTHING_SPEAKS_FOR_IT.contains(&format!("FROM {} ", table.name));
            let is_known = NO_BUSINESS.contains(&table.name) || FREEZES.iter().any(|start| table.name.starts_with(start));
            if is_business == is_known {
                undecided.push(table.name);
            }
        }
        assert!(undecided.is_empty(), "business or not? decide in this file: {undecided:?}");
    }
}
