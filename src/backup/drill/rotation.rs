//! Which places are drilled tonight: each at least once a week, spread over the nights.

use crate::clock::Timestamp;
use crate::id::WorkspaceId;

/// A place rests for so long after a drill, or after its first backup.
const REST_MS: i64 = 3 * Timestamp::DAY;
/// After so long it is drilled whatever else is: one night that is missed still keeps the week.
const MUST_MS: i64 = 5 * Timestamp::DAY + 12 * Timestamp::HOUR;
/// Drills younger than this are tonight's, however often somebody asks.
const TONIGHT_MS: i64 = 20 * Timestamp::HOUR;
/// Nights over which the places are spread.
const NIGHTS: usize = 5;

/// A place as the rotation sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) place: WorkspaceId,
    /// When it was drilled last, or its oldest backup was made.
    pub(super) since: Timestamp,
    pub(super) was_drilled: bool,
    pub(super) has_failed: bool,
}

/// Those whose turn it is, the longest waiting first. One that failed is drilled again the next night.
pub(super) fn choose(now: Timestamp, turns: &[Turn]) -> Vec<WorkspaceId> {
    let age = |turn: &Turn| now.since(turn.since);
    let tonight = turns.iter().filter(|turn| turn.was_drilled && (0..TONIGHT_MS).contains(&age(turn))).count();
    let mut room = turns.len().div_ceil(NIGHTS).saturating_sub(tonight);
    let mut waiting: Vec<&Turn> = turns.iter().collect();
    waiting.sort_by_key(|turn| turn.since);
    let mut chosen = Vec::new();
    for turn in waiting {
        // A drill of tomorrow was made while the clock was ahead.
        let must = age(turn) >= MUST_MS || age(turn) < 0 || turn.has_failed && age(turn) >= TONIGHT_MS;
        let may = room > 0 && age(turn) >= REST_MS;
        if must || may {
            room = room.saturating_sub(1);
            chosen.push(turn.place);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five weeks of nights, some of which are missed: the longest that a place waited, and the most in one night.
    fn longest_wait(places: u8, missed: &[i64]) -> (i64, usize) {
        let first = Timestamp(1_800_000_000_000);
        let mut turns: Vec<Turn> = (0..places)
            .map(|number| Turn {
                place: WorkspaceId([number; 16]),
                since: first,
                was_drilled: false,
                has_failed: false,
            })
            .collect();
        let (mut longest, mut most) = (0, 0);
        for night in 1..=35 {
            if missed.contains(&night) {
                continue;
            }
            let now = first.plus(night * Timestamp::DAY);
            let chosen = choose(now, &turns);
            most = most.max(chosen.len());
            for turn in turns.iter_mut().filter(|turn| chosen.contains(&turn.place)) {
                longest = longest.max(now.since(turn.since));
                // It takes a while, so the next one is not quite a day later.
                (turn.since, turn.was_drilled) = (now.plus(10 * Timestamp::MINUTE), true);
            }
            let again = choose(now.plus(Timestamp::HOUR), &turns).len();
            let a_night = usize::from(places).div_ceil(NIGHTS);
            assert!(again == 0 || chosen.len() + again <= a_night, "asked again: {again} after {}", chosen.len());
        }
        let end = first.plus(35 * Timestamp::DAY);
        let left = turns.iter().map(|turn| end.since(turn.since)).max().unwrap_or(0);
        (longest.max(left), most)
    }

    #[test]
    fn each_place_has_its_turn_within_a_week_also_after_a_missed_night() {
        for places in 1..=40 {
            let (longest, most) = longest_wait(places, &[]);
            assert!(longest <= 7 * Timestamp::DAY, "{places}: {} h", longest / Timestamp::HOUR);
            assert!(most <= usize::from(places).div_ceil(NIGHTS) * 2, "{places}: {most} in one night");
            let (longest, _) = longest_wait(places, &[3, 9, 16, 22, 30]);
            assert!(longest <= 7 * Timestamp::DAY, "{places} with missed nights: {} h", longest / Timestamp::HOUR);
        }
    }

    #[test]
    fn nights_that_were_missed_are_caught_up_at_once() {
        let (longest, most) = longest_wait(12, &(4..20).collect::<Vec<i64>>());
        assert!(longest <= 20 * Timestamp::DAY && most >= 10, "{longest} {most}");
    }

    #[test]
    fn one_that_failed_and_one_of_the_future_wait_for_no_week() {
        let now = Timestamp(1_800_000_000_000);
        let turn = |number: u8, hours: i64, has_failed: bool| Turn {
            place: WorkspaceId([number; 16]),
            since: now.plus(-hours * Timestamp::HOUR),
            was_drilled: true,
            has_failed,
        };
        assert_eq!(choose(now, &[turn(1, 24, false), turn(2, 24, true)]), [WorkspaceId([2; 16])]);
        assert_eq!(choose(now, &[turn(1, 2, true)]), [], "not again in the same night");
        assert_eq!(choose(now, &[turn(1, -24 * 365, false)]), [WorkspaceId([1; 16])]);
    }
}
