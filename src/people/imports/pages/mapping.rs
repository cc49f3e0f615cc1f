//! The page on which the columns of a file are given their fields.

use askama::Template;

use super::super::consents::{Ground, Rests};
use super::super::jobs::RUN;
use super::super::plan::Plan;
use super::super::rows::{FirstLook, Format};
use super::super::service::Wanted;
use super::super::{Import, Kind, Mapping, Mode, Treatments, fields, mapping, remembered, sent, service, treatment};
use super::{ABOVE, look, mode_choices};
use crate::error::{Error, FieldError};
use crate::id::ImportMappingId;
use crate::jobs;
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request};

#[derive(Template)]
#[template(path = "people/imports/mapping.html")]
pub struct MappingPage {
    base: String,
    import: Import,
    columns: Vec<ColumnChoice>,
    /// The first rows as they would be read; what cannot be, with its reason.
    preview: Vec<Vec<Result<String, String>>>,
    fields: Vec<Choice>,
    encodings: Vec<Choice>,
    delimiters: Vec<Choice>,
    modes: Vec<Choice>,
    /// The remembered mapping it was mapped by.
    mapped_by: String,
    mapped_id: String,
    /// Headings whose field is gone, with what the field was called.
    gone: Vec<(String, String)>,
    remembered: Vec<Choice>,
    /// What a yes without its day or proof can rest on; none where no column can say one.
    grounds: Vec<Choice>,
    ground: String,
    reference: String,
    errors: Vec<FieldError>,
}

struct ColumnChoice {
    position: usize,
    name: String,
    heading: String,
    example: String,
    field: String,
    /// What is done to its texts; empty when nothing is.
    summary: String,
    /// What the dates of the column say about their order.
    dates: String,
    /// A field that could be made for it.
    proposed: &'static str,
}

impl MappingPage {
    fn delimiter_word(&self) -> &'static str {
        delimiter_word(self.import.format.delimiter)
    }

    fn mark(&self) -> (&'static str, &'static str) {
        if self.gone.is_empty() { ("info", "history") } else { ("risk", "triangle-alert") }
    }
}

/// The page of an import that waits for its columns.
pub fn page(request: &Request, import: Import, look: FirstLook, errors: Vec<FieldError>) -> Result<MappingPage, Error> {
    let may_define = request.may(Action::Manage, Area::Settings);
    let (known, others) = request.read(|db| Ok((service::fields(db, &import)?, remembered::service::all(db)?)))?;
    let mut choices = vec![Choice::new("", "Leave out")];
    choices.extend(known.all().map(|(key, label)| Choice::new(key, label)));
    let plan = Plan::new(&known, &import.mapping, &import.treatments, &import.columns);
    let columns = look.columns.iter().enumerate().map(|(position, heading)| {
        let texts = || look.sample.iter().filter_map(move |row| row.get(position)).map(String::as_str);
        let field = import.mapping.get(&position).cloned().unwrap_or_default();
        let is_date = !field.is_empty() && known.shape(&field) == fields::Shape::Date;
        let proposal = fields::proposal(heading).filter(|proposal| {
            let has = known.own.live().any(|own| own.label.eq_ignore_ascii_case(proposal.label));
            may_define && field.is_empty() && !has && texts().any(|text| !text.is_empty())
        });
        ColumnChoice {
            position,
            name: format!("column_{position}"),
            heading: mapping::column_name(&look.columns, position),
            example: texts().find(|text| !text.is_empty()).unwrap_or_default().to_owned(),
            summary: import.treatments.get(&position).map(treatment::Treatment::summary).unwrap_or_default(),
            dates: if is_date { treatment::look(texts()).words() } else { String::new() },
            proposed: proposal.map_or("", |proposal| proposal.label),
            field,
        }
    });
    let read = |row: &Vec<String>| row.iter().enumerate().map(|(at, text)| plan.preview(at, text)).collect();
    let mapped_by = others.iter().find(|other| Some(other.id) == import.remembered);
    let mut remembered = vec![Choice::new("", "None: by the words of the headings")];
    let of_kind = others.iter().filter(|other| other.object == import.object);
    remembered.extend(of_kind.map(|other| Choice::new(other.id.to_string(), &other.name)));
    Ok(MappingPage {
        base: request.url("/people/imports"),
        columns: columns.collect(),
        preview: look.preview.iter().map(read).collect(),
        fields: choices,
        encodings: encodings(&import.format.encoding),
        delimiters: [("comma", "Comma"), ("semicolon", "Semicolon"), ("tab", "Tab"), ("pipe", "Vertical bar")]
            .iter()
            .map(|(value, label)| Choice::new(*value, *label))
            .collect(),
        modes: mode_choices(),
        gone: mapped_by.map(|mapped_by| mapped_by.missing(&known)).unwrap_or_default(),
        mapped_id: mapped_by.map(|mapped_by| mapped_by.id.to_string()).unwrap_or_default(),
        mapped_by: mapped_by.map(|mapped_by| mapped_by.name.clone()).unwrap_or_default(),
        remembered: if remembered.len() > 1 { remembered } else { Vec::new() },
        grounds: if known.purposes.is_empty() { Vec::new() } else { grounds() },
        ground: import.rests.ground.map_or("", Ground::word).to_owned(),
        reference: import.rests.reference.clone(),
        import,
        errors,
    })
}

