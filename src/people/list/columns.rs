//! Which columns a member wants to see in a list. The table `member_columns`.

use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::MemberId;

/// The columns a member chose, in the order of the list; `None` when they never did.
pub fn chosen(db: &Db, member: MemberId, list: &str) -> Result<Option<Vec<String>>, Error> {
    let columns: Option<String> = db.value(
        "SELECT columns FROM member_columns WHERE member_id = :member AND list = :list",
        &[(":member", &member), (":list", &list)],
    )?;
    Ok(columns.map(|columns| columns.split(',').filter(|column| !column.is_empty()).map(str::to_owned).collect()))
}

/// Keeps the choice.
pub fn choose(tx: &Tx, member: MemberId, list: &str, columns: &[&str]) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO member_columns (member_id, list, columns) VALUES (:member, :list, :columns)
         ON CONFLICT (member_id, list) DO UPDATE SET columns = excluded.columns",
        &[(":member", &member), (":list", &list), (":columns", &columns.join(","))],
    )?;
    Ok(())
}

/// Takes away what a member chose: their account is gone.
pub fn forget_member(tx: &Tx, member: MemberId) -> Result<(), Error> {
    tx.execute("DELETE FROM member_columns WHERE member_id = :member", &[(":member", &member)])?;
    Ok(())
}
