//! Faults put into erasures one at a time: the suite notices every one of them, and `docs/erasure-mutations.md` says
//! which test does.

use super::{Left, Place, left_of};

const TABLE: &str = "docs/erasure-mutations.md";

/// One row of the table.
struct Mutation {
    /// A word of `erasure::faults`, or SQL for the workspace's file.
    fault: String,
    tests: Vec<String>,
}

fn document() -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE)).expect(TABLE)
}

/// The rows of one section of the document.
fn mutations(section: &str) -> Vec<Mutation> {
    let text = document();
    let text = text.split(&format!("\n## {section}\n")).nth(1).unwrap_or_else(|| panic!("{TABLE} has no {section}"));
    let text = text.split("\n## ").next().unwrap_or_default();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{row}");
        Mutation {
            fault: cells[0].trim_matches('`').to_owned(),
            tests: cells[2].split(", ").map(|name| name.trim_matches('`').to_owned()).collect(),
        }
    })
    .collect()
}

/// What the document says of a fault that is not so.
fn disagreements(mutation: &Mutation, left: &[Left]) -> Vec<String> {
    let fault = &mutation.fault;
    if left.is_empty() {
        return vec![format!("{fault}: nothing notices it")];
    }
    let missing = mutation.tests.iter().filter(|test| !left.iter().any(|left| left.check == test.as_str()));
    missing.map(|test| format!("{fault}: {test} does not notice it, but {left:?}")).collect()
}

/// One server for all steps; each has a person of its own.
#[test]
fn m4_every_seeded_fault_is_noticed_by_the_tests_that_the_document_names() {
    let mut place = Place::new();
    let mut broken = Vec::new();
    let faults = mutations("Steps left out");
    for (number, mutation) in (1..).zip(&faults) {
        broken.extend(disagreements(mutation, &left_of(&mut place, number, &mutation.fault)));
    }
    let schema = mutations("Schema changed");
    for mutation in &schema {
        let mut place = Place::new();
        place.app.workspace("alpha").execute_batch(&mutation.fault).expect("a change of the schema");
        broken.extend(disagreements(mutation, &left_of(&mut place, 0, "")));
    }
    assert!(faults.len() + schema.len() >= 20, "{} faults", faults.len() + schema.len());
    crate::tidy::none("Mutations:", &broken);
}

/// A switch that no mutation throws would be a fault that nobody tried.
#[test]
fn the_document_names_every_switch() {
    let sources = crate::tidy::sources("src/privacy/erasure", &["faults.rs"]);
    let text = &sources[0].text;
    let list = text.split("pub enum Step {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("the switches");
    let switches: Vec<String> = list
        .lines()
        .map(str::trim)
        .filter(|line| line.ends_with(',') && !line.starts_with("//"))
        .map(|line| line.trim_end_matches(',').split('(').next().unwrap_or_default().to_lowercase())
        .collect();
    assert!(switches.len() > 15, "{switches:?}");
    let named = mutations("Steps left out").into_iter().chain(mutations("Done twice"));
    let named: Vec<String> = named.map(|mutation| mutation.fault).collect();
    let is_named = |switch: &String| named.iter().any(|fault| fault.split(':').next() == Some(switch));
    let missing: Vec<String> = switches.iter().filter(|switch| !is_named(switch)).cloned().collect();
    crate::tidy::none("Switches without a mutation:", &missing);
    let known = |fault: &String| switches.iter().any(|switch| fault.split(':').next() == Some(switch));
    let unknown: Vec<String> = named.into_iter().filter(|fault| !known(fault)).collect();
    crate::tidy::none("Mutations without a switch:", &unknown);
    let tests = mutations("Steps left out").into_iter().chain(mutations("Schema changed"));
    let unknown: Vec<String> =
        tests.flat_map(|mutation| mutation.tests).filter(|test| !super::CHECKS.contains(&test.as_str())).collect();
    crate::tidy::none("Tests that are not there:", &unknown);
}

/// Switches are read in builds for tests alone: beside each look at the environment stands the condition.
#[test]
fn a_release_has_no_switches() {
    for source in crate::tidy::sources("src/privacy/erasure", &["faults.rs"]) {
        let parts: Vec<&str> = source.text.split("TEST_ERASURE_").collect();
        assert!(parts.len() > 2, "{}", source.path);
    }
    let mut open = Vec::new();
    for source in crate::tidy::program() {
        let mut condition = false;
        for line in source.text.lines() {
            if line.starts_with("#[cfg(feature = \"test-clock\")]") {
                condition = true;
            } else if line.starts_with('}') {
                condition = false;
            } else if line.contains("\"TEST_") && !line.trim_start().starts_with("//") && !condition {
                open.push(format!("{}: {}", source.path, line.trim()));
            }
        }
    }
    crate::tidy::none("Read in a release too:", &open);
}

/// What hangs on a contact goes twice: by name, and by the keys and triggers of the database. Without the first the
/// second still leaves nothing, so these are no faults; should a trigger be lost, this says so.
#[test]
fn m4_what_is_done_twice_leaves_nothing_when_it_is_done_once() {
    let doubled: Vec<String> = mutations("Done twice").into_iter().map(|mutation| mutation.fault).collect();
    assert!(doubled.len() > 5, "{doubled:?}");
    assert_eq!(left_of(&mut Place::new(), 0, &doubled.join(",")), Vec::<Left>::new());
}
