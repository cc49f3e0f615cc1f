//! Custom fields on pages: the inputs of a form, what was typed into them, and the lines of a record.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::kinds::{self, parts_of_amount};
use super::related::Related;
use super::{CustomField, CustomValue, Definitions, Kind, Typed};
use crate::clock::Timestamp;
use crate::error::FieldError;
use crate::people::form::Fields;
use crate::people::record::Object;
use crate::web::ui::{self, Choice};

/// The part of a form that holds the workspace's own fields.
#[derive(Template)]
#[template(path = "people/custom_fields/_inputs.html")]
pub struct Inputs {
    inputs: Vec<Input>,
}

impl HtmlSafe for Inputs {}

/// One field as a form draws it.
struct Input {
    /// `custom/shoe_size`.
    name: String,
    label: String,
    hint: String,
    kind: Kind,
    is_required: bool,
    /// What a relation points at: `contact` or `company`.
    target: &'static str,
    /// As it stands in the control.
    value: String,
    /// Of an amount.
    currency: String,
    choices: Vec<Choice>,
    /// The chosen among several.
    chosen: Vec<String>,
    errors: Vec<FieldError>,
}

impl Input {
    /// The `type` of a plain input.
    fn control(&self) -> &'static str {
        match self.kind {
            Kind::Date => "date",
            Kind::DateTime => "datetime-local",
            Kind::Url => "url",
            Kind::Email => "email",
            Kind::Phone => "tel",
            _ => "text",
        }
    }

    /// How a related record is named.
    fn relation_hint(&self) -> &str {
        if self.hint.is_empty() { "By name or email address." } else { &self.hint }
    }
}

/// The inputs of every field in use, filled with what was typed. Errors come to the field they are about.
pub fn inputs(definitions: &Definitions, typed: &Typed, errors: &[FieldError], zone: &TimeZone) -> Inputs {
    let inputs = definitions
        .live()
        .map(|field| {
            let texts = typed.get(&field.key).cloned().unwrap_or_default();
            let first = texts.first().cloned().unwrap_or_default();
            let (currency, value) = match field.kind {
                Kind::Currency if first.is_empty() => (field.currency.clone(), String::new()),
                Kind::Currency => {
                    let (currency, digits) = parts_of_amount(&first);
                    (currency.to_owned(), digits.to_owned())
                }
                Kind::DateTime => (String::new(), local(&first, zone)),
                _ => (String::new(), first),
            };
            let name = field.place();
            let offered = field.choices.iter().filter(|choice| !choice.is_retired || texts.contains(&choice.label));
            let value_of = |choice: &super::Choice| match field.kind {
                Kind::Choices => choice.id.to_string(),
                _ => choice.label.clone(),
            };
            let chosen = field.choices.iter().filter(|choice| texts.contains(&choice.label)).map(value_of).collect();
            let mut choices: Vec<Choice> =
                offered.map(|choice| Choice::new(value_of(choice), choice.label.clone())).collect();
            match field.kind {
                Kind::Choice => choices.insert(0, Choice::new("", "Nothing chosen")),
                Kind::YesNo => {
                    choices = [("", "Not said"), ("true", "Yes"), ("false", "No")]
                        .into_iter()
                        .map(|(value, label)| Choice::new(value, label))
                        .collect();
                }
                _ => {}
            }
            Input {
                errors: errors.iter().filter(|error| error.field == name.as_str()).cloned().collect(),
                label: field.label.clone(),
                hint: field.hint.clone(),
                kind: field.kind,
                is_required: field.is_required,
                target: field.target.map_or("", Object::word),
                value,
                currency,
                choices,
                chosen,
                name,
            }
        })
        .collect();
    Inputs { inputs }
}

/// Takes the custom fields out of a posted form. Every field in use is there, empty or not.
pub fn take(definitions: &Definitions, fields: &mut Fields, zone: &TimeZone) -> Typed {
    let mut typed = Typed::new();
    for field in definitions.live() {
        let name = field.place();
        let texts = match field.kind {
            Kind::Choices => {
                let mut ticked = Vec::new();
                for choice in &field.choices {
                    if !fields.take(&format!("{name}/{}", choice.id)).is_empty() {
                        ticked.push(choice.label.clone());
                    }
                }
                ticked
            }
            Kind::Currency => {
                let (amount, currency) = (fields.take(&name), fields.take(&format!("{name}/currency")));
                vec![if amount.trim().is_empty() { amount } else { format!("{} {amount}", currency.trim()) }]
            }
            Kind::DateTime => vec![moment(&fields.take(&name), zone)],
            _ => vec![fields.take(&name)],
        };
        typed.insert(field.key.clone(), texts.into_iter().filter(|text| !text.trim().is_empty()).collect());
    }
    typed
}

