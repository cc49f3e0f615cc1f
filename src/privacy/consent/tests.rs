//! The state of a consent against a plain model, over random histories; and the gate, reason by reason.

use proptest::prelude::*;

use super::gate::{Known, Reason};
use super::state::{Consent, standing};
use super::{Action, Event, Method, State};
use crate::clock::Timestamp;
use crate::id::{ConsentEventId, PurposeId, RestrictionId};
use crate::module::{IdentityKind, KnownIdentity};
use crate::privacy::purposes::{Basis, Channel, Purpose, Wording};
use crate::privacy::suppression::{self, Suppression};

const PURPOSE: PurposeId = PurposeId(7);
const OTHER: PurposeId = PurposeId(8);

fn event(id: i64, action: Action) -> Event {
    Event {
        id: ConsentEventId(id),
        on: ("contact".into(), 1),
        given_on: 1,
        joined_after: None,
        purpose: Some(PURPOSE),
        wording: Some((1, "hash".into())),
        action,
        needs_confirmation: false,
        method: Method::Admin,
        at: Timestamp(id),
        recorded_at: Timestamp(id),
        address: String::new(),
        user_agent: String::new(),
        evidence: String::new(),
        member: None,
        takes_back: None,
    }
}

fn asked_to_confirm(id: i64) -> Event {
    Event { needs_confirmation: true, ..event(id, Action::Grant) }
}

fn state(events: &[Event]) -> State {
    standing(events, PURPOSE, true).state()
}

/// What a person in the office would say, looking at the whole history again for each question. Of one record, in order.
fn plainly(events: &[Event]) -> State {
    let objects = |all: &[Event], to: Option<PurposeId>| {
        let mut about = all.iter().filter(|e| e.purpose == to && matches!(e.action, Action::Object | Action::Lift));
        about.next_back().is_some_and(|last| last.action == Action::Object)
    };
    let objects_at_all = |all: &[Event]| objects(all, Some(PURPOSE)) || objects(all, None);
    let is_about = |e: &Event| e.purpose == Some(PURPOSE) || e.purpose.is_none();
    let events: Vec<Event> = events.iter().filter(|e| is_about(e)).cloned().collect();
    if objects_at_all(&events) {
        return State::Objected;
    }
    // The last no takes everything before it away.
    let said_yes = |e: &&Event| matches!(e.action, Action::Grant | Action::Import);
    let yes_counts = |at: usize| !objects_at_all(&events[..at]);
    let any_yes_before = |at: usize| {
        let yes = events[..at].iter().enumerate().filter(|(_, e)| said_yes(e)).any(|(at, _)| yes_counts(at));
        yes || events[..at].iter().any(|e| e.action == Action::Withdraw)
    };
    let is_no =
        |(at, e): &(usize, &Event)| e.action == Action::Withdraw || e.action == Action::Object && any_yes_before(*at);
    let no = events.iter().enumerate().filter(is_no).map(|(at, _)| at).next_back();
    let since = no.map_or(0, |at| at + 1);
    let mut yes: Vec<usize> = Vec::new();
    yes.extend((since..events.len()).filter(|at| said_yes(&&events[*at]) && yes_counts(*at)));
    let simple = yes.iter().any(|at| !events[*at].needs_confirmation);
    let confirmed = yes.iter().any(|at| events[*at..].iter().any(|e| e.action == Action::Confirm));
    match (simple || confirmed, yes.is_empty(), no) {
        (true, ..) => State::Granted,
        (false, false, _) => State::Pending,
        (false, true, Some(_)) => State::Withdrawn,
        (false, true, None) => State::Unknown,
    }
}

fn any_event() -> impl Strategy<Value = (Action, bool, Option<PurposeId>)> {
    let purpose = prop_oneof![6 => Just(Some(PURPOSE)), 2 => Just(None), 1 => Just(Some(OTHER))];
    (proptest::sample::select(Action::ALL), any::<bool>(), purpose)
}

