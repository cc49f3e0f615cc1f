//! What narrows a list, as its page shows it: the chips, and the controls for the workspace's own fields.

use super::address::{Address, CUSTOM};
use super::tree::Group;
use crate::members::directory::Directory;
use crate::people::custom_fields::{CustomField, Definitions, Kind};
use crate::people::text::fold;
use crate::web::ui::Choice;

/// Something the list is narrowed by, and the link without it.
pub(super) struct Chip {
    pub label: String,
    pub value: String,
    pub without: String,
}

/// A control of the filter menu for a custom field.
pub(super) struct Control {
    pub name: String,
    pub label: String,
    pub value: String,
    /// Empty: something is typed.
    pub choices: Vec<Choice>,
    /// The `type` of what is typed, and the keyboard for it.
    pub kind: &'static str,
    pub keyboard: &'static str,
}

/// A choice of none, and the rest.
pub(super) fn choices(none: &str, rest: impl IntoIterator<Item = (String, String)>) -> Vec<Choice> {
    let first = Choice::new("", none);
    std::iter::once(first).chain(rest.into_iter().map(|(value, label)| Choice::new(value, label))).collect()
}

/// Either, yes, or no.
pub(super) fn yes_or_no() -> Vec<Choice> {
    choices("Either", [("yes".into(), "Yes".into()), ("no".into(), "No".into())])
}

/// The controls of every field in use, each as its kind is asked for.
pub(super) fn controls(definitions: &Definitions, address: &Address) -> Vec<Control> {
    definitions.live().flat_map(|field| of_field(field, address)).collect()
}

fn of_field(field: &CustomField, address: &Address) -> Vec<Control> {
    let control = |ending: &str, label: String, choices: Vec<Choice>| {
        let name = format!("{}{ending}", field.place());
        let value = address.custom.get(&name).cloned().unwrap_or_default();
        // As links and programs may write it, a choice need not be letter for letter what is offered.
        let offered =
            choices.iter().find(|choice| fold(&choice.value) == fold(&value)).map(|choice| choice.value.clone());
        Control { name, label, value: offered.unwrap_or(value), choices, kind: "text", keyboard: "" }
    };
    let label = field.label.clone();
    match field.kind {
        Kind::Choice | Kind::Choices => {
            let all = field.choices.iter().map(|choice| (choice.label.clone(), choice.label.clone()));
            vec![control("", label, choices("Any", all))]
        }
        Kind::YesNo => vec![control("", label, yes_or_no())],
        // Too long to be typed again, or with names that the reader may not see.
        Kind::LongText | Kind::Relation => vec![control("/has", has(field), yes_or_no())],
        Kind::Number | Kind::Currency | Kind::Date | Kind::DateTime => [("/from", "from"), ("/to", "to")]
            .into_iter()
            .map(|(ending, word)| {
                let typed = control(ending, format!("{label}, {word}"), Vec::new());
                match field.kind {
                    Kind::Number | Kind::Currency => Control { keyboard: "decimal", ..typed },
                    _ => Control { kind: "date", ..typed },
                }
            })
            .collect(),
        _ => vec![control("", label, Vec::new())],
    }
}

fn has(field: &CustomField) -> String {
    format!("{}: has a value", field.label)
}

/// Everything the address narrows by but the words.
pub(super) fn chips(
    address: &Address,
    base: &str,
    directory: &Directory,
    definitions: &Definitions,
    tree: &Group,
) -> Vec<Chip> {
    let owner = match address.owner.as_str() {
        "me" => "you".to_owned(),
        id => id.parse().map(|id| directory.name(id).to_owned()).unwrap_or_default(),
    };
    let all = [
        ("tag", "Tag", address.tag.clone()),
        ("owner", "Owner", owner),
        ("company", "Company", "only its people".to_owned()),
        ("source", "Source", address.source.clone()),
        ("email", "Has an email address", address.email.clone()),
        ("phone", "Has a phone number", address.phone.clone()),
        ("created_since", "Added since", address.created_since.clone()),
        ("updated_since", "Changed since", address.updated_since.clone()),
        ("archived", "Archived", "only these".to_owned()),
        ("filter", "Conditions", tree.count().to_string()),
    ];
    let usual = all.into_iter().map(|(name, label, value)| (name.to_owned(), label.to_owned(), value));
    let own = address.custom.iter().filter_map(|(name, value)| {
        let (key, ending) = name.strip_prefix(CUSTOM)?.split_once('/').unwrap_or((name.strip_prefix(CUSTOM)?, ""));
        let field = definitions.live().find(|field| field.key == key)?;
        let label = match ending {
            "from" | "to" => format!("{}, {ending}", field.label),
            "has" => has(field),
            _ => field.label.clone(),
        };
        Some((name.clone(), label, value.clone()))
    });
    let given = address.parts();
    usual
        .chain(own)
        .filter(|(name, ..)| given.iter().any(|(known, _)| known == name))
        .map(|(name, label, value)| Chip { label, value, without: address.with(base, &name, "") })
        .collect()
}
