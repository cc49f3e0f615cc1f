//! The forecast against what really goes, row by row, on random rows of every table that a rule governs.

use std::collections::{BTreeSet, HashMap};

use super::planting::{Dice, plant};
use super::{FILES, NOW, Place, governed, names};
use crate::clock::Timestamp;
use crate::modules::MODULES;
use crate::privacy::data_map::File;
use crate::privacy::retention::{forecast, store};

/// forecast(T) = what is gone at T.
#[test]
fn what_was_forecast_is_what_goes() {
    let (mut went, mut contacts) = (0, 0);
    for seed in 1..=6_u64 {
        for file in FILES {
            let place = Place::new();
            let mut dice = Dice(seed * 7_919);
            for round in 0..25 {
                for (table, _) in governed(file) {
                    // A run without an end would be gone on with: that is another test.
                    let ended = NOW.0 - dice.below(200) as i64 * Timestamp::DAY;
                    let own = HashMap::from([("ended_at", ended)]);
                    place.write(file, NOW, |tx| {
                        // Contacts of which nobody has heard for one to three years.
                        let old = NOW.0 - (365 + dice.below(730) as i64) * Timestamp::DAY;
                        let idle = HashMap::from([("updated_at", old), ("last_activity_at", old - Timestamp::DAY)]);
                        let none = HashMap::new();
                        let set = match table.name {
                            "retention_runs" => &own,
                            "contacts" => &idle,
                            _ => &none,
                        };
                        plant(tx, &mut dice, table.name, set);
                        Ok(())
                    });
                }
                if file == File::Workspace && round == 20 {
                    hold_some(&place, &mut dice);
                    speak_for_some(&place, &mut dice);
                    // Most planted holds on everything are released: otherwise nothing goes, and nothing is proven.
                    if seed % 3 > 0 {
                        let sql = "UPDATE legal_holds SET released_at = placed_at WHERE scope = 'workspace'";
                        place.write(file, NOW, |tx| tx.execute(sql, &[]));
                    }
                }
            }
            switch_all_on(&place, file);
            place.write(file, NOW, |tx| store::begin(tx).and_then(|run| store::finish(tx, run)));
            let until = NOW.plus(Timestamp::DAY * (1 + dice.below(390) as i64));
            let before = everything(&place, file);
            let (mut expected, mut held) = (BTreeSet::new(), BTreeSet::new());
            place
                .file(file)
                .read(NOW, |db| {
                    forecast::each_row(db, MODULES, file, until, None, &mut |table, row, going| {
                        let name = (table.name, row);
                        if going.rule.takes_rows() && !going.is_held {
                            assert!(going.at <= until);
                            expected.insert(name);
                        } else if going.is_held {
                            held.insert(name);
                        }
                        Ok(())
                    })
                })
                .unwrap();
            let along = along_with(&place, file, &expected);
            place.run(file, until);
            let after = everything(&place, file);
            let mut gone: BTreeSet<_> = before.difference(&after).cloned().collect();
            gone.retain(|row| expected.contains(row) || !along.contains(row));
            contacts += gone.iter().filter(|(table, _)| *table == "contacts").count();
            assert_eq!(gone, expected, "seed {seed}, {file:?}");
            let lost: Vec<_> = held.intersection(&before).filter(|row| !after.contains(*row)).collect();
            assert!(lost.is_empty(), "held, and gone all the same: {lost:?}");
            went += gone.len();
            // Nothing is left that the rules would take.
            let rest = place.file(file).read(until, |db| forecast::expected(db, MODULES, file, until, None)).unwrap();
            assert!(rest.iter().all(|expected| expected.rows == expected.held), "{rest:?}");
        }
    }
    assert!(went > 500, "only {went} rows went: that proves little");
    assert!(contacts > 10, "only {contacts} contacts went: that proves little");
}

/// Rules that a workspace begins without are part of the forecast once they are on.
fn switch_all_on(place: &Place, file: File) {
    for (_, rule) in governed(file).filter(|(_, rule)| !rule.is_on) {
        place.write(file, NOW, |tx| store::set(tx, rule, rule.days, true, None));
    }
}

/// Notes and consents on a few of the contacts: those have business, or agreed, or withdrew since.
fn speak_for_some(place: &Place, dice: &mut Dice) {
    place.write(File::Workspace, NOW, |tx| {
        for _ in 0..6 {
            let contact = HashMap::from([("on_id", 1 + dice.below(30) as i64)]);
            plant(tx, dice, "notes", &contact);
            plant(tx, dice, "consent_events", &contact);
        }
        Ok(())
    });
}

/// What goes along with contacts: their notifications have a rule of their own, which is not why they go.
fn along_with(
    place: &Place,
    file: File,
    expected: &BTreeSet<(&'static str, String)>,
) -> BTreeSet<(&'static str, String)> {
    let contacts: Vec<&str> =
        expected.iter().filter(|(table, _)| *table == "contacts").map(|(_, row)| row.as_str()).collect();
    if file == File::Control || contacts.is_empty() {
        return BTreeSet::new();
    }
    let sql = format!(
        "SELECT quote(id) FROM notifications WHERE about_type = 'contact' AND about_id IN ({})",
        contacts.join(", ")
    );
    let rows: Vec<String> = place.file(file).read(NOW, |db| db.rows(&sql, &[], |row| row.get(0))).unwrap();
    rows.into_iter().map(|row| ("notifications", row)).collect()
}

fn everything(place: &Place, file: File) -> BTreeSet<(&'static str, String)> {
    let tables = governed(file).filter(|(_, rule)| rule.takes_rows());
    tables.flat_map(|(table, rule)| names(place, file, table, rule).into_iter().map(|row| (table.name, row))).collect()
}

/// Puts a hold on a few of the people that the rows are about, and on one whole table.
fn hold_some(place: &Place, dice: &mut Dice) {
    place.write(File::Workspace, NOW, |tx| {
        for _ in 0..4 {
            let id = 1 + dice.below(30) as i64;
            tx.execute(
                "INSERT INTO legal_holds (scope, on_type, on_id, matter, reason, placed_at)
                 VALUES ('person', 'contact', :id, 'A', 'B', :now)",
                &[(":id", &id), (":now", &tx.now)],
            )?;
        }
        tx.execute(
            "INSERT INTO legal_holds (scope, category, matter, reason, placed_at)
             VALUES ('category', 'notifications', 'A', 'B', :now)",
            &[(":now", &tx.now)],
        )
    });
}