/// A history of one record. Only an objection and its end can be about all marketing.
fn history(picked: &[(Action, bool, Option<PurposeId>)]) -> Vec<Event> {
    let rows = picked.iter().zip(1..).map(|((action, needs_confirmation, purpose), id)| {
        let is_general = matches!(action, Action::Object | Action::Lift);
        Event {
            needs_confirmation: *needs_confirmation && *action == Action::Grant,
            purpose: if is_general { *purpose } else { Some(purpose.unwrap_or(PURPOSE)) },
            ..event(id, *action)
        }
    });
    rows.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_state_is_what_somebody_would_say_who_reads_the_history(
        picked in proptest::collection::vec(any_event(), 0..14)
    ) {
        let events = history(&picked);
        prop_assert_eq!(state(&events), plainly(&events), "{:?}", picked);
    }

    /// P-108, P-110: whatever came before, a no closes at once, and an objection is not undone by a yes.
    #[test]
    fn a_no_closes_whatever_came_before(picked in proptest::collection::vec(any_event(), 0..14)) {
        let mut events = history(&picked);
        let next = events.len() as i64 + 1;
        events.push(event(next, Action::Withdraw));
        prop_assert!(matches!(state(&events), State::Withdrawn | State::Objected));
        events.push(event(next + 1, Action::Object));
        events.push(event(next + 2, Action::Grant));
        events.push(event(next + 3, Action::Import));
        prop_assert_eq!(state(&events), State::Objected);
        events.push(event(next + 4, Action::Lift));
        events.push(Event { purpose: None, ..event(next + 5, Action::Lift) });
        prop_assert_eq!(state(&events), State::Withdrawn);
    }

    /// Of two records that became one, the stricter state holds until something is said of both.
    #[test]
    fn of_merged_records_the_stricter_wins(
        one in proptest::collection::vec(any_event(), 0..8), other in proptest::collection::vec(any_event(), 0..8)
    ) {
        let mut events = history(&one);
        let (last, of_one) = (100, plainly(&history(&one)));
        let of_other = plainly(&history(&other));
        events.extend(history(&other).into_iter().map(|event| Event {
            id: ConsentEventId(event.id.0 + 50),
            given_on: 2,
            joined_after: Some(last),
            ..event
        }));
        let strictness = |state: State| [State::Unknown, State::Granted, State::Pending, State::Withdrawn, State::Objected]
            .iter().position(|known| *known == state);
        let stricter = if strictness(of_one) >= strictness(of_other) { of_one } else { of_other };
        prop_assert_eq!(state(&events), stricter, "{:?} {:?}", one, other);
        // What is said after the merge is said of both.
        if state(&events) != State::Objected {
            events.push(event(last + 1, Action::Grant));
            prop_assert_eq!(state(&events), State::Granted);
            events.push(event(last + 2, Action::Withdraw));
            prop_assert_eq!(state(&events), State::Withdrawn);
        }
    }
}

/// Section 10, step by step.
#[test]
fn every_step_of_the_state_machine() {
    let step = |from: &[Event], action: Action| {
        let mut events = from.to_vec();
        events.push(event(from.len() as i64 + 1, action));
        state(&events)
    };
    use Action::{Confirm, Grant, Import, Lift, Object, Withdraw};
    let unknown: [Event; 0] = [];
    let pending = [asked_to_confirm(1)];
    let granted = [event(1, Grant)];
    let withdrawn = [event(1, Grant), event(2, Withdraw)];
    let objected = [event(1, Grant), event(2, Object)];
    let table: [(&[Event], [State; 6]); 5] = {
        use State::{Granted, Objected, Pending, Unknown, Withdrawn};
        [
            // grant, confirm, import, withdraw, object, lift
            (&unknown, [Granted, Unknown, Granted, Withdrawn, Objected, Unknown]),
            (&pending, [Granted, Granted, Granted, Withdrawn, Objected, Pending]),
            (&granted, [Granted, Granted, Granted, Withdrawn, Objected, Granted]),
            (&withdrawn, [Granted, Withdrawn, Granted, Withdrawn, Objected, Withdrawn]),
            (&objected, [Objected, Objected, Objected, Objected, Objected, Withdrawn]),
        ]
    };
    for (from, expected) in table {
        for (action, expected) in [Grant, Confirm, Import, Withdraw, Object, Lift].into_iter().zip(expected) {
            assert_eq!(step(from, action), expected, "{} and then {action:?}", state(from).word());
        }
    }
    assert_eq!(state(&[asked_to_confirm(1)]), State::Pending);
    // An unconfirmed yes to newer words leaves the yes that stands.
    assert_eq!(state(&[event(1, Grant), asked_to_confirm(2)]), State::Granted);
}

