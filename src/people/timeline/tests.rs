//! What lines say.

use super::lines::{Of, labels, pieces};
use super::{Place, kinds};
use crate::clock::Timestamp;
use crate::id::ContactId;
use crate::module::EntryKind;
use crate::people::record::Record;

fn words(kind: &EntryKind, fields: &[&str], subject: Option<(&str, &str)>) -> String {
    let of = Of {
        record: Record::Contact(ContactId(7)),
        name: "Freya {fields}",
        source: "Web form",
        created_at: Timestamp(0),
        created_by: None,
        label: |field| if field == "emails" { "Email addresses" } else { field },
    };
    let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
    let subject = subject.map(|(name, href)| (name.to_owned(), href.to_owned()));
    let own = [("custom/iban".to_owned(), "IBAN {record}".to_owned())];
    let pieces = pieces(kind, &labels(&fields, &own, &of), subject.as_ref(), &of);
    pieces
        .iter()
        .map(|piece| piece.href.as_ref().map_or(piece.text.clone(), |href| format!("[{}]({href})", piece.text)))
        .collect()
}

#[test]
fn every_kind_of_the_spine_speaks_without_placeholders() {
    assert_eq!(words(&kinds::CHANGED, &["emails", "tags", "phones"], None), "changed email addresses, tags and phones");
    assert_eq!(words(&kinds::CHANGED, &[], None), "changed the record");
    assert_eq!(words(&kinds::CHANGED, &["tags", "custom/iban"], None), "changed tags and IBAN {record}");
    assert_eq!(words(&kinds::CHANGED, &["custom/shoe_size"], None), "changed shoe_size");
    assert_eq!(words(&kinds::ADDED, &[], None), "added Freya {fields}. Source: Web form.");
    for kind in kinds::ALL {
        let words = words(kind, &["emails"], None);
        assert!(!words.replace("Freya {fields}", "").contains('{'), "{}: {words}", kind.word);
    }
}

#[test]
fn a_line_about_something_links_it_for_those_who_may_see_it() {
    const FILED: EntryKind =
        EntryKind { word: "filed", group: &kinds::CHANGES, icon: "file", words: "attached {about} here", needs: None };
    assert_eq!(words(&FILED, &[], Some(("plan.pdf", "/f/3"))), "attached [plan.pdf](/f/3) here");
    assert_eq!(words(&FILED, &[], None), "attached something you cannot see here");
}

#[test]
fn a_place_in_a_history_survives_an_address() {
    let place = Place { at: Timestamp(1_731_900_000_000), id: 41 };
    assert_eq!(Place::decode(&place.encode()), Some(place));
    assert_eq!(Place::decode("nonsense"), None);
}
