//! The tables `custom_fields`, `custom_field_choices` and `custom_values`.

use rusqlite::Row;

use super::definition::CheckedField;
use super::kinds::Canonical;
use super::{Category, Choice, CustomField, CustomValue, Kind};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ChoiceId, CustomFieldId};
use crate::people::email;
use crate::people::record::{Object, Record, acting_member};
use crate::people::text::{fold, sort_key};

/// Every field of a kind of record in its order, archived ones too.
pub fn all(db: &Db, object: Object) -> Result<Vec<CustomField>, Error> {
    let fields = db.rows(
        "SELECT * FROM custom_fields WHERE object = :object ORDER BY position, id",
        &[(":object", &object.word())],
        field,
    )?;
    fields.into_iter().map(|field| with_choices(db, field)).collect()
}

pub fn find(db: &Db, id: CustomFieldId) -> Result<Option<CustomField>, Error> {
    let found = db.row("SELECT * FROM custom_fields WHERE id = :id", &[(":id", &id)], field)?;
    found.map(|field| with_choices(db, field)).transpose()
}

fn with_choices(db: &Db, mut field: CustomField) -> Result<CustomField, Error> {
    if field.kind.has_choices() {
        field.choices = db.rows(
            "SELECT id, label, is_retired FROM custom_field_choices WHERE field_id = :field ORDER BY position, id",
            &[(":field", &field.id)],
            |row| Ok(Choice { id: row.get(0)?, label: row.get(1)?, is_retired: row.get(2)? }),
        )?;
    }
    Ok(field)
}

pub fn insert(tx: &Tx, new: &CheckedField) -> Result<CustomFieldId, Error> {
    let id = tx.insert(
        "INSERT INTO custom_fields (object, key, label, hint, kind, is_required, default_value, is_personal, category,
             currency, target, position, created_by, created_at, updated_at)
         VALUES (:object, :key, :label, :hint, :kind, :required, :default, :personal, :category, :currency, :target,
             (SELECT ifnull(max(position), 0) + 1 FROM custom_fields WHERE object = :object), :by, :now, :now)",
        &[
            (":object", &new.object.word()),
            (":key", &new.key),
            (":label", &new.label),
            (":hint", &new.hint),
            (":kind", &new.kind.word()),
            (":required", &new.is_required),
            (":default", &new.default_value),
            (":personal", &(new.category != Category::None)),
            (":category", &new.category.word()),
            (":currency", &new.currency),
            (":target", &target(new)),
            (":by", &acting_member(tx.origin)),
            (":now", &tx.now),
        ],
    )?;
    Ok(CustomFieldId(id))
}

/// Writes what can change: the kind, the key and the record it is on cannot.
pub fn update(tx: &Tx, id: CustomFieldId, new: &CheckedField) -> Result<(), Error> {
    tx.execute(
        "UPDATE custom_fields SET label = :label, hint = :hint, is_required = :required, default_value = :default,
             is_personal = :personal, category = :category, currency = :currency, updated_at = :now, version = version + 1
         WHERE id = :id",
        &[
            (":id", &id),
            (":label", &new.label),
            (":hint", &new.hint),
            (":required", &new.is_required),
            (":default", &new.default_value),
            (":personal", &(new.category != Category::None)),
            (":category", &new.category.word()),
            (":currency", &new.currency),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

fn target(new: &CheckedField) -> &'static str {
    new.target.map_or("", Object::word)
}

/// Makes `labels` the choices on offer: new ones are added, those that are missing retire, and one that
/// comes back is the one it was.
pub fn set_choices(tx: &Tx, field: CustomFieldId, labels: &[String]) -> Result<(), Error> {
    tx.execute("UPDATE custom_field_choices SET is_retired = 1 WHERE field_id = :field", &[(":field", &field)])?;
    for (position, label) in (0_i64..).zip(labels) {
        tx.execute(
            "INSERT INTO custom_field_choices (field_id, label, label_key, position) VALUES (:field, :label, :key, :position)
             ON CONFLICT (field_id, label_key) DO UPDATE SET label = excluded.label, position = excluded.position, is_retired = 0",
            &[(":field", &field), (":label", label), (":key", &fold(label)), (":position", &position)],
        )?;
    }
    Ok(())
}

pub fn rename_choice(tx: &Tx, id: ChoiceId, label: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE custom_field_choices SET label = :label, label_key = :key WHERE id = :id",
        &[(":id", &id), (":label", &label), (":key", &fold(label))],
    )?;
    Ok(())
}

pub fn set_archived(tx: &Tx, id: CustomFieldId, at: Option<Timestamp>) -> Result<(), Error> {
    tx.execute(
        "UPDATE custom_fields SET archived_at = :at, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &id), (":at", &at), (":now", &tx.now)],
    )?;
    Ok(())
}

/// Puts the fields of a kind of record into this order.
pub fn set_order(tx: &Tx, ids: &[CustomFieldId]) -> Result<(), Error> {
    for (position, id) in (1_i64..).zip(ids) {
        tx.execute(
            "UPDATE custom_fields SET position = :position, version = version + 1, updated_at = :now
             WHERE id = :id AND position <> :position",
            &[(":id", id), (":position", &position), (":now", &tx.now)],
        )?;
    }
    Ok(())
}

/// The field, its choices and, by foreign keys, all its values.
pub fn delete(tx: &Tx, id: CustomFieldId) -> Result<(), Error> {
    tx.execute("DELETE FROM custom_fields WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

/// How many records have a value in the field.
pub fn count_records(db: &Db, id: CustomFieldId) -> Result<i64, Error> {
    db.count("SELECT count(DISTINCT on_id) FROM custom_values WHERE field_id = :id", &[(":id", &id)])
}

/// The records with a value in the field, for refreshing what search knows of them.
pub fn records_with(db: &Db, id: CustomFieldId) -> Result<Vec<Record>, Error> {
    let found =
        db.rows("SELECT DISTINCT on_type, on_id FROM custom_values WHERE field_id = :id", &[(":id", &id)], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?))
        })?;
    Ok(found.into_iter().filter_map(|(kind, id)| Record::new(&kind, id)).collect())
}

