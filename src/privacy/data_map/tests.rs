//! Nothing that speaks about data is written by hand: a column added to a map changes the inventory, the record of
//! processing, the public notice, the plan of an erasure and the rows that a restriction and a rule of retention reach
//! (M9). The map here is one of these tests alone.

use super::record::of_modules;
use super::{
    Column, Erasure, File, Holds, LawfulBasis, Part, Retention, Role, Rule, Subject, Table, column, inventory, notice,
};
use crate::clock::Timestamp;
use crate::db::open::RawKey;
use crate::db::{Workspaces, open_control};
use crate::id::WorkspaceId;
use crate::module::Module;
use crate::people::person::CONTACT;
use crate::privacy::holds::Frozen;
use crate::privacy::subject;

const SHOES: Table = Table {
    name: "shoes",
    label: "Shoes",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Fitting shoes",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::DeleteRow,
    columns: &[column("size", Holds::Content)],
};
const AFTER: &[Column] = &[column("size", Holds::Content), column("lace_colour", Holds::Preference)];
const WITH_LACES: Table = Table { columns: AFTER, retention: Retention::Rules(&[&WORN_OUT]), ..SHOES };
const WORN_OUT: Rule = Rule::erase("shoes", "Shoes that are worn out", "bought_at", 400).from("the purchase");

static BEFORE: [&Module; 1] = [&Module { name: "shop", tables: &[&SHOES], persons: &[&CONTACT], ..Module::EMPTY }];
static LATER: [&Module; 1] = [&Module { name: "shop", tables: &[&WITH_LACES], persons: &[&CONTACT], ..Module::EMPTY }];
/// A map without the table.
static EMPTY: [&Module; 1] = [&Module { name: "shop", persons: &[&CONTACT], ..Module::EMPTY }];

fn key() -> RawKey {
    RawKey::new(format!("x'{}'", "5d".repeat(32)))
}

#[test]
fn m9_a_new_column_is_in_the_inventory_the_notice_and_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let control = open_control(&folder.path().join("control.db"), key()).unwrap();
    let entries = |modules| control.read(Timestamp(0), |db| inventory::entries(db, modules)).unwrap();
    let columns = |modules| entries(modules).into_iter().map(|entry| entry.column).collect::<Vec<_>>();
    assert_eq!(columns(&BEFORE), ["size"]);
    assert_eq!(columns(&LATER), ["size", "lace_colour"]);
    let laces = entries(&LATER).pop().unwrap();
    assert_eq!(
        (laces.category, laces.export_name.as_deref(), laces.erasure),
        ("preference", Some("lace_colour"), "delete")
    );
    assert!(laces.retention.contains("400"), "{}", laces.retention);

    let told = |modules| notice::collected(modules, &[]).into_iter().flat_map(|one| one.what).collect::<Vec<_>>();
    assert_eq!(told(&BEFORE), ["Size"]);
    assert_eq!(told(&LATER), ["Size", "Lace colour"]);
    assert_eq!(told(&EMPTY), Vec::<String>::new());

    let recorded = |modules| of_modules(modules, "none", &[]);
    assert_eq!(recorded(&BEFORE)[0].data, [Holds::Content.label()]);
    assert_eq!(recorded(&LATER)[0].data, [Holds::Content.label(), Holds::Preference.label()]);
    assert!(recorded(&LATER)[0].time_limits[0].contains("400"), "{:?}", recorded(&LATER)[0].time_limits);
    assert!(recorded(&EMPTY).is_empty());
}

/// Copy, erasure, restriction, holds and retention ask for the rows of a person here, and nowhere else.
#[test]
fn m9_a_new_table_is_reached_from_its_person_by_every_right() {
    let reached = |modules| subject::tables(modules, &CONTACT).map(|(table, _)| table.name).collect::<Vec<_>>();
    assert_eq!(reached(&EMPTY), Vec::<&str>::new());
    assert_eq!(reached(&LATER), ["shoes"]);
    let condition = subject::condition_of(&LATER, &CONTACT, &WITH_LACES).unwrap();
    assert!(condition.contains("on_type = :kind") && condition.contains("on_id IN"), "{condition}");
    let rules = |modules| {
        crate::privacy::retention::rules(modules, File::Workspace).map(|(_, rule)| rule.key).collect::<Vec<_>>()
    };
    assert_eq!((rules(&BEFORE), rules(&LATER)), (vec![], vec!["shoes"]));
}

/// What a restriction, a hold or an open request keeps from going.
#[test]
fn m9_what_is_kept_of_a_restricted_person_follows_from_the_map() {
    let folder = tempfile::tempdir().unwrap();
    let all = Workspaces::new(folder.path().join("workspaces"), 1, 8);
    let id = WorkspaceId([7; 16]);
    all.create(id, key()).unwrap();
    let workspace = all.open(id, &|| Ok(key())).unwrap();
    let kept = |modules, table| {
        let read = |db: &crate::db::Db| {
            let mut frozen = Frozen::nothing(modules);
            frozen.add(db, "contact", 7)?;
            Ok(frozen.condition(table))
        };
        workspace.file.read(Timestamp(0), read).unwrap()
    };
    assert!(kept(&LATER, &WITH_LACES).is_some_and(|condition| condition.contains("on_id") && condition.contains('7')));
    const NOBODYS: Table = Table { subject: Subject::Nobody, ..SHOES };
    assert_eq!(kept(&LATER, &NOBODYS), None);
}
