//! The table `accounts`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::{Account, NewAccount};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::AccountId;

const COLUMNS: &str = "id, email, display_name, password IS NOT NULL AS has_password, password_changed_at, state, is_operator,
    totp_confirmed_at, age_confirmed_at IS NOT NULL AS age_confirmed, email_verified_at, time_zone, theme, shortcuts, created_at, last_sign_in_at";

fn account(row: &Row) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get("id")?,
        email: row.get("email")?,
        display_name: row.get("display_name")?,
        has_password: row.get("has_password")?,
        password_changed_at: row.get("password_changed_at")?,
        is_active: row.get::<_, String>("state")? == "active",
        is_operator: row.get("is_operator")?,
        has_second_factor: row.get::<_, Option<Timestamp>>("totp_confirmed_at")?.is_some(),
        age_confirmed: row.get("age_confirmed")?,
        email_verified_at: row.get("email_verified_at")?,
        time_zone: row.get("time_zone")?,
        theme: row.get("theme")?,
        shortcuts: row.get("shortcuts")?,
        created_at: row.get("created_at")?,
        last_sign_in_at: row.get("last_sign_in_at")?,
    })
}

pub fn insert(tx: &Tx, new: &NewAccount) -> Result<AccountId, Error> {
    let password = new.password.as_ref().map(|password| password.0.as_str());
    let changed = password.map(|_| tx.now);
    let (age, verified) = (new.age_confirmed.then_some(tx.now), new.email_verified.then_some(tx.now));
    let id = tx.insert(
        "INSERT INTO accounts (email, display_name, password, password_changed_at, is_operator, age_confirmed_at,
                               email_verified_at, created_at, updated_at)
         VALUES (:email, :name, :password, :changed, :operator, :age, :verified, :now, :now)",
        &[
            (":email", &new.email),
            (":name", &new.display_name),
            (":password", &password),
            (":changed", &changed),
            (":operator", &new.is_operator),
            (":age", &age),
            (":verified", &verified),
            (":now", &tx.now),
        ],
    )?;
    Ok(AccountId(id))
}

pub fn find(db: &Db, id: AccountId) -> Result<Option<Account>, Error> {
    db.row(&format!("SELECT {COLUMNS} FROM accounts WHERE id = :id"), &[(":id", &id)], account)
}

pub fn by_email(db: &Db, email: &str) -> Result<Option<Account>, Error> {
    Ok(by_email_or_another(db, email)?.filter(|account| account.email == email))
}

/// The account of this address, or another one when nobody has it: whatever is asked of it afterwards is then
/// asked of a row that is there, and takes as long (AUT-4). The caller compares the address.
pub fn by_email_or_another(db: &Db, email: &str) -> Result<Option<Account>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM accounts WHERE id = ifnull((SELECT id FROM accounts WHERE email = :email),
             (SELECT min(id) FROM accounts))"
    );
    db.row(&sql, &[(":email", &email)], account)
}

pub fn list(db: &Db) -> Result<Vec<Account>, Error> {
    db.rows(&format!("SELECT {COLUMNS} FROM accounts ORDER BY email"), &[], account)
}

pub fn count(db: &Db) -> Result<i64, Error> {
    db.count("SELECT count(*) FROM accounts", &[])
}

pub fn password_hash(db: &Db, id: AccountId) -> Result<Option<String>, Error> {
    Ok(db.value::<Option<String>>("SELECT password FROM accounts WHERE id = :id", &[(":id", &id)])?.flatten())
}

/// The password of the account of this address. For an address that nobody has, another row is read for nothing.
pub fn password_hash_of(db: &Db, email: &str) -> Result<Option<String>, Error> {
    let sql = "SELECT CASE WHEN email = :email THEN password END FROM accounts
         WHERE id = ifnull((SELECT id FROM accounts WHERE email = :email), (SELECT min(id) FROM accounts))";
    Ok(db.value::<Option<String>>(sql, &[(":email", &email)])?.flatten())
}

pub fn rehash(tx: &Tx, id: AccountId, hash: &str) -> Result<(), Error> {
    tx.execute("UPDATE accounts SET password = :hash WHERE id = :id", &[(":hash", &hash), (":id", &id)])?;
    Ok(())
}

pub fn set_password(tx: &Tx, id: AccountId, hash: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET password = :hash, password_changed_at = :now, updated_at = :now, version = version + 1
         WHERE id = :id",
        &[(":hash", &hash), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn set_email(tx: &Tx, id: AccountId, email: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET email = :email, email_verified_at = :now, updated_at = :now, version = version + 1
         WHERE id = :id",
        &[(":email", &email), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn verify_email(tx: &Tx, id: AccountId) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET email_verified_at = :now WHERE id = :id AND email_verified_at IS NULL",
        &[(":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn confirm_age(tx: &Tx, id: AccountId) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET age_confirmed_at = :now WHERE id = :id AND age_confirmed_at IS NULL",
        &[(":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn set_profile(tx: &Tx, id: AccountId, name: &str, time_zone: &str, shortcuts: bool) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET display_name = :name, time_zone = :zone, shortcuts = :shortcuts, updated_at = :now,
                version = version + 1
         WHERE id = :id",
        &[(":name", &name), (":zone", &time_zone), (":shortcuts", &shortcuts), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn set_theme(tx: &Tx, id: AccountId, theme: &str) -> Result<(), Error> {
    tx.execute("UPDATE accounts SET theme = :theme WHERE id = :id", &[(":theme", &theme), (":id", &id)])?;
    Ok(())
}

pub fn set_operator(tx: &Tx, id: AccountId, is_operator: bool) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET is_operator = :operator, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":operator", &is_operator), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn set_state(tx: &Tx, id: AccountId, state: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET state = :state, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":state", &state), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

/// Operators in service beside `id`.
pub fn other_operators(db: &Db, id: AccountId) -> Result<i64, Error> {
    db.count("SELECT count(*) FROM accounts WHERE is_operator = 1 AND state = 'active' AND id <> :id", &[(":id", &id)])
}

pub fn operator_addresses(db: &Db) -> Result<Vec<String>, Error> {
    db.rows("SELECT email FROM accounts WHERE is_operator = 1 AND state = 'active' ORDER BY id LIMIT 1", &[], |row| {
        row.get(0)
    })
}
