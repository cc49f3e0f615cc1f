//! What a token may be made from.

use super::*;
use crate::permission::{Action, Area};

fn input() -> TokenInput {
    TokenInput {
        name: "Website form".into(),
        scopes: vec![Permission::new(Action::View, Area::Contacts)],
        days: 90,
        allowed_networks: "10.0.0.0/8,\n198.51.100.7".into(),
    }
}

#[test]
fn networks_are_kept_in_one_form() {
    assert_eq!(read(&input()).expect("good"), ("Website form".into(), "10.0.0.0/8 198.51.100.7".into()));
}

#[test]
fn every_rule_has_its_field() {
    for (field, change) in [
        ("name", (|input| input.name = " ".into()) as fn(&mut TokenInput)),
        ("scopes", |input| input.scopes.clear()),
        ("days", |input| input.days = 366),
        ("days", |input| input.days = 0),
        ("allowed_networks", |input| input.allowed_networks = "10.0.0.0/40".into()),
        ("allowed_networks", |input| input.allowed_networks = "10.0.0.1 ".repeat(21)),
    ] {
        let mut wrong = input();
        change(&mut wrong);
        let errors = read(&wrong).expect_err(field);
        assert_eq!(errors.iter().map(|error| error.field.as_ref()).collect::<Vec<_>>(), [field]);
    }
}

#[test]
fn a_token_is_in_force_until_it_expires_or_is_revoked() {
    let mut token = ApiToken {
        id: TokenId(1),
        member: MemberId(1),
        name: "Website form".into(),
        prefix: "hf_abcde".into(),
        scopes: Vec::new(),
        allowed_networks: String::new(),
        created_at: Timestamp(0),
        expires_at: Timestamp(10),
        last_used_at: None,
        revoked_at: None,
    };
    assert!(token.is_in_force(Timestamp(9)));
    assert!(!token.is_in_force(Timestamp(10)));
    token.revoked_at = Some(Timestamp(5));
    assert!(!token.is_in_force(Timestamp(9)));
}
