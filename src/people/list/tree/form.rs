//! A tree as the fields of a form, and what the buttons of the form do to it. Works without any script.
//!
//! Each node has a path, such as `0.2` for the third of the first group; the tree itself has the empty one.

use std::collections::BTreeMap;

use super::fields::Fields;
use super::operators::Takes;
use super::{Condition, DEEPEST, Group, MOST, Node, Operator};
use crate::error::Error;

/// What a pressed button asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Press {
    /// Show the list, narrowed so.
    Show,
    /// Save it as a view of a new name.
    Save,
    /// Save it to the view that is open.
    Keep,
    /// Draw the form again, with what fits the fields that were chosen.
    Refresh,
    AddCondition(Vec<usize>),
    AddGroup(Vec<usize>),
    Remove(Vec<usize>),
}

impl Press {
    /// Reads the value of a button, such as `condition/0.2`.
    pub fn read(text: &str) -> Option<Press> {
        let (word, at) = text.split_once('/').unwrap_or((text, ""));
        let path = path(at);
        Some(match word {
            "show" => Press::Show,
            "save" => Press::Save,
            "keep" => Press::Keep,
            "refresh" => Press::Refresh,
            "condition" => Press::AddCondition(path?),
            "group" => Press::AddGroup(path?),
            "remove" => Press::Remove(path?),
            _ => return None,
        })
    }
}

/// Reads `0.2`; the empty text is the tree itself.
fn path(text: &str) -> Option<Vec<usize>> {
    text.split('.').filter(|part| !part.is_empty()).map(|part| part.parse().ok().filter(|at| *at < 1_000)).collect()
}

/// A path as it stands in the names of the form.
pub fn at(path: &[usize]) -> String {
    path.iter().map(usize::to_string).collect::<Vec<_>>().join(".")
}

/// What was sent about one node.
#[derive(Default)]
struct Sent {
    group: Option<String>,
    field: String,
    operator: String,
    values: Vec<String>,
    until: String,
}

/// Takes the tree out of the fields of a form; gives back the fields that are none of it.
pub fn read(pairs: Vec<(String, String)>) -> Result<(Group, Vec<(String, String)>), Error> {
    let mut sent: BTreeMap<Vec<usize>, Sent> = BTreeMap::new();
    let mut others = Vec::new();
    for (name, value) in pairs {
        let Some((part, at)) = name.split_once('/').filter(|(part, _)| PARTS.contains(part)) else {
            others.push((name, value));
            continue;
        };
        let path = path(at).filter(|path| path.len() <= DEEPEST + 1);
        let path = path.ok_or_else(|| Error::BadRequest("a part of the filter has no place".into()))?;
        let node = sent.entry(path).or_default();
        match part {
            "group" => node.group = Some(value),
            "field" => node.field = value,
            "op" => node.operator = value,
            "until" => node.until = value,
            _ => node.values.push(value),
        }
    }
    if sent.len() > 4 * MOST {
        return Err(Error::BadRequest("the filter has too many parts".into()));
    }
    let any = sent.get(&[][..]).and_then(|root| root.group.as_deref()) == Some("or");
    Ok((Group { any, of: children(&sent, &[]) }, others))
}

/// The first words of the names of the form.
const PARTS: [&str; 5] = ["group", "field", "op", "value", "until"];

fn children(sent: &BTreeMap<Vec<usize>, Sent>, above: &[usize]) -> Vec<Node> {
    let below = sent.iter().filter(|(path, _)| path.len() == above.len() + 1 && path.starts_with(above));
    below
        .map(|(path, node)| match &node.group {
            Some(word) => Node::Group(Group { any: word == "or", of: children(sent, path) }),
            None => Node::Condition(condition(node)),
        })
        .collect()
}

fn condition(node: &Sent) -> Condition {
    let takes = Operator::from_word(&node.operator).map(Operator::takes);
    let first = || node.values.first().cloned().unwrap_or_default();
    let values = match takes {
        Some(Takes::Nothing) => Vec::new(),
        // Ticked in a list, or one on a line.
        Some(Takes::Several) => node.values.iter().flat_map(|value| value.lines()).map(str::to_owned).collect(),
        Some(Takes::Two) => vec![first(), node.until.clone()],
        _ => vec![first()],
    };
    Condition { field: node.field.clone(), operator: node.operator.clone(), values }
}

/// Does what the button says. What there is no room for is left out: the form offers no button for it.
pub fn press(tree: &mut Group, press: &Press, fields: &Fields) {
    match press {
        Press::AddCondition(path) if tree.count() < MOST => {
            if let Some(group) = group_at(tree, path) {
                group.of.push(Node::Condition(fresh(fields)));
            }
        }
        Press::AddGroup(path) if path.len() + 1 < DEEPEST && tree.count() < MOST => {
            if let Some(group) = group_at(tree, path) {
                let inner = Group { any: !group.any, of: vec![Node::Condition(fresh(fields))] };
                group.of.push(Node::Group(inner));
            }
        }
        Press::Remove(path) => {
            if let Some((last, above)) = path.split_last()
                && let Some(group) = group_at(tree, above).filter(|group| *last < group.of.len())
            {
                group.of.remove(*last);
            }
            prune(tree);
        }
        _ => {}
    }
    settle(tree, fields);
}

/// Groups that hold nothing any more go too.
fn prune(group: &mut Group) {
    for node in &mut group.of {
        if let Node::Group(inner) = node {
            prune(inner);
        }
    }
    group.of.retain(|node| !node.is_hollow());
}

/// A condition to begin with.
pub fn fresh(fields: &Fields) -> Condition {
    let first = fields.all.first();
    let operator = first.and_then(|field| field.operators().first()).copied().unwrap_or(Operator::Is);
    Condition::new(first.map_or("", |field| &field.key), operator, &[])
}

/// An operator that the field does not take becomes the usual one, without a value: the field was just changed.
fn settle(group: &mut Group, fields: &Fields) {
    for node in &mut group.of {
        match node {
            Node::Group(group) => settle(group, fields),
            Node::Condition(condition) => {
                let Some(field) = fields.find(&condition.field) else { continue };
                let known = Operator::from_word(&condition.operator).filter(|known| field.operators().contains(known));
                if let (None, Some(usual)) = (known, field.operators().first()) {
                    condition.operator = usual.word().to_owned();
                    condition.values = Vec::new();
                }
            }
        }
    }
}

fn group_at<'t>(tree: &'t mut Group, path: &[usize]) -> Option<&'t mut Group> {
    path.iter().try_fold(tree, |group, at| match group.of.get_mut(*at) {
        Some(Node::Group(inner)) => Some(inner),
        _ => None,
    })
}
