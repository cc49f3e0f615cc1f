//! `/api/v1/custom-fields`: the definitions. Values stand in `custom` of each record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CustomField, NewField, service};
use crate::error::Error;
use crate::id::CustomFieldId;
use crate::people::list::api::Collection;
use crate::people::record::Object;
use crate::people::{settings, wire};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);

/// Who reads records needs to know their fields, whichever records those are: so every member may.
pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/custom-fields", Access::Member, list).api(&Operation {
        summary: "Lists the fields that the workspace defined, those out of use too.",
        query: &[QueryParameter {
            name: "object",
            description: "Only those of contact or company.",
            kind: QueryKind::Text,
        }],
        request: None,
        status: 200,
        response: Some(schema::<Collection<FieldWire>>),
    }),
    Route::post("/api/v1/custom-fields", MANAGE, create).api(&Operation {
        summary: "Defines a field.",
        query: &[],
        request: Some(schema::<FieldBody>),
        status: 201,
        response: Some(schema::<FieldWire>),
    }),
    Route::get("/api/v1/custom-fields/{id}", Access::Member, show).api(&Operation {
        summary: "Gives the definition of a field.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<FieldWire>),
    }),
    Route::patch("/api/v1/custom-fields/{id}", MANAGE, change).api(&Operation {
        summary: "Changes what can change of a field: not its kind, its key or the record it is on.",
        query: &[],
        request: Some(schema::<FieldPatch>),
        status: 200,
        response: Some(schema::<FieldWire>),
    }),
    Route::delete("/api/v1/custom-fields/{id}", MANAGE, delete).versioned().api(&Operation {
        summary: "Deletes a field with every value in it.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
];

/// A field that the workspace defined.
#[derive(Serialize, JsonSchema)]
struct FieldWire {
    id: CustomFieldId,
    version: i64,
    /// `contact` or `company`.
    object: &'static str,
    /// Its name in `custom` of a record.
    key: String,
    label: String,
    hint: String,
    /// `text`, `long_text`, `number`, `currency`, `date`, `date_time`, `choice`, `choices`, `yes_no`, `url`, `email`,
    /// `phone` or `relation`.
    kind: &'static str,
    required: bool,
    default: String,
    personal: bool,
    /// `identity`, `contact`, `content`, `behaviour`, `preference`, `special` (GDPR Art. 9), or `none`.
    category: &'static str,
    /// Of amounts that come without one.
    currency: Option<String>,
    /// What a relation points at.
    target: Option<&'static str>,
    choices: Vec<String>,
    archived: bool,
    created_at: String,
    updated_at: String,
}

impl From<CustomField> for FieldWire {
    fn from(field: CustomField) -> FieldWire {
        FieldWire {
            id: field.id,
            version: field.version,
            object: field.object.word(),
            kind: field.kind.word(),
            required: field.is_required,
            personal: field.is_personal(),
            category: field.category.word(),
            target: field.target.map(Object::word),
            choices: field.offered().map(|choice| choice.label.clone()).collect(),
            archived: field.archived_at.is_some(),
            created_at: field.created_at.rfc3339(),
            updated_at: field.updated_at.rfc3339(),
            currency: Some(field.currency).filter(|currency| !currency.is_empty()),
            key: field.key,
            label: field.label,
            hint: field.hint,
            default: field.default_value,
        }
    }
}

/// A field to define.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FieldBody {
    object: String,
    /// Absent: made of the label.
    #[serde(default)]
    key: String,
    label: String,
    #[serde(default)]
    hint: String,
    kind: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    default: String,
    /// Whether it holds personal data: exports and erasure depend on the answer.
    personal: bool,
    /// Needed for personal data.
    #[serde(default)]
    category: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    choices: Vec<String>,
}

impl From<FieldBody> for NewField {
    fn from(body: FieldBody) -> NewField {
        NewField {
            object: body.object,
            key: body.key,
            label: body.label,
            hint: body.hint,
            kind: body.kind,
            is_required: body.required,
            default_value: body.default,
            is_personal: yes_or_no(body.personal),
            category: body.category,
            currency: body.currency,
            target: body.target,
            choices: body.choices,
        }
    }
}

/// What can change. Absent parts stay as they are.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct FieldPatch {
    label: Option<String>,
    hint: Option<String>,
    required: Option<bool>,
    default: Option<String>,
    personal: Option<bool>,
    category: Option<String>,
    currency: Option<String>,
    /// In their order. One that is missing is not offered any more, and stays where it was chosen.
    choices: Option<Vec<String>>,
    /// Out of use: the values are kept.
    archived: Option<bool>,
}

fn yes_or_no(yes: bool) -> String {
    (if yes { "yes" } else { "no" }).to_owned()
}

fn list(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Query {
        object: String,
    }
    let query: Query = request.query()?;
    let object = match query.object.as_str() {
        "" => None,
        word => Some(
            Object::from_word(word)
                .ok_or_else(|| Error::field("object", "unknown", "There are fields of contact and of company."))?,
        ),
    };
    let fields = request.read(|db| match object {
        Some(object) => service::all(db, object),
        None => service::every(db),
    })?;
    let data = fields.into_iter().map(FieldWire::from).collect();
    Reply::json(&Collection { data, next_cursor: None, total: None, total_is_floor: None })
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: CustomFieldId = request.param("id")?;
    answer(request.read(|db| service::get(db, id))?)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let new: NewField = request.json::<FieldBody>()?.into();
    idempotency::write(request, |tx| {
        let country = settings::service::default_country(tx)?;
        let id = service::create(tx, &new, &country)?;
        Reply::created(format!("/api/v1/custom-fields/{id}"), &FieldWire::from(service::get(tx, id)?))
    })
}

fn change(request: &Request) -> Result<Reply, Error> {
    let id: CustomFieldId = request.param("id")?;
    let version = request.if_match()?;
    let body: FieldPatch = request.json()?;
    answer(request.write(|tx| {
        let before = service::get(tx, id)?;
        let mut new = NewField::of(&before);
        set(&mut new.label, body.label);
        set(&mut new.hint, body.hint);
        set(&mut new.default_value, body.default);
        set(&mut new.category, body.category);
        set(&mut new.currency, body.currency);
        set(&mut new.choices, body.choices);
        set(&mut new.is_required, body.required);
        if let Some(personal) = body.personal {
            new.is_personal = yes_or_no(personal);
            if !personal {
                new.category = String::new();
            }
        }
        service::update(tx, id, version, &new, &settings::service::default_country(tx)?)?;
        if let Some(archived) = body.archived {
            service::set_archived(tx, id, service::get(tx, id)?.version, archived)?;
        }
        service::get(tx, id)
    })?)
}

fn set<T>(place: &mut T, sent: Option<T>) {
    if let Some(sent) = sent {
        *place = sent;
    }
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let id: CustomFieldId = request.param("id")?;
    let version = wire::version_if_sent(request)?;
    request.write(|tx| service::delete(tx, id, version))?;
    Ok(Reply::nothing())
}

fn answer(field: CustomField) -> Result<Reply, Error> {
    let entity_tag = wire::entity_tag(field.version);
    Ok(Reply::json(&FieldWire::from(field))?.header("ETag", entity_tag))
}
