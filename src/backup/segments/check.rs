//! Looks at segments again without applying them: that each is there, whole, and follows the one before it.

use super::apply::walk;
use super::head::Head;
use super::{Goal, Point, Target};
use crate::error::Error;

/// Opens the segments of one line after the oldest of these bases that a restore can still begin with; `points` are
/// those of the bases of the line, the oldest first. Gives how many were opened.
///
/// Fails with [`Error::Refused`], naming the object, at the first that is missing, damaged, out of order or another
/// line's.
pub fn check(target: &Target, points: &[Point]) -> Result<u64, Error> {
    let head = Head::read(&target.folder, target.place, &target.head_key)?;
    let first = |point: &Point| head.as_ref().and_then(|head| head.line(&point.line)).map(|line| line.first);
    // What was committed after an older one, up to the next, was let go by the rule.
    let Some(oldest) = points.iter().find(|point| first(point).is_none_or(|first| first <= point.number + 1)) else {
        return Ok(0);
    };
    let known = points.iter().map(|point| point.number).max().unwrap_or(0);
    Ok(walk(target, oldest, &Goal { known, ..Goal::default() }, None)?.opened)
}