fn grounds() -> Vec<Choice> {
    let none = Choice::new("", "Nothing: such a yes is not taken");
    std::iter::once(none).chain(Ground::ALL.iter().map(|ground| Choice::new(ground.word(), ground.label()))).collect()
}

fn encodings(known: &str) -> Vec<Choice> {
    let mut encodings: Vec<Choice> = [
        ("UTF-8", "UTF-8"),
        ("windows-1252", "Western European (Windows-1252)"),
        ("ISO-8859-2", "Central European (ISO 8859-2)"),
        ("windows-1250", "Central European (Windows-1250)"),
        ("windows-1251", "Cyrillic (Windows-1251)"),
        ("UTF-16LE", "UTF-16"),
        ("UTF-16BE", "UTF-16, big end first"),
        ("Shift_JIS", "Japanese (Shift JIS)"),
        ("GBK", "Chinese (GBK)"),
    ]
    .iter()
    .map(|(value, label)| Choice::new(*value, *label))
    .collect();
    if !encodings.iter().any(|choice| choice.value == known) {
        encodings.push(Choice::new(known, known));
    }
    encodings
}

fn delimiter_word(delimiter: u8) -> &'static str {
    match delimiter {
        b';' => "semicolon",
        b'\t' => "tab",
        b'|' => "pipe",
        _ => "comma",
    }
}

fn delimiter_of(word: &str) -> Option<u8> {
    [b',', b';', b'\t', b'|'].into_iter().find(|delimiter| delimiter_word(*delimiter) == word)
}

/// What the form of the page says.
struct Sent {
    action: String,
    mode: Mode,
    format: Format,
    mapping: Mapping,
    /// Of the form "others": a remembered mapping, or none.
    remembered: Option<ImportMappingId>,
    /// What a yes without its day or proof rests on, as it was typed.
    ground: String,
    reference: String,
    errors: Vec<FieldError>,
}

fn read(request: &Request, import: &Import) -> Result<Sent, Error> {
    // Cards always have their headings: nobody is asked.
    let format = Format { has_header: import.format.kind == Kind::Cards, ..import.format.clone() };
    let (mapping, errors) = (Mapping::new(), Vec::new());
    let (action, ground, reference) = (String::new(), String::new(), String::new());
    let mut sent = Sent { action, mode: import.mode, format, mapping, remembered: None, ground, reference, errors };
    for (name, value) in request.form_pairs()? {
        match name.as_str() {
            "action" => sent.action = value,
            "remembered" => sent.remembered = value.parse().ok(),
            "consent_ground" => sent.ground = value,
            "consent_reference" => sent.reference = value,
            "encoding" => sent.format.encoding = value,
            // A box that is not ticked is not sent.
            "has_header" => sent.format.has_header = true,
            "delimiter" => match delimiter_of(&value) {
                Some(delimiter) => sent.format.delimiter = delimiter,
                None => {
                    sent.errors.push(FieldError::new("delimiter", "unknown", "Choose what stands between the fields."));
                }
            },
            "mode" => match Mode::from_word(&value) {
                Some(chosen) => sent.mode = chosen,
                None => {
                    sent.errors.push(FieldError::new("mode", "unknown", "Choose what becomes of known records."));
                }
            },
            _ => match name.strip_prefix("column_").and_then(|position| position.parse().ok()) {
                Some(position) if !value.is_empty() => {
                    sent.mapping.insert(position, value);
                }
                Some(_) => {}
                None => return Err(Error::field(name, "unknown_field", "This form has no such field.")),
            },
        }
    }
    Ok(sent)
}

