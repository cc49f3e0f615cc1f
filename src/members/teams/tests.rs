//! Names of teams.

use super::read_name;

#[test]
fn names_are_one_line_and_short() {
    assert_eq!(read_name(" Sales \n north ").expect("a name"), "Sales north");
    assert_eq!(read_name("").expect_err("empty").code, "required");
    assert_eq!(read_name(&"x".repeat(61)).expect_err("long").code, "too_long");
}
