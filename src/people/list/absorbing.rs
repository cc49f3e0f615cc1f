//! Puts the simple parts of a list's address into its tree of conditions, so that they can be changed and saved
//! together.

use super::address::{Address, CUSTOM};
use super::tree::{Condition, Group, Node, Operator, fields, json};
use crate::error::Error;
use crate::people::views::SavedView;

/// The same list with everything but words, order and view in its tree.
pub fn absorb(mut address: Address, view: Option<&SavedView>) -> Result<Address, Error> {
    let simple = simple(&address);
    if simple.is_empty() {
        return Ok(address);
    }
    let mut tree = address.tree(view)?;
    if tree.any {
        tree = Group { any: false, of: vec![Node::Group(tree)] };
    }
    tree.of.extend(simple.into_iter().map(Node::Condition));
    address.filter = json::text(&tree);
    for part in [
        &mut address.tag,
        &mut address.owner,
        &mut address.company,
        &mut address.source,
        &mut address.email,
        &mut address.phone,
        &mut address.created_since,
        &mut address.updated_since,
        &mut address.archived,
    ] {
        part.clear();
    }
    address.custom.clear();
    Ok(address)
}

fn simple(address: &Address) -> Vec<Condition> {
    let mut all = Vec::new();
    for (field, operator, value) in [
        ("tags", Operator::Is, &address.tag),
        ("owner", Operator::Is, &address.owner),
        ("company_id", Operator::Is, &address.company),
        ("source", Operator::Is, &address.source),
        ("created_at", Operator::AtLeast, &address.created_since),
        ("updated_at", Operator::AtLeast, &address.updated_since),
    ] {
        if !value.is_empty() {
            all.push(Condition::new(field, operator, &[value]));
        }
    }
    for (field, value) in [("email", &address.email), ("phone", &address.phone)] {
        all.extend(presence(value).map(|operator| Condition::new(field, operator, &[])));
    }
    if address.archived == "true" {
        all.push(Condition::new("archived", Operator::Is, &["yes"]));
    }
    for (name, value) in address.custom.iter().filter(|(_, value)| !value.trim().is_empty()) {
        let name = name.strip_prefix(CUSTOM).unwrap_or(name);
        let (key, ending) = name.split_once('/').unwrap_or((name, ""));
        let field = format!("{}{key}", fields::CUSTOM);
        all.extend(match ending {
            "from" => Some(Condition::new(&field, Operator::AtLeast, &[value])),
            "to" => Some(Condition::new(&field, Operator::AtMost, &[value])),
            "has" => presence(value).map(|operator| Condition::new(&field, operator, &[])),
            _ => Some(Condition::new(&field, Operator::Is, &[value])),
        });
    }
    all
}

fn presence(value: &str) -> Option<Operator> {
    match value {
        "yes" => Some(Operator::NotEmpty),
        "no" => Some(Operator::Empty),
        _ => None,
    }
}