#[test]
fn an_old_list_that_comes_in_late_does_not_undo_a_no_and_a_backdated_no_still_counts() {
    let late = Event { at: Timestamp(1), recorded_at: Timestamp(30), ..event(30, Action::Import) };
    let no = Event { at: Timestamp(10), recorded_at: Timestamp(10), ..event(10, Action::Withdraw) };
    assert_eq!(state(&[no, late]), State::Withdrawn);
    let yes = event(20, Action::Grant);
    let backdated = Event { at: Timestamp(5), recorded_at: Timestamp(40), ..event(40, Action::Withdraw) };
    assert_eq!(state(&[yes, backdated]), State::Withdrawn);
}

#[test]
fn the_yes_that_stands_names_its_words() {
    let newer = Event { wording: Some((2, "other".into())), ..event(2, Action::Grant) };
    let found = standing(&[event(1, Action::Grant), newer], PURPOSE, true);
    assert_eq!((found.consent, found.agreed), (Consent::Granted, Some(ConsentEventId(2))));
    let found = standing(&[asked_to_confirm(1), event(2, Action::Confirm)], PURPOSE, true);
    assert_eq!((found.agreed, found.rests_on), (Some(ConsentEventId(1)), Some(ConsentEventId(2))));
}

fn purpose(basis: Basis, is_marketing: bool) -> Purpose {
    let wording =
        Wording { id: 1, number: 1, title: String::new(), text: String::new(), hash: String::new(), created_at: None };
    Purpose {
        id: PURPOSE,
        version: 1,
        key: "purpose".into(),
        title: "Purpose".into(),
        description: String::new(),
        basis,
        channels: vec![Channel::Email],
        is_marketing,
        double_opt_in: true,
        assessment: "weighed".into(),
        wording,
        created_at: None,
        updated_at: None,
        archived_at: None,
    }
}

fn known(events: Vec<Event>) -> Known {
    let email =
        KnownIdentity { kind: IdentityKind::Email, value: "a@b.example".into(), normalised: "a@b.example".into() };
    Known { is_held: true, events, identities: vec![(email, Vec::new())], ..Known::default() }
}

fn reason(known: &Known, purpose: Option<&Purpose>, channel: Channel) -> (bool, Reason) {
    match known.judge(purpose, channel) {
        Ok(why) => (true, why.reason),
        Err(why) => (false, why.reason),
    }
}

/// Every reason, each above those that it comes before.
#[test]
fn the_gate_decides_reason_by_reason() {
    use Reason::*;
    let newsletter = purpose(Basis::Consent, true);
    let by_email = |known: &Known, purpose: &Purpose| reason(known, Some(purpose), Channel::Email);
    let agreed = known(vec![event(1, Action::Grant)]);
    assert_eq!(by_email(&agreed, &newsletter), (true, Consent));
    // Each of these adds one more reason to say no, and the one that comes first is told.
    let mut worse = agreed.clone();
    worse.identities.clear();
    assert_eq!(by_email(&worse, &newsletter), (false, NoAddress));
    worse.events = vec![asked_to_confirm(1)];
    assert_eq!(by_email(&worse, &newsletter), (false, NotConfirmed));
    worse.events.push(event(2, Action::Withdraw));
    assert_eq!(by_email(&worse, &newsletter), (false, Withdrawn));
    worse.events.clear();
    assert_eq!(by_email(&worse, &newsletter), (false, NeverAsked));
    let weighed = Purpose { assessment: String::new(), ..purpose(Basis::LegitimateInterests, false) };
    assert_eq!(by_email(&worse, &weighed), (false, NotAssessed));
    assert_eq!(reason(&worse, Some(&newsletter), Channel::Phone), (false, WrongChannel));
    let archived = Purpose { archived_at: Some(Timestamp(1)), ..newsletter.clone() };
    assert_eq!(reason(&worse, Some(&archived), Channel::Phone), (false, ArchivedPurpose));
    assert_eq!(reason(&worse, None, Channel::Phone), (false, UnknownPurpose));
    worse.minor_since = Some(Timestamp(1));
    assert_eq!(reason(&worse, Some(&archived), Channel::Phone), (false, Minor));
    worse.events = vec![event(3, Action::Object)];
    assert_eq!(reason(&worse, Some(&archived), Channel::Phone), (false, Objected));
    worse.restriction = Some(RestrictionId(1));
    assert_eq!(reason(&worse, Some(&archived), Channel::Phone), (false, Restricted));
    worse.identities = known(Vec::new()).identities;
    worse.identities[0].1 = vec![listed(suppression::Reason::HardBounce, "")];
    assert_eq!(by_email(&worse, &archived), (false, Suppressed));
    worse.is_held = false;
    assert_eq!(reason(&worse, Some(&archived), Channel::Phone), (false, NotHeld));
}

