//! The one row of the table `controller`.

use super::Controller;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::MemberId;

pub fn find(db: &Db) -> Result<Option<Controller>, Error> {
    db.row("SELECT name, address, email, dpo_name, dpo_email FROM controller WHERE id = 1", &[], |row| {
        Ok(Controller {
            name: row.get(0)?,
            address: row.get(1)?,
            email: row.get(2)?,
            dpo_name: row.get(3)?,
            dpo_email: row.get(4)?,
        })
    })
}

pub fn set(tx: &Tx, controller: &Controller, by: Option<MemberId>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO controller (id, name, address, email, dpo_name, dpo_email, updated_by, updated_at)
         VALUES (1, :name, :address, :email, :dpo_name, :dpo_email, :by, :now)
         ON CONFLICT (id) DO UPDATE SET name = :name, address = :address, email = :email, dpo_name = :dpo_name,
             dpo_email = :dpo_email, updated_by = :by, updated_at = :now",
        &[
            (":name", &controller.name),
            (":address", &controller.address),
            (":email", &controller.email),
            (":dpo_name", &controller.dpo_name),
            (":dpo_email", &controller.dpo_email),
            (":by", &by),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}
