//! The tables `imports` and `import_errors`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::consents::{Ground, Rests};
use super::deciding;
use super::rows::Format;
use super::{Counts, Import, ImportError, NewImport, Resembling, State};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ChangeId, ImportId, MemberId};

/// Errors of one import that are kept; more say nothing new.
pub const ERRORS_KEPT: i64 = 10_000;

pub fn insert(tx: &Tx, new: &NewImport) -> Result<ImportId, Error> {
    let delimiter = char::from(new.format.delimiter).to_string();
    tx.insert(
        "INSERT INTO imports (object, mode, state, file_name, file, file_size, encoding, delimiter, has_header, columns,
             mapping, treatments, remembered_id, reach, may_assign, may_companies, company_reach, may_consents, kind, remark, created_by,
             created_at, updated_at)
         VALUES (:object, :mode, 'mapping', :file_name, :file, :file_size, :encoding, :delimiter, :has_header, :columns,
             :mapping, :treatments, :remembered, :reach, :may_assign, :may_companies, :company_reach, :may_consents, :kind, :remark, :created_by,
             :now, :now)",
        &[
            (":object", &new.object.word()),
            (":mode", &new.mode.word()),
            (":file_name", &new.file_name),
            (":file", &new.file),
            (":file_size", &new.file_size),
            (":encoding", &new.format.encoding),
            (":delimiter", &delimiter),
            (":has_header", &new.format.has_header),
            (":columns", &serde_json::to_string(&new.columns)?),
            (":mapping", &serde_json::to_string(&new.mapping)?),
            (":treatments", &serde_json::to_string(&new.treatments)?),
            (":remembered", &new.remembered),
            (":reach", &new.power.reach),
            (":may_assign", &new.power.may_assign),
            (":may_companies", &new.power.company_reach.is_some()),
            (":company_reach", &new.power.company_reach.clone().flatten()),
            (":may_consents", &new.power.may_consents),
            (":kind", &new.format.kind.word()),
            (":remark", &new.remark),
            (":created_by", &new.power.member),
            (":now", &tx.now),
        ],
    )
    .map(ImportId)
}

pub fn find(db: &Db, id: ImportId) -> Result<Option<Import>, Error> {
    db.row("SELECT * FROM imports WHERE id = :id", &[(":id", &id)], import)
}

/// Whose imports somebody sees: their own of some objects, everybody's of others. Lists are JSON arrays of words.
pub struct Sight {
    pub me: MemberId,
    pub own: String,
    pub all: String,
}

/// Newest first.
pub fn list(db: &Db, sight: &Sight, before: Option<ImportId>, limit: i64) -> Result<Vec<Import>, Error> {
    db.rows(
        "SELECT * FROM imports
         WHERE (object IN (SELECT value FROM json_each(:all))
                OR created_by = :me AND object IN (SELECT value FROM json_each(:own)))
           AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit",
        &[(":me", &sight.me), (":own", &sight.own), (":all", &sight.all), (":before", &before), (":limit", &limit)],
        import,
    )
}

/// Imports a job should be working on, oldest first.
pub fn under_way(db: &Db) -> Result<Vec<Import>, Error> {
    db.rows("SELECT * FROM imports WHERE state IN ('checking', 'running') ORDER BY id", &[], import)
}

pub fn set_mapping(tx: &Tx, import: &Import) -> Result<(), Error> {
    let delimiter = char::from(import.format.delimiter).to_string();
    tx.execute(
        "UPDATE imports SET mode = :mode, encoding = :encoding, delimiter = :delimiter, has_header = :has_header,
             columns = :columns, mapping = :mapping, treatments = :treatments, remembered_id = :remembered, consent_ground = :ground,
             consent_reference = :reference, state = 'mapping',
             on_resembling = '', updated_at = :now, version = version + 1
         WHERE id = :id",
        &[
            (":mode", &import.mode.word()),
            (":encoding", &import.format.encoding),
            (":delimiter", &delimiter),
            (":has_header", &import.format.has_header),
            (":columns", &serde_json::to_string(&import.columns)?),
            (":mapping", &serde_json::to_string(&import.mapping)?),
            (":treatments", &serde_json::to_string(&import.treatments)?),
            (":remembered", &import.remembered),
            (":ground", &import.rests.ground.map_or("", Ground::word)),
            (":reference", &import.rests.reference),
            (":now", &tx.now),
            (":id", &import.id),
        ],
    )?;
    Ok(())
}

