//! What each kind of field takes, and the one form it keeps.

use proptest::prelude::*;

use super::kinds::{read, shown};
use super::*;
use crate::people::record::Object;

fn field(kind: Kind) -> CustomField {
    CustomField {
        id: CustomFieldId(1),
        version: 1,
        object: Object::Contact,
        key: "field".into(),
        label: "Field".into(),
        hint: String::new(),
        kind,
        is_required: false,
        default_value: String::new(),
        category: Category::Content,
        currency: "EUR".into(),
        target: None,
        choices: Vec::new(),
        position: 1,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
        archived_at: None,
    }
}

fn kept(kind: Kind, text: &str) -> Result<String, &'static str> {
    read(&field(kind), text, "DE").map(|canonical| canonical.value).map_err(|(code, _)| code)
}

#[test]
fn each_kind_keeps_one_form() {
    for (kind, typed, wanted) in [
        (Kind::Text, "  Ada  ", "Ada"),
        (Kind::Number, "1 234,50", "1234.5"),
        (Kind::Number, "1,234,567.80", "1234567.8"),
        (Kind::Number, "-0", "0"),
        (Kind::Number, "−3", "-3"),
        (Kind::Number, ".5", "0.5"),
        (Kind::Currency, "12,5", "EUR 12.50"),
        (Kind::Currency, "usd 7", "USD 7.00"),
        (Kind::Currency, "JPY 700", "JPY 700"),
        (Kind::Currency, "9.99 GBP", "GBP 9.99"),
        (Kind::Date, "2024-02-29", "2024-02-29"),
        (Kind::Date, "29.2.2024", "2024-02-29"),
        (Kind::DateTime, "2026-11-17T09:30:00+01:00", "2026-11-17T08:30:00.000Z"),
        (Kind::DateTime, "2026-11-17 09:30", "2026-11-17T09:30:00.000Z"),
        (Kind::YesNo, "Ja", "true"),
        (Kind::Url, "example.org/a b", "https://example.org/a%20b"),
        (Kind::Email, " Ada@Example.org ", "Ada@Example.org"),
        (Kind::Phone, "0171 2345678", "+491712345678"),
    ] {
        assert_eq!(kept(kind, typed).as_deref(), Ok(wanted), "{kind:?} {typed:?}");
    }
}

#[test]
fn what_breaks_a_rule_is_refused_by_name() {
    for (kind, typed, code) in [
        (Kind::Number, "1,234", "ambiguous_number"),
        (Kind::Number, "twelve", "invalid_number"),
        (Kind::Number, "1e5", "invalid_number"),
        (Kind::Number, "1234567890123456", "too_long"),
        (Kind::Currency, "12.345", "too_precise"),
        (Kind::Currency, "XXZ 5", "unknown_currency"),
        (Kind::Currency, "JPY 7.5", "too_precise"),
        (Kind::Date, "2023-02-29", "invalid_date"),
        (Kind::Date, "11/12/2024", "invalid_date"),
        (Kind::DateTime, "tomorrow", "invalid_moment"),
        (Kind::YesNo, "perhaps", "invalid_choice"),
        (Kind::Url, "javascript:alert(1)//x.y", "invalid_url"),
        (Kind::Url, "https://user:pass@example.org", "invalid_url"),
        (Kind::Email, "ada", "invalid_email"),
        (Kind::Phone, "12", "invalid_phone"),
        (Kind::Text, "a\u{7}b", "control_character"),
    ] {
        assert_eq!(kept(kind, typed), Err(code), "{kind:?} {typed:?}");
    }
    assert_eq!(kept(Kind::Text, &"x".repeat(501)), Err("too_long"));
}

#[test]
fn a_definition_says_whether_it_is_personal() {
    let new =
        NewField { object: "contact".into(), label: "Shoe size".into(), kind: "number".into(), ..NewField::default() };
    let codes = |new: &NewField| -> Vec<(String, &'static str)> {
        new.checked()
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|error| (error.field.into_owned(), error.code))
            .collect()
    };
    assert_eq!(codes(&new), [("is_personal".to_owned(), "required")]);
    let personal = NewField { is_personal: "yes".into(), ..new.clone() };
    assert_eq!(codes(&personal), [("category".to_owned(), "required")]);
    let both = NewField { is_personal: "no".into(), category: "identity".into(), ..new.clone() };
    assert_eq!(codes(&both), [("category".to_owned(), "contradiction")]);
    let good = NewField { is_personal: "yes".into(), category: "content".into(), ..new };
    assert_eq!(good.checked().unwrap().key, "shoe_size");
}

#[test]
fn a_label_without_latin_letters_asks_for_a_key() {
    let new = NewField {
        object: "contact".into(),
        label: "年齢".into(),
        kind: "text".into(),
        is_personal: "no".into(),
        ..NewField::default()
    };
    let errors = new.checked().unwrap_err();
    assert_eq!(errors[0].field, "key");
    assert!(NewField { key: "age".into(), ..new }.checked().is_ok());
}

#[test]
fn numbers_are_read_by_people() {
    assert_eq!(shown(Kind::Number, "-1234567.5"), "−1,234,567.5");
    assert_eq!(shown(Kind::Currency, "EUR 1234.50"), "1,234.50 EUR");
}

proptest! {
    #[test]
    fn a_kept_number_is_read_as_it_was(whole in 0_u64..10_000_000_000, fraction in 0_u32..10_000, negative: bool) {
        let text = format!("{}{whole}.{fraction:04}", if negative { "-" } else { "" });
        let once = kept(Kind::Number, &text).unwrap();
        prop_assert_eq!(kept(Kind::Number, &once).unwrap(), once.clone());
        prop_assert_eq!(once.parse::<f64>().unwrap(), text.parse::<f64>().unwrap());
    }

    #[test]
    fn nothing_typed_makes_a_panic(text in "\\PC{0,40}") {
        for kind in Kind::ALL {
            let _ = kept(*kind, &text);
        }
    }
}
