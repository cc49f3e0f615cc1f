//! What stands behind the operator of a condition: nothing, something typed, or a choice.

use super::tree::days::Period;
use super::tree::fields::{Field, Holds};
use super::tree::operators::Takes;
use super::tree::{Condition, Operator};
use crate::members::directory::Directory;
use crate::people::countries::COUNTRIES;
use crate::web::ui::Choice;

/// A control, filled in.
pub(super) enum Control {
    Nothing,
    Text {
        value: String,
        kind: &'static str,
        keyboard: &'static str,
        hint: &'static str,
    },
    Two {
        from: String,
        until: String,
        kind: &'static str,
    },
    Select {
        value: String,
        choices: Vec<Choice>,
    },
    /// Several of a list.
    Several {
        chosen: Vec<String>,
        choices: Vec<Choice>,
    },
    /// Several, one on a line.
    Lines(String),
    /// Of a field that is gone: kept as it was, until somebody changes it.
    Kept(Vec<String>),
}

pub(super) fn of(field: Option<&Field>, condition: &Condition, directory: &Directory, tags: &[String]) -> Control {
    let values = &condition.values;
    let (Some(field), Some(operator)) = (field, Operator::from_word(&condition.operator)) else {
        return Control::Kept(values.clone());
    };
    let value = |place: usize| values.get(place).cloned().unwrap_or_default();
    let (kind, keyboard, hint) = typed(field.holds);
    match operator.takes() {
        Takes::Nothing => Control::Nothing,
        Takes::Days => Control::Text { value: value(0), kind: "text", keyboard: "numeric", hint: "Days" },
        Takes::Period => {
            let periods = Period::ALL.iter().map(|period| Choice::new(period.word(), period.label()));
            select(value(0), periods.collect())
        }
        Takes::Two => {
            // Days behind a range are fixed ones, so the browser may offer its calendar.
            let is_day = matches!(field.holds, Holds::Day | Holds::Moment);
            Control::Two { from: value(0), until: value(1), kind: if is_day { "date" } else { "text" } }
        }
        Takes::One => match choices(field, directory, tags) {
            Some(choices) => select(value(0), choices),
            None => Control::Text { value: value(0), kind, keyboard, hint },
        },
        Takes::Several => match choices(field, directory, tags) {
            Some(choices) => Control::Several { choices: with_all(choices, values), chosen: values.clone() },
            None => Control::Lines(values.join("\n")),
        },
    }
}

/// A choice that is not offered any more is shown all the same.
fn with_all(mut choices: Vec<Choice>, values: &[String]) -> Vec<Choice> {
    for value in values.iter().filter(|value| !value.is_empty()) {
        if !choices.iter().any(|choice| choice.value == *value) {
            choices.push(Choice::new(value.clone(), value.clone()));
        }
    }
    choices
}

fn select(value: String, choices: Vec<Choice>) -> Control {
    let mut all = vec![Choice::new("", "Choose")];
    all.extend(with_all(choices, std::slice::from_ref(&value)));
    Control::Select { value, choices: all }
}

/// What can be chosen; `None` where something is typed.
fn choices(field: &Field, directory: &Directory, tags: &[String]) -> Option<Vec<Choice>> {
    let same = |text: &String| Choice::new(text.clone(), text.clone());
    Some(match field.holds {
        Holds::Tags => tags.iter().map(same).collect(),
        Holds::Member => {
            let people = directory.list().iter().map(|person| Choice::new(person.id.to_string(), person.name.clone()));
            std::iter::once(Choice::new("me", "Whoever looks")).chain(people).collect()
        }
        Holds::Country => COUNTRIES.iter().map(|(code, name)| Choice::new(*code, *name)).collect(),
        Holds::Flag | Holds::YesNo => vec![Choice::new("yes", "Yes"), Choice::new("no", "No")],
        Holds::Choice | Holds::Choices => {
            field.custom.iter().flat_map(|custom| &custom.choices).map(|choice| same(&choice.label)).collect()
        }
        _ => return None,
    })
}

/// The `type` of what is typed, the keyboard for it, and what it looks like.
fn typed(holds: Holds) -> (&'static str, &'static str, &'static str) {
    match holds {
        Holds::Number | Holds::Amount => ("text", "decimal", "Number"),
        Holds::Day | Holds::Moment => ("text", "", "2026-11-17 or today"),
        Holds::Record(_) => ("text", "numeric", "Number of its page"),
        _ => ("text", "", "Value"),
    }
}
