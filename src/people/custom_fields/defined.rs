//! Custom fields as the data map sees them: columns that a workspace defined, each with its category.

use super::{Category, Kind, kinds, service, store};
use crate::db::Db;
use crate::error::Error;
use crate::id::CustomFieldId;
use crate::module::{DefinedColumn, DefinedColumns, ShownValue};
use crate::people::record::Object;
use crate::people::{companies, contacts};

pub const DEFINED: DefinedColumns = DefinedColumns { table: "custom_values", list, shown };

fn list(db: &Db) -> Result<Vec<DefinedColumn>, Error> {
    let columns = service::every(db)?.into_iter().map(|field| DefinedColumn {
        on: field.object.word().to_owned(),
        category: field.category.word(),
        category_label: field.category.label(),
        is_personal: field.category != Category::None,
        is_searchable: field.kind.is_searchable(),
        key: field.key,
        label: field.label,
    });
    Ok(columns.collect())
}

/// A choice by its label, a related company by its name.
fn shown(db: &Db, field: i64, value: &str) -> Result<ShownValue, Error> {
    let Some(field) = store::find(db, CustomFieldId(field))? else { return Ok(ShownValue::Words(value.to_owned())) };
    let id: Option<i64> = value.parse().ok();
    Ok(match field.kind {
        Kind::Choice | Kind::Choices => {
            let choice = field.choices.iter().find(|choice| Some(choice.id.0) == id);
            ShownValue::Words(choice.map_or(value, |choice| choice.label.as_str()).to_owned())
        }
        Kind::Relation => {
            let find = match field.target {
                Some(Object::Company) => companies::RECORD.find,
                _ => contacts::RECORD.find,
            };
            let name = id.map(|id| find(db, id)).transpose()?.flatten().map(|found| found.name);
            match (field.target, name) {
                (Some(Object::Company), Some(name)) => ShownValue::Words(name),
                (_, name) => ShownValue::AnotherPerson(name.unwrap_or_default()),
            }
        }
        kind => ShownValue::Words(kinds::shown(kind, value)),
    })
}
