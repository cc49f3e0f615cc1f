//! The rule of the last owner.

use super::*;

#[test]
fn the_last_owner_stays_owner() {
    assert!(matches!(keep_an_owner(true, 0), Err(Error::Conflict(_))));
    assert!(keep_an_owner(true, 1).is_ok());
    assert!(keep_an_owner(false, 0).is_ok());
}

#[test]
fn a_state_nobody_knows_lets_nobody_in() {
    for state in [State::Active, State::Suspended, State::Removed] {
        assert_eq!(State::from_word(state.word()), state);
    }
    assert_eq!(State::from_word("confirmed"), State::Removed);
}
