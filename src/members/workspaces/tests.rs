//! Rules of names and addresses.

use super::*;

#[test]
fn slugs_are_small_letters_digits_and_single_hyphens() {
    for good in ["saltmere", "saltmere-north", "a1", "42", &"x".repeat(40)] {
        assert_eq!(read_slug(good).expect("a slug"), good);
    }
    for (bad, code) in [
        ("", "required"),
        ("a", "length"),
        (&"x".repeat(41), "length"),
        ("Saltmere", "slug_form"),
        ("salt mere", "slug_form"),
        ("-saltmere", "slug_form"),
        ("saltmere-", "slug_form"),
        ("salt--mere", "slug_form"),
        ("säntis", "slug_form"),
        ("../etc", "slug_form"),
        ("operator", "reserved"),
        ("api", "reserved"),
    ] {
        assert_eq!(read_slug(bad).expect_err(bad).code, code, "{bad}");
    }
}

#[test]
fn a_form_hears_of_both_fields_at_once() {
    let Err(Error::Invalid(errors)) = read(" ", "-") else { panic!("two errors") };
    assert_eq!(errors.iter().map(|error| error.field.as_ref()).collect::<Vec<_>>(), ["name", "slug"]);
}
