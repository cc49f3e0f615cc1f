//! Reads many contacts at once: pages of a list, and candidates by their words.

use super::{Contact, find};
use crate::db::Db;
use crate::error::Error;
use crate::id::{CompanyId, ContactId};
use crate::people::list::{self, Counted, Cursor, Filter, Page, Sort, filter::CONTACTS};
use crate::visitor::Reach;

/// One page of contacts, in order.
pub fn page(
    db: &Db,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<(Vec<Contact>, Page), Error> {
    let page = list::page(db, &CONTACTS, filter, sort, cursor, limit)?;
    let mut contacts = Vec::with_capacity(page.ids.len());
    for id in &page.ids {
        contacts.extend(find(db, ContactId(*id))?);
    }
    Ok((contacts, page))
}

/// How many contacts the filter leaves.
pub fn count(db: &Db, filter: &Filter) -> Result<Counted, Error> {
    list::count(db, &CONTACTS, filter)
}

/// A contact as far as search results and warnings show it.
pub struct Candidate {
    pub id: ContactId,
    pub name: String,
    pub company: Option<CompanyId>,
    pub company_name: String,
}

/// The newest contacts in sight that have the words of `expression`, archived ones too.
pub fn visible_among(db: &Db, expression: &str, view: &Reach, limit: i64) -> Result<Vec<Candidate>, Error> {
    db.rows(
        "SELECT c.id, c.display_name, c.company_id, ifnull(o.name, '')
         FROM contact_search CROSS JOIN contacts c ON c.id = contact_search.rowid LEFT JOIN companies o ON o.id = c.company_id
         WHERE contact_search MATCH :matching
           AND (:reach IS NULL OR c.owner_id IN (SELECT value FROM json_each(:reach)))
         ORDER BY contact_search.rowid DESC LIMIT :limit",
        &[(":matching", &expression), (":reach", &view.owners_json()), (":limit", &limit)],
        |row| Ok(Candidate { id: row.get(0)?, name: row.get(1)?, company: row.get(2)?, company_name: row.get(3)? }),
    )
}