fn listed(reason: suppression::Reason, scope: &str) -> Suppression {
    Suppression { id: 1, reason, scope: scope.into(), at: Timestamp(1) }
}

#[test]
fn the_suppression_list_closes_an_address_for_what_its_entry_is_about() {
    use suppression::Reason::{Complaint, Erased, HardBounce, Manual, Objected, Unsubscribe};
    let (newsletter, invoices) = (purpose(Basis::Consent, true), purpose(Basis::LegalObligation, false));
    for (entry, newsletter_reason, invoices_allowed) in [
        (listed(Erased, ""), Reason::Suppressed, false),
        (listed(HardBounce, ""), Reason::Suppressed, false),
        (listed(Complaint, ""), Reason::Suppressed, false),
        (listed(Manual, ""), Reason::Suppressed, false),
        (listed(Unsubscribe, ""), Reason::Suppressed, true),
        (listed(Objected, ""), Reason::Objected, true),
        (listed(Objected, "another"), Reason::Consent, true),
    ] {
        let mut known = known(vec![event(1, Action::Grant)]);
        known.identities[0].1 = vec![entry.clone()];
        assert_eq!(reason(&known, Some(&newsletter), Channel::Email).1, newsletter_reason, "{entry:?}");
        assert_eq!(reason(&known, Some(&invoices), Channel::Email).0, invoices_allowed, "{entry:?}");
        // Another address is another way.
        let second = KnownIdentity { kind: IdentityKind::Email, value: "c".into(), normalised: "c".into() };
        known.identities.push((second, Vec::new()));
        assert_eq!(reason(&known, Some(&newsletter), Channel::Email), (true, Reason::Consent), "{entry:?}");
    }
}

#[test]
fn each_basis_opens_for_its_own_reason_and_minors_are_left_out_of_some() {
    for (basis, expected, for_minors) in [
        (Basis::Consent, Reason::Consent, false),
        (Basis::Contract, Reason::Contract, true),
        (Basis::LegalObligation, Reason::LegalObligation, true),
        (Basis::VitalInterests, Reason::VitalInterests, true),
        (Basis::PublicTask, Reason::PublicTask, true),
        (Basis::LegitimateInterests, Reason::LegitimateInterests, false),
    ] {
        let purpose = purpose(basis, false);
        let mut known = known(vec![event(1, Action::Grant)]);
        assert_eq!(reason(&known, Some(&purpose), Channel::Email), (true, expected));
        known.minor_since = Some(Timestamp(1));
        assert_eq!(reason(&known, Some(&purpose), Channel::Email).0, for_minors, "{basis:?}");
        let marketing = Purpose { is_marketing: true, ..purpose };
        assert_eq!(reason(&known, Some(&marketing), Channel::Email), (false, Reason::Minor), "{basis:?}");
    }
}

/// P-110: to all direct marketing at once, and only to that.
#[test]
fn an_objection_to_all_marketing_closes_every_marketing_purpose_and_no_other() {
    let general = Event { purpose: None, ..event(2, Action::Object) };
    let known = known(vec![event(1, Action::Grant), general]);
    assert_eq!(reason(&known, Some(&purpose(Basis::Consent, true)), Channel::Email), (false, Reason::Objected));
    let invoices = purpose(Basis::LegalObligation, false);
    assert_eq!(reason(&known, Some(&invoices), Channel::Email), (true, Reason::LegalObligation));
}