/// Begins a pass over the file from its first row: forgets counts and errors of an earlier one. Whom rows resemble
/// is forgotten by the next check, and stays for the run.
pub fn begin(tx: &Tx, id: ImportId, state: State) -> Result<(), Error> {
    if state == State::Checking {
        tx.execute("UPDATE imports SET resembling = 0 WHERE id = :id", &[(":id", &id)])?;
        deciding::service::forget(tx, id)?;
    }
    tx.execute("DELETE FROM import_errors WHERE import_id = :id", &[(":id", &id)])?;
    tx.execute(
        "UPDATE imports SET state = :state, rows_read = 0, bytes_read = 0, created = 0, updated = 0, unchanged = 0,
             failed = 0, skipped = 0, resembling_created = 0, resembling_updated = 0, companies_created = 0,
             companies_updated = 0, consents_taken = 0, consents_refused = 0, fault = '', is_cancelled = 0, finished_at = NULL, updated_at = :now, version = version + 1
         WHERE id = :id",
        &[(":state", &state.word()), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

/// Keeps by which change the import can be taken back.
pub fn set_change(tx: &Tx, id: ImportId, change: ChangeId) -> Result<(), Error> {
    tx.execute(
        "UPDATE imports SET change_id = :change, updated_at = :now WHERE id = :id",
        &[(":change", &change), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

/// True while the import of this change has rows to write.
pub fn is_running(db: &Db, change: ChangeId) -> Result<bool, Error> {
    let sql = "SELECT count(*) FROM imports WHERE change_id = :change AND state = 'running'";
    Ok(db.count(sql, &[(":change", &change)])? > 0)
}

/// Adds what a batch did. In the same transaction as the batch, so that a resumed run begins exactly after it.
pub fn advance(tx: &Tx, id: ImportId, counts: &Counts, bytes_read: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE imports SET rows_read = rows_read + :read, bytes_read = :bytes, created = created + :created,
             updated = updated + :updated, unchanged = unchanged + :unchanged, failed = failed + :failed, skipped = skipped + :skipped,
             resembling = resembling + :resembling, resembling_created = resembling_created + :resembling_created,
             resembling_updated = resembling_updated + :resembling_updated,
             companies_created = companies_created + :companies_created,
             companies_updated = companies_updated + :companies_updated, consents_taken = consents_taken + :taken,
             consents_refused = consents_refused + :refused, updated_at = :now
         WHERE id = :id",
        &[
            (":read", &counts.read),
            (":bytes", &bytes_read),
            (":created", &counts.created),
            (":updated", &counts.updated),
            (":unchanged", &counts.unchanged),
            (":failed", &counts.failed),
            (":skipped", &counts.skipped),
            (":resembling", &counts.resembling),
            (":resembling_created", &counts.resembling_created),
            (":resembling_updated", &counts.resembling_updated),
            (":companies_created", &counts.companies_created),
            (":companies_updated", &counts.companies_updated),
            (":taken", &counts.consents_taken),
            (":refused", &counts.consents_refused),
            (":now", &tx.now),
            (":id", &id),
        ],
    )?;
    Ok(())
}

pub fn finish(tx: &Tx, id: ImportId, state: State, fault: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE imports SET state = :state, fault = :fault, finished_at = :now, updated_at = :now, version = version + 1
         WHERE id = :id",
        &[(":state", &state.word()), (":fault", &fault), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn ask_to_cancel(tx: &Tx, id: ImportId) -> Result<(), Error> {
    tx.execute(
        "UPDATE imports SET is_cancelled = 1, updated_at = :now WHERE id = :id",
        &[(":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn is_cancelled(db: &Db, id: ImportId) -> Result<bool, Error> {
    Ok(db.value("SELECT is_cancelled FROM imports WHERE id = :id", &[(":id", &id)])?.unwrap_or(false))
}

pub fn add_error(tx: &Tx, id: ImportId, error: &ImportError) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO import_errors (import_id, line, field, message, is_remark)
         VALUES (:id, :line, :field, :message, :remark)",
        &[
            (":id", &id),
            (":line", &error.line),
            (":field", &error.field),
            (":message", &error.message),
            (":remark", &error.is_remark),
        ],
    )?;
    Ok(())
}

pub fn count_errors(db: &Db, id: ImportId) -> Result<i64, Error> {
    db.count("SELECT count(*) FROM import_errors WHERE import_id = :id", &[(":id", &id)])
}

/// Rows that were left out, or, as remarks, what was not taken of rows that were.
pub fn errors(db: &Db, id: ImportId, is_remark: bool, limit: i64) -> Result<Vec<ImportError>, Error> {
    db.rows(
        "SELECT line, field, message, is_remark FROM import_errors WHERE import_id = :id AND is_remark = :remark
         ORDER BY line, id LIMIT :limit",
        &[(":id", &id), (":remark", &is_remark), (":limit", &limit)],
        |row| {
            let (line, field) = (row.get("line")?, row.get("field")?);
            Ok(ImportError { line, field, message: row.get("message")?, is_remark: row.get("is_remark")? })
        },
    )
}

/// Both, in the order of the file.
pub fn errors_and_remarks(db: &Db, id: ImportId) -> Result<Vec<ImportError>, Error> {
    let mut all = errors(db, id, false, ERRORS_KEPT)?;
    all.extend(errors(db, id, true, ERRORS_KEPT)?);
    all.sort_by_key(|error| error.line);
    Ok(all)
}

/// Forgets the file of an import and what was said about its rows; its counts stay.
pub fn forget_file(tx: &Tx, id: ImportId) -> Result<(), Error> {
    deciding::service::forget(tx, id)?;
    tx.execute("DELETE FROM import_errors WHERE import_id = :id", &[(":id", &id)])?;
    tx.execute(
        "UPDATE imports SET file = NULL, file_name = '', remark = '', treatments = '{}', consent_reference = '', state = CASE WHEN state IN ('mapping', 'checked') THEN 'cancelled' ELSE state END
         WHERE id = :id",
        &[(":id", &id)],
    )?;
    Ok(())
}

fn import(row: &Row) -> rusqlite::Result<Import> {
    let json = |name: &str| row.get::<_, String>(name);
    Ok(Import {
        id: row.get("id")?,
        version: row.get("version")?,
        object: super::Object::from_word(&json("object")?).unwrap_or(super::Object::Contact),
        mode: super::Mode::from_word(&json("mode")?).unwrap_or(super::Mode::Create),
        state: State::from_word(&json("state")?).unwrap_or(State::Failed),
        file_name: row.get("file_name")?,
        file: row.get("file")?,
        file_size: row.get("file_size")?,
        format: Format {
            encoding: row.get("encoding")?,
            delimiter: json("delimiter")?.bytes().next().unwrap_or(b','),
            has_header: row.get("has_header")?,
            kind: super::Kind::from_word(&json("kind")?).unwrap_or(super::Kind::Csv),
        },
        columns: serde_json::from_str(&json("columns")?).unwrap_or_default(),
        mapping: serde_json::from_str(&json("mapping")?).unwrap_or_default(),
        treatments: serde_json::from_str(&json("treatments")?).unwrap_or_default(),
        remembered: row.get("remembered_id")?,
        reach: row.get("reach")?,
        may_assign: row.get("may_assign")?,
        company_reach: match row.get("may_companies")? {
            true => Some(row.get("company_reach")?),
            false => None,
        },
        on_resembling: Resembling::from_word(&json("on_resembling")?),
        counts: Counts {
            read: row.get("rows_read")?,
            created: row.get("created")?,
            updated: row.get("updated")?,
            unchanged: row.get("unchanged")?,
            failed: row.get("failed")?,
            skipped: row.get("skipped")?,
            resembling: row.get("resembling")?,
            resembling_created: row.get("resembling_created")?,
            resembling_updated: row.get("resembling_updated")?,
            companies_created: row.get("companies_created")?,
            companies_updated: row.get("companies_updated")?,
            consents_taken: row.get("consents_taken")?,
            consents_refused: row.get("consents_refused")?,
        },
        may_consents: row.get("may_consents")?,
        rests: Rests {
            ground: Ground::from_word(&json("consent_ground")?),
            reference: row.get("consent_reference")?,
        },
        bytes_read: row.get("bytes_read")?,
        fault: row.get("fault")?,
        remark: row.get("remark")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        finished_at: row.get("finished_at")?,
        change: row.get("change_id")?,
    })
}

/// No file of an import is here; those that were under way have failed.
pub fn let_go_of_files(tx: &Tx, fault: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE imports SET fault = :fault, state = 'failed', finished_at = :now
         WHERE state IN ('mapping', 'checking', 'checked', 'running')",
        &[(":fault", &fault), (":now", &tx.now)],
    )?;
    tx.execute("UPDATE imports SET file = NULL WHERE file IS NOT NULL", &[])?;
    Ok(())
}
