//! Finds people who may be the same: close names, and nothing that speaks against it.

use super::{NewContact, store};
use crate::db::Db;
use crate::error::Error;
use crate::id::{CompanyId, ContactId};
use crate::people::merging::likeness::are_close;
use crate::people::search::{self, Index};
use crate::people::text::fold;
use crate::visitor::Reach;

/// Somebody who may be the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Similar {
    pub id: ContactId,
    pub name: String,
    /// Empty when they have no company.
    pub company: String,
}

/// How many are worth showing.
const SHOWN: usize = 5;
/// How many with one of the names are looked at.
const LOOKED_AT: i64 = 200;

/// The contacts in sight whose name is that of `new` or a slip away from it, and whose company is the
/// same or unknown.
pub fn similar(db: &Db, new: &NewContact, view: &Reach) -> Result<Vec<Similar>, Error> {
    let name = fold(&format!("{} {}", new.given_name, new.family_name));
    let name = if name.is_empty() { fold(&new.display_name) } else { name };
    // A slip in one half of the name leaves the other half to search by.
    let halves = [fold(&new.family_name), fold(&new.given_name), name.clone()];
    let mut found: Vec<Similar> = Vec::new();
    for half in halves.iter().filter(|half| half.chars().count() > 1) {
        let Some(matching) = search::matching(db, Index::Contacts, half)? else { continue };
        for candidate in store::visible_among(db, &matching.expression, view, LOOKED_AT)? {
            let company_fits = match (new.company, candidate.company) {
                (Some(CompanyId(new)), Some(CompanyId(known))) => new == known,
                _ => true,
            };
            let is_known = found.iter().any(|similar| similar.id == candidate.id);
            if company_fits && !is_known && are_close(&name, &fold(&candidate.name)) {
                found.push(Similar { id: candidate.id, name: candidate.name, company: candidate.company_name });
            }
        }
        if found.len() >= SHOWN {
            break;
        }
    }
    found.truncate(SHOWN);
    Ok(found)
}
