//! What is to be decided on the page of a checked import: values that are no choice, rows that resemble somebody.

use super::service::{self, Values};
use super::{Resemblance, SHOWN};
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::people::imports::fields::Fields;
use crate::people::imports::mapping::column_name;
use crate::people::imports::pages::{ask, with_faults};
use crate::people::imports::treatment::Decision;
use crate::people::imports::{self, Import, Resembling, State, sent};
use crate::people::text::fold;
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request};

/// Values of one column that the page shows; the API gives all that are kept.
const VALUES_SHOWN: usize = 100;
/// Before the choice that a value becomes, in the form.
const MAP: &str = "map:";

/// What the page of an import asks.
pub struct Decisions {
    pub columns: Vec<ColumnValues>,
    pub rows: Vec<RowLine>,
    /// What becomes of all rows that resemble somebody; empty: nobody decided.
    pub all: String,
    pub all_choices: Vec<Choice>,
    pub row_choices: Vec<Choice>,
}

/// The unknown values of one column.
pub struct ColumnValues {
    pub heading: String,
    pub field: String,
    pub choices: Vec<Choice>,
    pub values: Vec<ValueLine>,
    /// More than the page shows.
    pub more: usize,
}

pub struct ValueLine {
    /// The name of the hidden field with the value, and of the select beside it.
    pub value_name: String,
    pub to_name: String,
    pub value: String,
    /// How many rows have it, in words.
    pub rows: String,
    pub to: String,
}

/// A row that resembles somebody.
pub struct RowLine {
    pub line: i64,
    pub name: String,
    /// Path of the contact it resembles; empty for an earlier row.
    pub path: String,
    pub other: String,
    pub reasons: String,
    pub field: String,
    pub decision: String,
}

impl Decisions {
    /// `chosen` is what somebody sent that was refused: it stays in the form.
    pub fn read(
        db: &Db,
        import: &Import,
        fields: &Fields,
        may_define: bool,
        chosen: &[(String, String)],
    ) -> Result<Decisions, Error> {
        let sent = |name: &str| chosen.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let (mut columns, mut rows) = (Vec::new(), Vec::new());
        if import.state == State::Checked {
            for (position, values) in service::unknown_by_column(db, import.id)? {
                let Some(field) = import.mapping.get(&position).and_then(|key| fields.custom(key)) else { continue };
                let mut choices =
                    vec![Choice::new("", "Leave the rows out"), Choice::new("empty", "Leave the field empty")];
                if may_define {
                    choices.push(Choice::new("add", "Add it as a new choice"));
                }
                let offered = field.offered().map(|choice| choice.label.as_str());
                choices.extend(offered.map(|label| Choice::new(format!("{MAP}{label}"), label)));
                let more = values.len().saturating_sub(VALUES_SHOWN);
                let line = |(number, value): (usize, super::UnknownValue)| {
                    let to_name = format!("to_{position}_{number}");
                    let to = sent(&to_name).unwrap_or_default();
                    let value_name = format!("value_{position}_{number}");
                    ValueLine {
                        value_name,
                        to,
                        to_name,
                        value: value.value,
                        rows: ui::plural(value.rows, "row", "rows"),
                    }
                };
                columns.push(ColumnValues {
                    heading: column_name(&import.columns, position),
                    field: field.label.clone(),
                    choices,
                    values: values.into_iter().take(VALUES_SHOWN).enumerate().map(line).collect(),
                    more,
                });
            }
            for row in service::between(db, import.id, 0, i64::MAX, SHOWN)? {
                let mut row = line_of(db, import, row)?;
                row.decision = sent(&row.field).unwrap_or(row.decision);
                rows.push(row);
            }
        }
        let all = import.on_resembling.map_or("", Resembling::word).to_owned();
        let all_choices = vec![
            Choice::new("create", "Add them anyway").hint("They are other people of the same name."),
            Choice::new("skip", "Skip them").hint("Nothing of these rows is taken."),
            Choice::new("update", "Change the known ones").hint("What a row says is put over what is known."),
        ];
        let row_choices = vec![
            Choice::new("", "As all"),
            Choice::new("create", "Add anyway"),
            Choice::new("skip", "Skip"),
            Choice::new("update", "Change the known one"),
        ];
        Ok(Decisions { columns, rows, all: sent("all").unwrap_or(all), all_choices, row_choices })
    }
}

