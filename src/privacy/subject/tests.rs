//! Every table that says it is about a person is reached from one.

use crate::modules::MODULES;
use crate::people::person::CONTACT;
use crate::privacy::data_map::{File, Subject};

#[test]
fn every_table_about_people_of_a_workspace_is_reached_from_a_contact() {
    let reached: Vec<&str> = super::tables(MODULES, &CONTACT).map(|(table, _)| table.name).collect();
    let declared = crate::modules::tables().filter(|table| table.file == File::Workspace);
    let missed: Vec<&str> = declared
        .filter(|table| table.subject != Subject::Nobody && !reached.contains(&table.name))
        .map(|table| table.name)
        .collect();
    assert_eq!(missed, Vec::<&str>::new());
    assert_eq!(reached.last(), Some(&"contacts"));
}

#[test]
fn a_grandchild_is_found_through_its_parent() {
    let conditions: Vec<String> = super::tables(MODULES, &CONTACT).map(|(_, condition)| condition).collect();
    assert!(conditions.iter().any(|sql| sql == "contact_id IN (SELECT value FROM json_each(:ids))"));
    assert!(conditions.iter().all(|sql| sql.contains(":ids")));
}
