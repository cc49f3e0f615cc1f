//! Which indexes the statements of a list use when it is narrowed or sorted by a custom field.

use super::sorted::{Part, Walk};
use super::*;
use crate::clock::Timestamp;
use crate::db::{Actor, Db, Origin, Workspaces};
use crate::id::WorkspaceId;
use crate::people::custom_fields::Sort as SortValue;
use crate::people::list::filter::CONTACTS;
use crate::people::list::query::{Plan, statements};
use crate::people::list::{Filter, SortKey};
use crate::visitor::Reach;

/// 3,000 contacts, more than are sorted in memory, of whom all but ten have a size. Nine have size 7.
const FILL: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO contacts (id, display_name, sort_name, company_sort, words, created_at, updated_at)
    SELECT i, 'Person ' || i, 'person ' || i, char(0x10ffff), '', i, i FROM n";
const FIELD: &str = "
    INSERT INTO custom_fields (id, object, key, label, kind, is_required, is_personal, category, position, created_at, updated_at)
    VALUES (1, 'contact', 'size', 'Size', 'number', 0, 0, 'none', 1, 1, 1)";
const VALUES: &str = "
    INSERT INTO custom_values (on_type, on_id, field_id, position, value, sort_key)
    SELECT 'contact', id, 1, 0, '1', CASE WHEN id < 10 THEN 7.0 ELSE 10.0 + id END FROM contacts WHERE id <= 2990";

fn with_contacts(work: impl FnOnce(&Db)) {
    let folder = tempfile::tempdir().unwrap();
    let workspaces = Workspaces::new(folder.path().to_owned(), 1, 8);
    let key = || zeroize::Zeroizing::new(format!("x'{}'", "5a".repeat(32)));
    workspaces.create(WorkspaceId([1; 16]), key()).unwrap();
    let workspace = workspaces.open(WorkspaceId([1; 16]), &|| Ok(key())).unwrap();
    let now = Timestamp(1);
    let fill = |tx: &crate::db::Tx| [FILL, FIELD, VALUES].iter().try_for_each(|sql| tx.execute(sql, &[]).map(|_| ()));
    workspace.file.write_unaudited(now, &Origin::local(Actor::CommandLine), fill).unwrap();
    workspace
        .file
        .read(now, |db| {
            work(db);
            Ok(())
        })
        .unwrap();
}

fn plan_of(db: &Db, sql: &str) -> Vec<String> {
    db.rows(&format!("EXPLAIN QUERY PLAN {sql}"), &[], |row| row.get(3)).unwrap()
}

fn size(sign: Sign, number: f64) -> Filter {
    let with = Compared { key: SortValue::Real(number), currency: None };
    let mut filter = Filter::within(&Reach::Everything);
    filter.custom.push(CustomCondition { field: CustomFieldId(1), asks: Asks::Compare(sign, with) });
    filter
}

#[test]
fn an_equal_value_is_found_by_its_index_in_every_order() {
    with_contacts(|db| {
        let plan = Plan::new(db, &CONTACTS, &size(Sign::Equal, 7.0)).unwrap();
        let mut all = Vec::new();
        for key in SortKey::ALL {
            for has_cursor in [false, true] {
                all.extend(statements(&CONTACTS, &plan, (*key, false), has_cursor));
            }
        }
        let walk = Walk { table: &CONTACTS, plan: &plan, field: 1, descending: true };
        all.extend([Part::WithValue, Part::Without].into_iter().flat_map(|part| walk.statements(part, true)));
        for sql in all {
            let steps = plan_of(db, &sql);
            assert!(
                steps.iter().any(|step| step.contains("custom_values_by_value (field_id=? AND sort_key=?")),
                "{sql}: {steps:?}"
            );
            // What a search leads to is looked up; a walk through the table would say SCAN.
            assert!(!steps.iter().any(|step| step.starts_with("SCAN") && !step.contains("led")), "{sql}: {steps:?}");
        }
    });
}

#[test]
fn a_list_in_the_order_of_a_field_is_read_from_the_index_as_it_lies() {
    with_contacts(|db| {
        for filter in [Filter::within(&Reach::Everything), size(Sign::More, 0.0)] {
            let plan = Plan::new(db, &CONTACTS, &filter).unwrap();
            for (descending, has_cursor) in [(false, false), (true, false), (false, true), (true, true)] {
                let walk = Walk { table: &CONTACTS, plan: &plan, field: 1, descending };
                for sql in walk.statements(Part::WithValue, has_cursor) {
                    let steps = plan_of(db, &sql);
                    let first = &steps[0];
                    assert!(
                        first.starts_with("SEARCH v USING COVERING INDEX custom_values_by_value"),
                        "{sql}: {steps:?}"
                    );
                    assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{sql}: {steps:?}");
                }
            }
        }
    });
}
