//! Follows what was renamed: a condition that names a tag or a choice goes on meaning the same one.

use super::{Condition, Group, Node};
use crate::people::text::fold;

/// The tree with `after` in the place of `before`, where `field` is compared with it; `None` when it never is.
pub fn value(group: &Group, field: &str, before: &str, after: &str) -> Option<Group> {
    let mut changed = group.clone();
    replace(&mut changed, field, &fold(before), after);
    (changed != *group).then_some(changed)
}

fn replace(group: &mut Group, field: &str, before: &str, after: &str) {
    for node in &mut group.of {
        match node {
            Node::Group(group) => replace(group, field, before, after),
            Node::Condition(Condition { field: asked, values, .. }) if asked == field => {
                values.iter_mut().filter(|value| fold(value) == before).for_each(|value| *value = after.to_owned());
            }
            Node::Condition(_) => {}
        }
    }
}
