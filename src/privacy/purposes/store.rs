//! The tables `purposes` and `purpose_wordings`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::definition::Checked;
use super::{Basis, Channel, Purpose, Wording};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, PurposeId};

/// Each purpose with the newest of its wordings.
const SELECT: &str = "SELECT p.*, w.id AS wording_id, w.number, w.title AS wording_title, w.text, w.hash,
        w.created_at AS worded_at
     FROM purposes p JOIN purpose_wordings w ON w.purpose_id = p.id
      AND w.number = (SELECT max(number) FROM purpose_wordings WHERE purpose_id = p.id)";

pub fn all(db: &Db) -> Result<Vec<Purpose>, Error> {
    db.rows(&format!("{SELECT} ORDER BY p.archived_at IS NOT NULL, p.title"), &[], purpose)
}

pub fn find(db: &Db, id: PurposeId) -> Result<Option<Purpose>, Error> {
    db.row(&format!("{SELECT} WHERE p.id = :id"), &[(":id", &id)], purpose)
}

pub fn find_by_key(db: &Db, key: &str) -> Result<Option<Purpose>, Error> {
    db.row(&format!("{SELECT} WHERE p.key = :key"), &[(":key", &key)], purpose)
}

pub fn insert(tx: &Tx, new: &Checked, by: Option<MemberId>) -> Result<PurposeId, Error> {
    tx.insert(
        "INSERT INTO purposes (key, title, description, basis, channels, is_marketing, double_opt_in, assessment,
             created_by, created_at, updated_at)
         VALUES (:key, :title, :description, :basis, :channels, :marketing, :double, :assessment, :by, :now, :now)",
        &[
            (":key", &new.key),
            (":title", &new.title),
            (":description", &new.description),
            (":basis", &new.basis.word()),
            (":channels", &channel_words(&new.channels)),
            (":marketing", &new.is_marketing),
            (":double", &new.double_opt_in),
            (":assessment", &new.assessment),
            (":by", &by),
            (":now", &tx.now),
        ],
    )
    .map(PurposeId)
}

pub fn update(tx: &Tx, id: PurposeId, new: &Checked) -> Result<(), Error> {
    tx.execute(
        "UPDATE purposes SET title = :title, description = :description, basis = :basis, channels = :channels,
             is_marketing = :marketing, double_opt_in = :double, assessment = :assessment, updated_at = :now,
             version = version + 1
         WHERE id = :id",
        &[
            (":id", &id),
            (":title", &new.title),
            (":description", &new.description),
            (":basis", &new.basis.word()),
            (":channels", &channel_words(&new.channels)),
            (":marketing", &new.is_marketing),
            (":double", &new.double_opt_in),
            (":assessment", &new.assessment),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

pub fn set_archived(tx: &Tx, id: PurposeId, at: Option<Timestamp>) -> Result<(), Error> {
    tx.execute(
        "UPDATE purposes SET archived_at = :at, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &id), (":at", &at), (":now", &tx.now)],
    )?;
    Ok(())
}

/// Adds the next version of the words, and gives its number.
pub fn add_wording(tx: &Tx, id: PurposeId, new: &Checked, by: Option<MemberId>) -> Result<i64, Error> {
    let last: Option<i64> =
        tx.value("SELECT max(number) FROM purpose_wordings WHERE purpose_id = :id", &[(":id", &id)])?.flatten();
    let number = last.unwrap_or(0) + 1;
    tx.insert(
        "INSERT INTO purpose_wordings (purpose_id, number, title, text, hash, created_by, created_at)
         VALUES (:purpose, :number, :title, :text, :hash, :by, :now)",
        &[
            (":purpose", &id),
            (":number", &number),
            (":title", &new.title),
            (":text", &new.wording),
            (":hash", &super::hash(&new.title, &new.wording)),
            (":by", &by),
            (":now", &tx.now),
        ],
    )?;
    Ok(number)
}

/// Every version of the words, newest first.
pub fn wordings(db: &Db, id: PurposeId) -> Result<Vec<Wording>, Error> {
    db.rows(
        "SELECT id AS wording_id, number, title AS wording_title, text, hash, created_at AS worded_at
         FROM purpose_wordings WHERE purpose_id = :id ORDER BY number DESC",
        &[(":id", &id)],
        wording,
    )
}

fn channel_words(channels: &[Channel]) -> String {
    channels.iter().map(|channel| channel.word()).collect::<Vec<_>>().join(",")
}

fn wording(row: &Row) -> rusqlite::Result<Wording> {
    Ok(Wording {
        id: row.get("wording_id")?,
        number: row.get("number")?,
        title: row.get("wording_title")?,
        text: row.get("text")?,
        hash: row.get("hash")?,
        created_at: moment(row.get("worded_at")?),
    })
}

/// What came with the workspace has no moment.
fn moment(at: Timestamp) -> Option<Timestamp> {
    (at != Timestamp::default()).then_some(at)
}

fn purpose(row: &Row) -> rusqlite::Result<Purpose> {
    let (basis, channels): (String, String) = (row.get("basis")?, row.get("channels")?);
    Ok(Purpose {
        id: row.get("id")?,
        version: row.get("version")?,
        key: row.get("key")?,
        title: row.get("title")?,
        description: row.get("description")?,
        basis: Basis::from_word(&basis).unwrap_or(Basis::Consent),
        channels: channels.split(',').filter_map(Channel::from_word).collect(),
        is_marketing: row.get("is_marketing")?,
        double_opt_in: row.get("double_opt_in")?,
        assessment: row.get("assessment")?,
        wording: wording(row)?,
        created_at: moment(row.get("created_at")?),
        updated_at: moment(row.get("updated_at")?),
        archived_at: row.get("archived_at")?,
    })
}
