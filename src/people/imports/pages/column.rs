//! The page of one column: what is done to its texts, with the first rows before and after.

use askama::Template;

use super::super::fields::{self, Shape};
use super::super::plan::Plan;
use super::super::rows::FirstLook;
use super::super::service::Wanted;
use super::super::treatment::{self, Dates, Decimals, Letters, Names, Separator, Treatment};
use super::super::{Import, mapping, sent, service};
use super::{ABOVE, look};
use crate::db::Tx;
use crate::error::{Error, FieldError};
use crate::people::countries::COUNTRIES;
use crate::people::custom_fields::{self, NewField};
use crate::people::settings;
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request};

#[derive(Template)]
#[template(path = "people/imports/column.html")]
struct ColumnPage {
    path: String,
    back: String,
    heading: String,
    /// What the column goes into.
    field: String,
    shape: Shape,
    letters_word: String,
    names_word: String,
    dates_word: String,
    decimals_word: String,
    separator_word: String,
    treatment: Treatment,
    letters: Vec<Choice>,
    names: Vec<Choice>,
    dates: Vec<Choice>,
    decimals: Vec<Choice>,
    separators: Vec<Choice>,
    countries: Vec<Choice>,
    /// What the dates of the column say about their order.
    found: String,
    /// Text of the file, and as it is read.
    rows: Vec<(String, Result<String, String>)>,
    errors: Vec<FieldError>,
}

impl ColumnPage {
    fn is(&self, shape: Shape) -> bool {
        self.shape == shape
    }

    fn is_divided(&self) -> bool {
        matches!(self.shape, Shape::Many | Shape::Phone | Shape::Choices)
    }

    fn has_letters(&self) -> bool {
        !matches!(self.shape, Shape::Date | Shape::Number)
    }
}

