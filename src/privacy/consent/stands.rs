//! "A consent of theirs stands", as an SQL condition: for rules of retention, which ask it of many rows at once.
//!
//! It decides about no use of anybody's data, which is the gate's alone. Where the fold of `state` says that somebody
//! agreed, it says so too; it also keeps some of whom the fold says otherwise, and never the other way round.

/// The condition for the rows of a table of persons: the word of their kind, and the table.
macro_rules! consent_stands {
    ($kind:literal, $table:literal) => {
        concat!(
            "EXISTS (
                SELECT 1 FROM consent_events yes JOIN purposes p ON p.id = yes.purpose_id
                WHERE yes.on_type = '", $kind, "' AND yes.on_id = ", $table, ".id
                    AND yes.ended_at IS NULL AND yes.takes_back IS NULL
                    AND (yes.action IN ('import', 'confirm') OR yes.action = 'grant' AND yes.needs_confirmation = 0)
                    AND NOT EXISTS (
                        SELECT 1 FROM consent_events no
                        WHERE no.on_type = yes.on_type AND no.on_id = yes.on_id AND (
                            no.takes_back = yes.id
                            OR no.takes_back IS NULL AND no.action IN ('withdraw', 'object')
                                AND (no.purpose_id = yes.purpose_id OR no.purpose_id IS NULL AND p.is_marketing)
                                AND (no.recorded_at, no.id) > (yes.at, yes.id)
                                AND NOT EXISTS (SELECT 1 FROM consent_events back WHERE back.takes_back = no.id))))"
        )
    };
}
pub(crate) use consent_stands;

#[cfg(test)]
mod tests {
    use crate::clock::Timestamp;
    use crate::db::open::RawKey;
    use crate::db::{Actor, Origin, Workspaces};
    use crate::id::WorkspaceId;
    use crate::people::person;
    use crate::privacy::consent::{Consent, service, standing};
    use crate::privacy::purposes;
    use crate::privacy::subject::Person;

    const STANDS: &str = consent_stands!("contact", "contacts");
    const WORDS: [&str; 7] = ["grant", "confirm", "import", "withdraw", "object", "lift", "taken_back"];

    /// Random histories of many people: whoever agreed by the fold is among those whom the condition finds, and whoever
    /// never said yes, or was the last to say no, is not.
    #[test]
    fn whoever_agreed_is_found_and_whoever_said_no_last_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let all = Workspaces::new(folder.path().join("workspaces"), 2, 16);
        let key = || RawKey::new(format!("x'{}'", "5c".repeat(32)));
        let id = WorkspaceId([7; 16]);
        all.create(id, key()).unwrap();
        let workspace = all.open(id, &|| Ok(key())).unwrap();
        let origin = Origin::local(Actor::CommandLine);
        let mut dice = 0x5eed_u64;
        let mut roll = move |most: u64| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice % most
        };
        const PEOPLE: i64 = 300;
        let mut last = std::collections::HashMap::new();
        workspace
            .file
            .write_unaudited(Timestamp(1_000), &origin, |tx| {
                for person in 1..=PEOPLE {
                    tx.execute(
                        "INSERT INTO contacts (id, display_name, sort_name, company_sort, words, created_at, updated_at)
                         VALUES (:id, 'x', 'x', 'x', 'x', 1, 1)",
                        &[(":id", &person)],
                    )?;
                    let mut before: Option<i64> = None;
                    for at in 1..=roll(5) as i64 {
                        let word = WORDS[roll(7) as usize];
                        let (takes_back, action) = match (word, before) {
                            ("taken_back", Some(before)) => (Some(before), "withdraw"),
                            ("taken_back", None) => continue,
                            (word, _) => (None, word),
                        };
                        let event = tx.insert(
                            "INSERT INTO consent_events (on_type, on_id, given_on, purpose_id, action, needs_confirmation,
                                 method, at, recorded_at, takes_back)
                             VALUES ('contact', :id, :id, 1, :action, :waits, 'admin', :at, :at, :back)",
                            &[
                                (":id", &person),
                                (":action", &action),
                                (":waits", &(action == "grant" && roll(2) == 0)),
                                (":at", &at),
                                (":back", &takes_back),
                            ],
                        )?;
                        last.insert(person, if takes_back.is_some() { "taken_back" } else { action });
                        before = takes_back.is_none().then_some(event);
                    }
                }
                Ok(())
            })
            .unwrap();
        let (mut agreed, mut refused) = (0, 0);
        workspace
            .file
            .read(Timestamp(1_000), |db| {
                let sql = format!("SELECT id FROM contacts WHERE {STANDS}");
                let found: std::collections::HashSet<i64> =
                    db.rows(&sql, &[], |row| row.get(0))?.into_iter().collect();
                let purposes = purposes::service::all(db)?;
                let purpose = purposes.iter().find(|purpose| purpose.id.0 == 1).expect("the first purpose");
                for person in 1..=PEOPLE {
                    let events = service::events(db, &Person { kind: &person::CONTACT, ids: vec![person] })?;
                    let holds = standing(&events, purpose.id, purpose.is_marketing).consent == Consent::Granted;
                    assert!(!holds || found.contains(&person), "{person} agreed and is not found: {events:?}");
                    agreed += usize::from(holds);
                    let is_no = matches!(last.get(&person), None | Some(&"withdraw" | &"object"));
                    assert!(!is_no || !found.contains(&person), "{person} said no and is found: {events:?}");
                    refused += usize::from(is_no);
                }
                Ok(())
            })
            .unwrap();
        assert!(agreed > 30 && refused > 30, "{agreed} agreed and {refused} refused: that proves little");
    }
}
