//! Looks into the indexes of words.

use super::Index;
use crate::db::Db;
use crate::error::Error;

/// How many entries an expression finds, counted up to `limit`.
pub fn count(db: &Db, index: Index, expression: &str, limit: i64) -> Result<i64, Error> {
    let sql = match index {
        Index::Contacts => {
            "SELECT count(*) FROM (SELECT 1 FROM contact_search WHERE contact_search MATCH :matching LIMIT :limit)"
        }
        Index::Companies => {
            "SELECT count(*) FROM (SELECT 1 FROM company_search WHERE company_search MATCH :matching LIMIT :limit)"
        }
    };
    db.count(sql, &[(":matching", &expression), (":limit", &limit)])
}