/// The wall clock of the reader for a kept moment; what is no moment stays as it was typed.
fn local(text: &str, zone: &TimeZone) -> String {
    match Timestamp::parse(text) {
        Some(moment) => moment.zoned(zone).strftime("%Y-%m-%dT%H:%M").to_string(),
        None => text.to_owned(),
    }
}

/// A kept moment as people read it, on the reader's wall clock.
fn read_moment(text: &str, zone: &TimeZone) -> String {
    Timestamp::parse(text).map_or(text.to_owned(), |moment| moment.zoned(zone).strftime("%-d %b %Y, %H:%M").to_string())
}

/// A kept day as people read it: `28 Nov 2026`.
fn read_day(text: &str) -> String {
    text.parse::<Date>().map_or(text.to_owned(), |day| day.strftime("%-d %b %Y").to_string())
}

/// The moment that a wall clock in `zone` shows; what is no wall clock goes on as it was typed, to be refused.
fn moment(text: &str, zone: &TimeZone) -> String {
    let moment = text.parse::<DateTime>().ok().and_then(|local| local.to_zoned(zone.clone()).ok());
    match moment {
        Some(moment) if Timestamp::parse(text).is_none() => Timestamp(moment.timestamp().as_millisecond()).rfc3339(),
        _ => text.to_owned(),
    }
}

/// What was typed into a field, or kept in it, as people read it; what the field would not take stays as it is.
pub fn shown(field: &CustomField, texts: &[String], zone: &TimeZone, country: &str) -> String {
    let shown = |text: &String| match field.kind {
        Kind::DateTime => read_moment(text, zone),
        Kind::Date => read_day(text),
        Kind::Number | Kind::Currency | Kind::Phone | Kind::YesNo => kinds::read(field, text, country)
            .map_or(text.clone(), |canonical| kinds::shown(field.kind, &canonical.value)),
        _ => text.clone(),
    };
    texts.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// The values as what would be typed to make them; related records by name and number.
pub fn typed_of(values: &[CustomValue], related: &Related) -> Typed {
    let mut typed = Typed::new();
    for value in values {
        let text = match related.find(value) {
            Some((name, record)) => format!("{name} #{}", record.id()),
            None => value.value.clone(),
        };
        typed.entry(value.key.clone()).or_default().push(text);
    }
    typed
}

/// The lines of a record's page, one for each field that has a value.
#[derive(Template)]
#[template(path = "people/custom_fields/_lines.html")]
pub struct Lines {
    lines: Vec<Line>,
}

impl HtmlSafe for Lines {}

/// A label and what the record holds there.
struct Line {
    label: String,
    kind: Kind,
    /// Where a web address, an email address, a phone number or a record leads.
    href: String,
    text: String,
}

/// What a record holds in its fields in use. `link` makes an address of a record's path.
pub fn lines(values: &[CustomValue], zone: &TimeZone, related: &Related, link: &dyn Fn(&str) -> String) -> Lines {
    let mut lines: Vec<Line> = Vec::new();
    for value in values.iter().filter(|value| !value.is_archived) {
        let (text, href) = match value.kind {
            Kind::DateTime => (read_moment(&value.value, zone), String::new()),
            Kind::Date => (read_day(&value.value), String::new()),
            Kind::Relation => match related.find(value) {
                Some((name, record)) => (name.clone(), link(&record.path())),
                None => ("One that you may not see".to_owned(), String::new()),
            },
            Kind::Url => (value.value.clone(), value.value.clone()),
            Kind::Email => (value.value.clone(), format!("mailto:{}", value.value)),
            Kind::Phone => (value.shown(), format!("tel:{}", value.value)),
            _ => (value.shown(), String::new()),
        };
        match lines.last_mut().filter(|line| line.label == value.label && value.kind == Kind::Choices) {
            Some(line) => line.text = format!("{}, {text}", line.text),
            None => lines.push(Line { label: value.label.clone(), kind: value.kind, href, text }),
        }
    }
    Lines { lines }
}
