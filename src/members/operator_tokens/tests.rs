//! What an operator's token may be made from.

use super::*;

fn input() -> OperatorTokenInput {
    OperatorTokenInput {
        name: " Prometheus ".into(),
        scopes: vec![OperatorScope::ViewMetrics],
        days: 90,
        allowed_networks: "10.0.0.0/8,\n198.51.100.7".into(),
    }
}

#[test]
fn name_and_networks_are_kept_in_one_form() {
    assert_eq!(read(&input()).expect("good"), ("Prometheus".into(), "10.0.0.0/8 198.51.100.7".into()));
}

#[test]
fn every_rule_has_its_field() {
    for (field, change) in [
        ("name", (|input| input.name = " ".into()) as fn(&mut OperatorTokenInput)),
        ("name", |input| input.name = "x".repeat(61)),
        ("scopes", |input| input.scopes.clear()),
        ("days", |input| input.days = 366),
        ("days", |input| input.days = 0),
        ("allowed_networks", |input| input.allowed_networks = "localhost".into()),
    ] {
        let mut wrong = input();
        change(&mut wrong);
        let errors = read(&wrong).expect_err(field);
        assert_eq!(errors.iter().map(|error| error.field.as_ref()).collect::<Vec<_>>(), [field]);
    }
}

#[test]
fn scopes_survive_storage_and_are_no_permissions_of_workspaces() {
    for scope in OperatorScope::ALL {
        assert_eq!(OperatorScope::from_word(scope.word()), Some(*scope));
    }
    assert_eq!(OperatorScope::from_word("contacts.view"), None);
}
