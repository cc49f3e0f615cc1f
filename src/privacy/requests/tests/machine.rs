//! Every state meets every step: what the specification draws happens, and nothing else.

use crate::privacy::requests::machine::{State, Step, TRANSITIONS, next};

/// The same machine, drawn by hand: each state with the steps it takes and where they lead.
const DRAWN: &[(&str, &[(&str, &str)])] = &[
    (
        "received",
        &[
            ("ask_identity", "identity_unverified"),
            ("verify", "verified"),
            ("duplicate", "duplicate"),
            ("cancel", "cancelled"),
            ("extend", "received"),
        ],
    ),
    (
        "identity_unverified",
        &[
            ("ask_identity", "identity_unverified"),
            ("verify", "verified"),
            ("deny", "denied"),
            ("duplicate", "duplicate"),
            ("cancel", "cancelled"),
            ("extend", "identity_unverified"),
        ],
    ),
    (
        "verified",
        &[
            ("ask_identity", "identity_unverified"),
            ("approve", "approved"),
            ("deny", "denied"),
            ("cancel", "cancelled"),
            ("extend", "verified"),
            ("hold", "verified"),
        ],
    ),
    ("denied", &[("close", "receipt")]),
    ("approved", &[("start", "processing"), ("cancel", "cancelled"), ("extend", "approved"), ("hold", "approved")]),
    (
        "processing",
        &[("ask", "needs_input"), ("complete", "complete"), ("extend", "processing"), ("hold", "processing")],
    ),
    (
        "needs_input",
        &[("resume", "processing"), ("cancel", "cancelled"), ("extend", "needs_input"), ("hold", "needs_input")],
    ),
    ("complete", &[("close", "receipt")]),
    ("receipt", &[]),
    ("duplicate", &[]),
    ("cancelled", &[]),
];

#[test]
fn every_state_takes_the_steps_that_are_drawn_and_no_other() {
    let mut taken = 0;
    for state in State::ALL {
        let (_, drawn) = DRAWN.iter().find(|(word, _)| *word == state.word()).expect("every state is drawn");
        for step in Step::ALL {
            let wanted = drawn.iter().find(|(word, _)| *word == step.word()).map(|(_, to)| *to);
            assert_eq!(next(*state, *step).map(State::word), wanted, "{} by {}", state.word(), step.word());
            taken += usize::from(wanted.is_some());
        }
    }
    assert_eq!(taken, TRANSITIONS.len(), "a row of the table stands there twice");
    assert_eq!((State::ALL.len(), Step::ALL.len()), (11, 14));
}

#[test]
fn what_is_closed_stays_closed_and_everything_open_can_be_closed() {
    for state in State::ALL {
        let ways = TRANSITIONS.iter().filter(|(from, ..)| from == state).count();
        assert_eq!(ways == 0, state.is_closed(), "{}", state.word());
        // From everywhere some way leads to an end.
        let (mut reached, mut grew) = (vec![*state], true);
        while grew {
            let more: Vec<State> = TRANSITIONS
                .iter()
                .filter(|(from, _, to)| reached.contains(from) && !reached.contains(to))
                .map(|(_, _, to)| *to)
                .collect();
            grew = !more.is_empty();
            reached.extend(more);
        }
        assert!(reached.iter().any(|state| state.is_closed()), "{} never ends", state.word());
    }
}

/// P-094: there is one way into execution, and it leads through a verified identity and an approval.
#[test]
fn p_094_nobody_unverified_is_ever_executed() {
    let into = |wanted: State| -> Vec<State> {
        TRANSITIONS.iter().filter(|(from, _, to)| *to == wanted && from != to).map(|(from, ..)| *from).collect()
    };
    assert_eq!(into(State::Complete), [State::Processing]);
    assert_eq!(into(State::Processing), [State::Approved, State::NeedsInput]);
    assert_eq!(into(State::NeedsInput), [State::Processing]);
    assert_eq!(into(State::Approved), [State::Verified]);
    assert!(into(State::Verified).iter().all(|from| [State::Received, State::IdentityUnverified].contains(from)));
}