/// Takes the columns, or only reads the file again in another way, then checks the whole file without writing.
pub fn map(request: &Request) -> Result<Reply, Error> {
    let mut import = sent::find(request)?;
    let mut sent = read(request, &import)?;
    let id = import.id;
    let back = request.url(&format!("/people/imports/{id}"));
    let column: Option<usize> = sent.action.strip_prefix("column-").and_then(|position| position.parse().ok());
    let field: Option<usize> = sent.action.strip_prefix("field-").and_then(|position| position.parse().ok());
    if field.is_some() && !request.may(Action::Manage, Area::Settings) {
        return Err(Error::Forbidden);
    }
    let mut treatments = import.treatments.clone();
    // What belongs to the field a column went into before does not fit the next one.
    treatments.retain(|position, _| import.mapping.get(position) == sent.mapping.get(position));
    let rests = match Rests::read(&sent.ground, &sent.reference) {
        Ok(rests) => rests,
        Err(Error::Invalid(errors)) => {
            sent.errors.extend(errors);
            import.rests.clone()
        }
        Err(error) => return Err(error),
    };
    let errors = std::mem::take(&mut sent.errors);
    let result = if errors.is_empty() {
        look(request, &import, Some(&sent.format)).and_then(|found| {
            request.write(|tx| {
                let (mode, format, columns) = (sent.mode, sent.format.clone(), found.columns.clone());
                let as_sent = Wanted {
                    mapping: sent.mapping.clone(),
                    treatments: treatments.clone(),
                    remembered: import.remembered,
                    rests: rests.clone(),
                    ..Wanted::of(&import)
                };
                let as_sent = Wanted { mode, format, columns, ..as_sent };
                let known = service::fields(tx, &import)?;
                match sent.action.as_str() {
                    "reread" => {
                        let (mapping, treatments, remembered) = service::guess(tx, &known, &found)?;
                        service::set_draft(tx, id, Wanted { mapping, treatments, remembered, ..as_sent })
                    }
                    "remembered" => {
                        let (mapping, treatments) = applied(tx, &known, &found, sent.remembered)?;
                        let remembered = sent.remembered;
                        service::set_draft(tx, id, Wanted { mapping, treatments, remembered, ..as_sent })
                    }
                    _ if column.is_some() => service::set_draft(tx, id, as_sent),
                    _ if field.is_some() => {
                        let (position, mut wanted) = (field.unwrap_or_default(), as_sent);
                        super::column::make_field(tx, &import, position, &mut wanted, &found)?;
                        service::set_draft(tx, id, wanted)
                    }
                    _ => {
                        let proposed = treatment::propose(&known, &as_sent.mapping, &found.sample);
                        let treatments = with_proposals(as_sent.treatments, proposed, &import);
                        service::set_mapping(tx, id, Wanted { treatments, ..as_sent })?;
                        service::start(tx, id, true)
                    }
                }
            })
        })
    } else {
        Err(Error::Invalid(errors))
    };
    match (result, column) {
        (Ok(()), Some(position)) => return Ok(Reply::see_other(format!("{back}/columns/{position}"))),
        (Ok(()), None) if field.is_some() => return Ok(Reply::see_other(back).toast("import-field-made")),
        (Ok(()), None) if matches!(sent.action.as_str(), "reread" | "remembered") => {}
        (Ok(()), None) => jobs::ask(&request.app, &RUN, Some(request.member()?.workspace_id()))?,
        (Err(Error::Invalid(errors)), _) => {
            let errors = errors.into_iter().map(as_form_error).collect();
            let found = look(request, &import, Some(&import.format))?;
            (import.mapping, import.treatments, import.mode) = (sent.mapping, treatments, sent.mode);
            let typed = page(request, import, found, errors)?;
            let typed = MappingPage { ground: sent.ground, reference: sent.reference, ..typed };
            return request.page_with_errors("Columns", ABOVE, &typed);
        }
        (Err(error), _) => return Err(error),
    }
    Ok(Reply::see_other(back))
}

/// By a remembered mapping of the same kind of record, or by the words of the headings.
fn applied(
    db: &crate::db::Db,
    known: &fields::Fields,
    found: &FirstLook,
    remembered: Option<ImportMappingId>,
) -> Result<(Mapping, Treatments), Error> {
    let Some(id) = remembered else {
        let mapping = mapping::guess(known, &found.columns);
        let treatments = treatment::propose(known, &mapping, &found.sample);
        return Ok((mapping, treatments));
    };
    let chosen = remembered::service::get(db, id)?;
    if chosen.object != known.object {
        return Err(Error::NotFound("mapping"));
    }
    Ok(chosen.applied(known, &found.columns))
}

/// What a column of dates or numbers suggests, where the column goes elsewhere than before and nobody said anything.
fn with_proposals(mut treatments: Treatments, proposed: Treatments, before: &Import) -> Treatments {
    for (position, treatment) in proposed {
        if !before.mapping.contains_key(&position) {
            treatments.entry(position).or_insert(treatment);
        }
    }
    treatments
}

/// `mapping/3` and `treatments/3/find` are at the select `column_3` of the form.
fn as_form_error(error: FieldError) -> FieldError {
    let of_column = error.field.strip_prefix("mapping/").or_else(|| error.field.strip_prefix("treatments/"));
    match of_column.and_then(|rest| rest.split('/').next()) {
        Some(position) => FieldError::new(format!("column_{position}"), error.code, error.message),
        None if error.field == "mapping" => FieldError::new("column_0", error.code, error.message),
        None => error,
    }
}
