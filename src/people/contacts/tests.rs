//! The rules of a contact's fields.

use proptest::prelude::*;

use super::*;
use crate::people::{email, phone, text};

fn person(given: &str, family: &str) -> NewContact {
    NewContact { given_name: given.into(), family_name: family.into(), ..NewContact::default() }
}

fn codes(result: Result<Checked, Vec<FieldError>>) -> Vec<(String, &'static str)> {
    result.err().unwrap_or_default().into_iter().map(|error| (error.field.into_owned(), error.code)).collect()
}

#[test]
fn the_name_to_show_follows_the_names_until_somebody_chooses_one() {
    let checked = person(" Freya ", "Castellan").checked("").unwrap();
    assert_eq!((checked.display_name.as_str(), checked.has_own_display), ("Freya Castellan", false));
    let chosen = NewContact { display_name: "Harbour master".into(), ..person("Freya", "Castellan") };
    let checked = chosen.checked("").unwrap();
    assert_eq!((checked.display_name.as_str(), checked.has_own_display), ("Harbour master", true));
    let nameless = NewContact { emails: vec![NewIdentity::new("a@b.example")], ..NewContact::default() };
    assert_eq!(nameless.checked("").unwrap().display_name, "a@b.example");
}

#[test]
fn a_contact_without_anything_is_refused_and_every_fault_is_named() {
    assert_eq!(codes(NewContact::default().checked("")), [("given_name".to_owned(), "required")]);
    let new = NewContact {
        emails: vec![NewIdentity::new("ok@example.org"), NewIdentity::new("OK@Example.ORG"), NewIdentity::new("no")],
        phones: vec![NewIdentity::new("01632 960144")],
        language: "english please".into(),
        time_zone: "Mars/Olympus".into(),
        tags: vec!["a,b".into()],
        job_title: "x".repeat(151),
        ..person("A\u{7}", "B")
    };
    let found = codes(new.checked(""));
    let wanted = [
        ("given_name", "control_character"),
        ("emails/1", "doubled"),
        ("emails/2", "invalid_email"),
        ("phones/0", "invalid_phone"),
        ("job_title", "too_long"),
        ("language", "unknown_language"),
        ("time_zone", "unknown_time_zone"),
        ("tags/0", "has_comma"),
    ];
    for (field, code) in wanted {
        assert!(found.contains(&(field.to_owned(), code)), "{field} {code} in {found:?}");
    }
}

#[test]
fn exactly_one_address_is_primary_and_it_stands_first() {
    let second = NewIdentity { is_primary: true, ..NewIdentity::new("b@x.example") };
    let new = NewContact { emails: vec![NewIdentity::new("a@x.example"), second], ..NewContact::default() };
    let checked = new.checked("").unwrap();
    let found: Vec<(&str, bool)> = checked.identities.iter().map(|i| (i.value.as_str(), i.is_primary)).collect();
    assert_eq!(found, [("b@x.example", true), ("a@x.example", false)]);
}

#[test]
fn addresses_are_compared_in_lower_case_and_punycode() {
    for (typed, kept) in [
        (" Freya.C@Skelwick.EXAMPLE ", "freya.c@skelwick.example"),
        ("post@bücher.example", "post@xn--bcher-kva.example"),
        ("a+b@x.example.", "a+b@x.example"),
        ("señor@x.example", "señor@x.example"),
    ] {
        assert_eq!(email::normalise(typed).as_deref(), Some(kept), "{typed}");
    }
    for wrong in [
        "",
        "a",
        "a@",
        "@b.example",
        "a@b",
        "a..b@x.example",
        ".a@x.example",
        "a b@x.example",
        "a@127.0.0.1",
        "a@-x.example",
    ] {
        assert_eq!(email::normalise(wrong), None, "{wrong}");
    }
    assert_eq!(email::domain_of("https://www.Example.org/about?x").as_deref(), Some("example.org"));
}

#[test]
fn numbers_become_e164() {
    for (typed, country, kept) in [
        ("+44 1632 960144", "", "+441632960144"),
        ("0044 (0)1632 960144", "", "+441632960144"),
        ("01632 960144", "GB", "+441632960144"),
        ("030 1234567", "DE", "+49301234567"),
        ("+1 (212) 555-0123 ext. 12", "", "+12125550123;ext=12"),
    ] {
        assert_eq!(phone::normalise(typed, country).as_deref(), Some(kept), "{typed}");
    }
    for wrong in ["", "12", "call me", "+", "+44", "01632 960144", "+999999999999999999999"] {
        assert_eq!(phone::normalise(wrong, ""), None, "{wrong}");
    }
    assert_eq!(phone::display("+441632960144"), "+44 1632 960144");
    assert!(phone::search_digits("+441632960144").contains(&"1632960144".to_owned()));
}

#[test]
fn text_is_composed_and_cannot_turn_its_neighbours_round() {
    assert_eq!(text::clean(" Zoe\u{308}\u{202e}gpj "), "Zoëgpj");
    assert_eq!(text::fold("Łucja  BRANDVOLD"), text::fold("lucja brandvold"));
    assert_eq!(text::fold("Straße Ærø İzmir"), "strasse aero izmir");
}

proptest! {
    #[test]
    fn a_kept_address_reads_as_itself(typed in "[a-zA-Z0-9.+_é-]{1,20}@[a-zA-Z0-9ü-]{1,15}\\.[a-zA-Z]{2,8}") {
        if let Some(kept) = email::normalise(&typed) {
            prop_assert_eq!(email::normalise(&kept), Some(kept.clone()));
        }
    }

    #[test]
    fn a_kept_number_reads_as_itself_anywhere(typed in "[+0]?[0-9 ()./-]{5,20}( ?x[0-9]{1,4})?", country in prop::sample::select(vec!["", "GB", "DE", "US", "IT"])) {
        if let Some(kept) = phone::normalise(&typed, country) {
            for other in ["", "FR", "US"] {
                prop_assert_eq!(phone::normalise(&kept, other), Some(kept.clone()));
            }
        }
    }

    #[test]
    fn no_text_breaks_the_rules(typed in "\\PC{0,60}", country in "[A-Z]{2}") {
        let _ = email::normalise(&typed);
        let _ = phone::normalise(&typed, &country);
        prop_assert_eq!(text::clean(&text::clean(&typed)), text::clean(&typed));
        prop_assert_eq!(text::fold(&text::fold(&typed)), text::fold(&typed));
    }
}