/// The word of a setting in forms: the one it has in the API.
fn word(setting: impl serde::Serialize) -> String {
    serde_json::to_value(setting).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The import in the path while it waits for its columns, the column, and the key of its field.
fn find(request: &Request) -> Result<(Import, usize, String), Error> {
    let import = sent::find(request)?;
    let position: usize = request.param("position")?;
    let key = import.mapping.get(&position).cloned();
    match (key, position < import.columns.len()) {
        (Some(key), true) => Ok((import, position, key)),
        (None, true) => Err(Error::Conflict("this column is left out; choose first where it goes".into())),
        (_, false) => Err(Error::NotFound("column")),
    }
}

pub fn show(request: &Request) -> Result<Reply, Error> {
    let (import, position, key) = find(request)?;
    let treatment = import.treatments.get(&position).cloned().unwrap_or_default();
    let page = page(request, &import, position, &key, treatment, Vec::new())?;
    request.page_below(&page.heading, ABOVE, &page)
}

fn page(
    request: &Request,
    import: &Import,
    position: usize,
    key: &str,
    treatment: Treatment,
    errors: Vec<FieldError>,
) -> Result<ColumnPage, Error> {
    let known = request.read(|db| service::fields(db, import))?;
    let found = look(request, import, Some(&import.format))?;
    let treatments = [(position, treatment.clone())].into();
    let plan = Plan::new(&known, &import.mapping, &treatments, &import.columns);
    let text = |row: &Vec<String>| row.get(position).cloned().unwrap_or_default();
    let rows = found.preview.iter().map(text).map(|text| (text.clone(), plan.preview(position, &text))).collect();
    let dates = treatment::look(found.sample.iter().filter_map(|row| row.get(position)).map(String::as_str));
    let choices = |list: Vec<(String, &'static str)>| -> Vec<Choice> {
        list.into_iter().map(|(word, label)| Choice::new(word, label)).collect()
    };
    let mut countries = vec![Choice::new("", "As the workspace")];
    countries.extend(COUNTRIES.iter().map(|(code, name)| Choice::new(*code, *name)));
    let back = request.url(&format!("/people/imports/{}", import.id));
    let shape = known.shape(key);
    Ok(ColumnPage {
        path: format!("{back}/columns/{position}"),
        back,
        heading: mapping::column_name(&import.columns, position),
        field: known.label(key).unwrap_or_default(),
        shape,
        letters_word: word(treatment.letters),
        names_word: word(treatment.names),
        dates_word: word(treatment.dates),
        decimals_word: word(treatment.decimals),
        separator_word: word(treatment.separator),
        treatment,
        letters: choices(Letters::ALL.iter().map(|one| (word(one), one.label())).collect()),
        names: choices(Names::ALL.iter().map(|one| (word(one), one.label())).collect()),
        dates: choices(Dates::ALL.iter().map(|one| (word(one), one.label())).collect()),
        decimals: choices(Decimals::ALL.iter().map(|one| (word(one), one.label())).collect()),
        separators: choices(Separator::ALL.iter().map(|one| (word(one), one.label())).collect()),
        countries,
        found: if shape == Shape::Date { dates.words() } else { String::new() },
        rows,
        errors,
    })
}

/// Takes what is to be done to the texts of the column. Decisions about its values stay.
pub fn save(request: &Request) -> Result<Reply, Error> {
    let (import, position, key) = find(request)?;
    let values = import.treatments.get(&position).map(|known| known.values.clone()).unwrap_or_default();
    let (mut action, mut parts) = (String::new(), serde_json::Map::new());
    for (name, value) in request.form_pairs()? {
        match name.as_str() {
            "action" => action = value,
            "values" => return Err(Error::field(name, "unknown_field", "This form has no such field.")),
            _ => drop(parts.insert(name, value.into())),
        }
    }
    let treatment: Treatment = serde_json::from_value(parts.into())
        .map_err(|_| Error::field("treatment", "unknown_value", "Choose from the lists of this form."))?;
    let treatment = Treatment { values, ..treatment };
    let known = request.read(|db| service::fields(db, &import))?;
    let mut errors = Vec::new();
    let heading = mapping::column_name(&import.columns, position);
    treatment.check(position, &heading, &known, &key, &mut errors);
    if !errors.is_empty() {
        let before = format!("treatments/{position}/");
        let bare = |error: FieldError| {
            let field = error.field.strip_prefix(&before).unwrap_or(&error.field).to_owned();
            FieldError { field: field.into(), ..error }
        };
        let errors = errors.into_iter().map(bare).collect();
        let page = page(request, &import, position, &key, treatment, errors)?;
        return request.page_with_errors(&page.heading, ABOVE, &page);
    }
    let mut wanted = Wanted::of(&import);
    wanted.treatments.insert(position, treatment);
    wanted.treatments.retain(|_, treatment| !treatment.is_nothing());
    request.write(|tx| service::set_draft(tx, import.id, wanted))?;
    let back = request.url(&format!("/people/imports/{}", import.id));
    Ok(Reply::see_other(if action == "look" { format!("{back}/columns/{position}") } else { back }))
}

/// Makes the field that is proposed for a column, and sends the column into it.
pub fn make_field(
    tx: &Tx,
    import: &Import,
    position: usize,
    wanted: &mut Wanted,
    found: &FirstLook,
) -> Result<(), Error> {
    let heading = wanted.columns.get(position).ok_or(Error::NotFound("column"))?;
    let Some(proposal) = fields::proposal(heading) else {
        return Err(Error::Conflict("no field is proposed for this column; make one in Settings, Fields".into()));
    };
    let new = NewField {
        object: import.object.word().into(),
        label: proposal.label.into(),
        kind: proposal.kind.word().into(),
        is_personal: "yes".into(),
        category: proposal.category.into(),
        ..NewField::default()
    };
    let id = custom_fields::service::create(tx, &new, &settings::service::default_country(tx)?)?;
    wanted.mapping.insert(position, custom_fields::service::get(tx, id)?.place());
    let proposed = treatment::propose(&service::fields(tx, import)?, &wanted.mapping, &found.sample);
    if let Some(treatment) = proposed.get(&position) {
        wanted.treatments.insert(position, treatment.clone());
    }
    Ok(())
}
