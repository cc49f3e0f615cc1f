//! The rules for addresses and names.

use super::*;

#[test]
fn an_address_has_one_form() {
    let read = |text: &str| read_email("email", text).ok();
    assert_eq!(read(" Anna@Example.ORG ").as_deref(), Some("anna@example.org"));
    assert_eq!(read("anna@bücher.example").as_deref(), Some("anna@xn--bcher-kva.example"));
    for wrong in ["", "anna", "@example.org", "anna@", "an na@example.org", "a@b@c.example"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

#[test]
fn p_005_a_name_is_optional_and_one_line() {
    assert_eq!(read_name("name", "").unwrap(), "");
    assert_eq!(read_name("name", "  Anna \n Berg ").unwrap(), "Anna Berg");
    assert!(read_name("name", &"x".repeat(LONGEST_NAME + 1)).is_err());
    assert!(read_name("name", "A\u{7}").is_err());
}

#[test]
fn aut_1_the_hint_says_what_the_rules_say() {
    assert!(password_hint(false).contains(&format!("{} characters", password::SHORTEST)));
    assert!(password_hint(true).contains(&format!("{} characters", password::SHORTEST_WITH_SECOND_FACTOR)));
}