fn line_of(db: &Db, import: &Import, row: Resemblance) -> Result<RowLine, Error> {
    let (path, other) = match (row.other, row.other_line) {
        (Some(id), _) => (format!("/people/contacts/{id}"), service::name_of(db, id)?),
        (None, Some(line)) => (String::new(), format!("{} {line} of this file", import.format.kind.place())),
        (None, None) => (String::new(), String::new()),
    };
    let reasons: Vec<&str> = row.reasons.iter().map(|reason| reason.label()).collect();
    Ok(RowLine {
        field: format!("row_{}", row.line),
        line: row.line,
        name: row.name,
        path,
        other,
        reasons: reasons.join(", "),
        decision: row.decision.map_or("", Resembling::word).to_owned(),
    })
}

/// Keeps what was decided about values, and checks the file again with it.
pub fn decide_values(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    let pairs = request.form_pairs()?;
    let may_define = request.may(Action::Manage, Area::Settings);
    let values = match read_values(&pairs) {
        Ok(values) => values,
        Err(error) => return with_faults(request, import, &pairs, vec![error]),
    };
    let decided = request.write(|tx| {
        service::decide_values(tx, import.id, values, may_define)?;
        imports::service::start(tx, import.id, true)
    });
    match decided {
        Ok(()) => ask(request, &import),
        Err(Error::Invalid(errors)) => {
            let errors = errors.into_iter().map(|error| at_select(error, &pairs)).collect();
            with_faults(request, import, &pairs, errors)
        }
        Err(error) => Err(error),
    }
}

fn read_values(pairs: &[(String, String)]) -> Result<Values, FieldError> {
    let mut values = Values::new();
    for (name, to) in pairs {
        let Some(place) = name.strip_prefix("to_") else {
            if name.starts_with("value_") {
                continue;
            }
            return Err(FieldError::new(name.clone(), "unknown_field", "This form has no such field."));
        };
        let value = pairs.iter().find(|(other, _)| other.strip_prefix("value_") == Some(place));
        let position = place.split('_').next().and_then(|position| position.parse::<usize>().ok());
        let (Some((_, value)), Some(position)) = (value, position) else {
            return Err(FieldError::new(name.clone(), "unknown_field", "This form has no such field."));
        };
        let decision = match to.as_str() {
            "" => continue,
            "empty" => Decision::Empty,
            "reject" => Decision::Reject,
            "add" => Decision::Add,
            to => match to.strip_prefix(MAP) {
                Some(choice) => Decision::Map(choice.to_owned()),
                None => return Err(FieldError::new(name.clone(), "unknown_value", "Choose from the list.")),
            },
        };
        values.entry(position).or_default().insert(value.clone(), decision);
    }
    Ok(values)
}

/// The error at the select of its value, or at the first one of its column.
fn at_select(error: FieldError, pairs: &[(String, String)]) -> FieldError {
    let place = error.field.strip_prefix("treatments/").or_else(|| error.field.strip_prefix("values/"));
    let Some(place) = place else { return error };
    let mut parts = place.splitn(3, '/');
    let (position, value) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
    let before = format!("value_{position}_");
    let of_value = |(name, text): &&(String, String)| name.starts_with(&before) && fold(text) == fold(value);
    let of_column = |(name, _): &&(String, String)| name.starts_with(&before);
    let found = pairs.iter().find(of_value).or_else(|| pairs.iter().find(of_column));
    match found {
        Some((name, _)) => FieldError { field: name.replacen("value_", "to_", 1).into(), ..error },
        None => error,
    }
}

/// Keeps what becomes of rows that resemble somebody, and begins the run when that was asked.
pub fn decide_rows(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    let pairs = request.form_pairs()?;
    let (mut all, mut rows, mut is_run, mut errors) = (None, Vec::new(), false, Vec::new());
    for (name, value) in &pairs {
        let decision = Resembling::from_word(value);
        match (name.as_str(), name.strip_prefix("row_").and_then(|line| line.parse().ok())) {
            ("action", _) => is_run = value == "run",
            ("all", _) => all = decision,
            (_, Some(line)) if decision.is_some() || value.is_empty() => rows.push((line, decision)),
            _ => errors.push(FieldError::new(name.clone(), "unknown_value", "Choose from the list.")),
        }
    }
    if all.is_none() {
        errors.insert(0, FieldError::new("all", "required", "Say what becomes of rows that resemble somebody."));
    }
    if !errors.is_empty() {
        return with_faults(request, import, &pairs, errors);
    }
    if is_run {
        sent::demand_fields(request, &import)?;
    }
    let decided = request.write(|tx| {
        service::decide_rows(tx, import.id, all, &rows)?;
        if is_run { imports::service::start(tx, import.id, false) } else { Ok(()) }
    });
    match decided {
        Ok(()) if is_run => ask(request, &import),
        Ok(()) => Ok(Reply::see_other(request.url(&format!("/people/imports/{}", import.id))).toast("import-decided")),
        Err(Error::Invalid(errors)) => with_faults(request, import, &pairs, errors),
        Err(error) => Err(error),
    }
}
