//! The tables `contact_identities` and `company_identities`.

use rusqlite::Row;

use super::{Identity, Kind};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ContactId, MemberId};
use crate::people::record::Record;

/// The contact who has an address or number already.
pub struct Holder {
    pub id: ContactId,
    pub name: String,
    pub owner: Option<MemberId>,
}

/// The identities of a record, emails first, each kind in its order.
pub fn of(db: &Db, record: Record) -> Result<Vec<Identity>, Error> {
    let sql = match record {
        Record::Contact(_) => {
            "SELECT kind, value, normalised, label, is_primary, verified_at FROM contact_identities
             WHERE contact_id = :id ORDER BY kind, position"
        }
        Record::Company(_) => {
            "SELECT kind, value, normalised, label, is_primary, verified_at FROM company_identities
             WHERE company_id = :id ORDER BY kind, position"
        }
    };
    db.rows(sql, &[(":id", &record.id())], identity)
}

/// The one contact with this address or number.
pub fn holder(db: &Db, kind: Kind, normalised: &str) -> Result<Option<Holder>, Error> {
    db.row(
        "SELECT c.id, c.display_name, c.owner_id FROM contact_identities i JOIN contacts c ON c.id = i.contact_id
         WHERE i.normalised = :normalised AND i.kind = :kind",
        &[(":normalised", &normalised), (":kind", &kind.word())],
        |row| Ok(Holder { id: row.get(0)?, name: row.get(1)?, owner: row.get(2)? }),
    )
}

/// Makes `identities` the ones of the record. What stays keeps its proof of being verified.
pub fn replace(tx: &Tx, record: Record, identities: &[Identity]) -> Result<(), Error> {
    let before = of(tx, record)?;
    let sql = match record {
        Record::Contact(_) => "DELETE FROM contact_identities WHERE contact_id = :id",
        Record::Company(_) => "DELETE FROM company_identities WHERE company_id = :id",
    };
    tx.execute(sql, &[(":id", &record.id())])?;
    let mut kept = identities.to_vec();
    for identity in &mut kept {
        let same = before.iter().find(|old| old.kind == identity.kind && old.normalised == identity.normalised);
        identity.verified_at = same.and_then(|old| old.verified_at);
    }
    add(tx, record, &kept)
}

/// Gives identities to a record that has none.
pub fn add(tx: &Tx, record: Record, identities: &[Identity]) -> Result<(), Error> {
    let sql = match record {
        Record::Contact(_) => {
            "INSERT INTO contact_identities (contact_id, kind, value, normalised, label, is_primary, position, verified_at)
             VALUES (:id, :kind, :value, :normalised, :label, :primary, :position, :verified)"
        }
        Record::Company(_) => {
            "INSERT INTO company_identities (company_id, kind, value, normalised, label, is_primary, position, verified_at)
             VALUES (:id, :kind, :value, :normalised, :label, :primary, :position, :verified)"
        }
    };
    for (position, identity) in (0_i64..).zip(identities) {
        tx.execute(
            sql,
            &[
                (":id", &record.id()),
                (":kind", &identity.kind.word()),
                (":value", &identity.value),
                (":normalised", &identity.normalised),
                (":label", &identity.label),
                (":primary", &identity.is_primary),
                (":position", &position),
                (":verified", &identity.verified_at),
            ],
        )?;
    }
    Ok(())
}

/// Lets addresses and numbers of a record be as verified as those that came to it from another. Its own proof stays.
pub fn keep_proofs(tx: &Tx, record: Record, from: &[Identity]) -> Result<(), Error> {
    let sql = match record {
        Record::Contact(_) => {
            "UPDATE contact_identities SET verified_at = :at
             WHERE contact_id = :id AND kind = :kind AND normalised = :normalised AND verified_at IS NULL"
        }
        Record::Company(_) => {
            "UPDATE company_identities SET verified_at = :at
             WHERE company_id = :id AND kind = :kind AND normalised = :normalised AND verified_at IS NULL"
        }
    };
    for identity in from.iter().filter(|identity| identity.verified_at.is_some()) {
        tx.execute(
            sql,
            &[
                (":id", &record.id()),
                (":kind", &identity.kind.word()),
                (":normalised", &identity.normalised),
                (":at", &identity.verified_at),
            ],
        )?;
    }
    Ok(())
}

fn identity(row: &Row) -> rusqlite::Result<Identity> {
    let kind: String = row.get(0)?;
    Ok(Identity {
        kind: Kind::from_word(&kind).unwrap_or(Kind::Email),
        value: row.get(1)?,
        normalised: row.get(2)?,
        label: row.get(3)?,
        is_primary: row.get(4)?,
        verified_at: row.get(5)?,
    })
}