/// The values of a record, in the order of their fields. Choices come by their label.
pub fn values_of(db: &Db, record: Record) -> Result<Vec<CustomValue>, Error> {
    db.rows(
        "SELECT v.field_id, f.key, f.label, f.kind, f.archived_at IS NOT NULL, f.target,
             CASE WHEN f.kind IN ('choice', 'choices') THEN c.label ELSE v.value END
         FROM custom_values v CROSS JOIN custom_fields f ON f.id = v.field_id
             LEFT JOIN custom_field_choices c ON c.id = v.sort_key AND f.kind IN ('choice', 'choices')
         WHERE v.on_type = :type AND v.on_id = :id ORDER BY f.position, f.id, v.position",
        &[(":type", &record.kind()), (":id", &record.id())],
        |row| {
            Ok(CustomValue {
                field: row.get(0)?,
                key: row.get(1)?,
                label: row.get(2)?,
                kind: Kind::from_word(&row.get::<_, String>(3)?).unwrap_or(Kind::Text),
                is_archived: row.get(4)?,
                target: Object::from_word(&row.get::<_, String>(5)?),
                value: row.get(6)?,
            })
        },
    )
}

/// Puts these values in the place of those the field has on the record.
pub fn replace_values(tx: &Tx, record: Record, field: CustomFieldId, values: &[Canonical]) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM custom_values WHERE on_type = :type AND on_id = :id AND field_id = :field",
        &[(":type", &record.kind()), (":id", &record.id()), (":field", &field)],
    )?;
    for (position, value) in (0_i64..).zip(values) {
        tx.execute(
            "INSERT INTO custom_values (on_type, on_id, field_id, position, value, sort_key)
             VALUES (:type, :id, :field, :position, :value, :sort)",
            &[
                (":type", &record.kind()),
                (":id", &record.id()),
                (":field", &field),
                (":position", &position),
                (":value", &value.value),
                (":sort", &value.sort),
            ],
        )?;
    }
    Ok(())
}

/// True when there is such a record.
pub fn exists(db: &Db, record: Record) -> Result<bool, Error> {
    let sql = match record {
        Record::Contact(_) => "SELECT count(*) FROM contacts WHERE id = :id",
        Record::Company(_) => "SELECT count(*) FROM companies WHERE id = :id",
    };
    Ok(db.count(sql, &[(":id", &record.id())])? > 0)
}

/// The records of this exact name, or with this email address; two say that there are several.
pub fn named(db: &Db, object: Object, text: &str) -> Result<Vec<Record>, Error> {
    let address = email::normalise(text).unwrap_or_default();
    let sql = match object {
        Object::Contact => {
            "SELECT contact_id FROM contact_identities WHERE kind = 'email' AND normalised = :address
             UNION SELECT id FROM contacts WHERE sort_name = :name LIMIT 2"
        }
        Object::Company => {
            "SELECT company_id FROM company_identities WHERE kind = 'email' AND normalised = :address AND :address <> ''
             UNION SELECT id FROM companies WHERE sort_name = :name LIMIT 2"
        }
    };
    let ids = db.rows(sql, &[(":address", &address), (":name", &sort_key(text))], |row| row.get(0))?;
    Ok(ids.into_iter().filter_map(|id| Record::new(object.word(), id)).collect())
}

fn field(row: &Row) -> rusqlite::Result<CustomField> {
    let word = |name: &str| row.get::<_, String>(name);
    Ok(CustomField {
        id: row.get("id")?,
        version: row.get("version")?,
        object: Object::from_word(&word("object")?).unwrap_or(Object::Contact),
        key: row.get("key")?,
        label: row.get("label")?,
        hint: row.get("hint")?,
        kind: Kind::from_word(&word("kind")?).unwrap_or(Kind::Text),
        is_required: row.get("is_required")?,
        default_value: row.get("default_value")?,
        category: Category::from_word(&word("category")?).unwrap_or(Category::Content),
        currency: row.get("currency")?,
        target: Object::from_word(&word("target")?),
        choices: Vec::new(),
        position: row.get("position")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        archived_at: row.get("archived_at")?,
    })
}
