//! A filter as a tree: groups of conditions that must all hold, or of which one must.
//!
//! A tree is kept and edited as it was asked ([`Group`]), and read against the fields of the moment
//! ([`reading`]) when it narrows a list: so a tree that asks for a field of yesterday can still be shown.

pub mod days;
pub mod fields;
pub mod form;
pub mod json;
pub mod moving;
pub mod operators;
mod reading;
pub mod rename;
mod sql;
#[cfg(test)]
mod tests;

pub use fields::{Field, Fields};
pub use operators::Operator;
pub use reading::{Asking, read};
pub use sql::Compiled;

/// Groups within groups.
pub const DEEPEST: usize = 5;
/// Conditions of one tree.
pub const MOST: usize = 50;
/// Values of one condition.
pub const MOST_VALUES: usize = 100;
/// Letters of one tree, as JSON.
pub const LONGEST: usize = 8_000;

/// A condition, or a group of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Group(Group),
    Condition(Condition),
}

/// Conditions and groups, all of which must hold, or one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// One is enough.
    pub any: bool,
    pub of: Vec<Node>,
}

/// What is asked of one field, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// `city`, or `custom.size` for a field of the workspace's own.
    pub field: String,
    pub operator: String,
    pub values: Vec<String>,
}

impl Condition {
    pub fn new(field: &str, operator: Operator, values: &[&str]) -> Condition {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Condition { field: field.to_owned(), operator: operator.word().to_owned(), values }
    }
}

impl Group {
    /// How many conditions there are, however deep.
    pub fn count(&self) -> usize {
        self.conditions().len()
    }

    /// Every condition, in the order of reading.
    pub fn conditions(&self) -> Vec<&Condition> {
        let mut all = Vec::new();
        for node in &self.of {
            match node {
                Node::Condition(condition) => all.push(condition),
                Node::Group(group) => all.extend(group.conditions()),
            }
        }
        all
    }

    /// The tree without conditions that are not filled in yet, and without groups that hold nothing.
    pub fn filled(&self) -> Group {
        let filled = |node: &Node| match node {
            Node::Group(group) => Some(Node::Group(group.filled())).filter(|node| !node.is_hollow()),
            Node::Condition(condition) => {
                let takes = Operator::from_word(&condition.operator).map(Operator::takes);
                let is_blank = condition.values.iter().all(|value| value.trim().is_empty());
                let waits = is_blank && takes != Some(operators::Takes::Nothing);
                (!waits).then(|| Node::Condition(condition.clone()))
            }
        };
        Group { any: self.any, of: self.of.iter().filter_map(filled).collect() }
    }
}

impl Node {
    fn is_hollow(&self) -> bool {
        matches!(self, Node::Group(group) if group.of.is_empty())
    }
}
