//! Finds whom a row resembles: somebody who is there, or an earlier row of the file.
//!
//! The rules are those of the search for duplicates. Names of rows lie in one text, keys are 64-bit hashes: a
//! million rows beside a million people take less than 200 MB while the check lasts.

use std::collections::HashMap;

use crate::db::Db;
use crate::error::Error;
use crate::people::companies;
use crate::people::merging::{Reason, finding};
use crate::people::text::sort_key;
use crate::visitor::Reach;

/// Everybody who is there, and the rows so far.
pub struct Likeness {
    /// Keys of those who are there, in order.
    known: Vec<(u64, i64)>,
    rows: Vec<Person>,
    /// The folded names of all rows, one behind the other.
    names: String,
    /// Key → the last link of the chain of rows that have it.
    heads: HashMap<u64, u32>,
    links: Vec<Link>,
    companies: HashMap<String, i64>,
}

struct Person {
    line: i64,
    name: (u32, u16),
    company: Option<i64>,
}

struct Link {
    row: u32,
    /// The link before, `u32::MAX` at the beginning.
    before: u32,
    /// How many the chain has up to here.
    length: u32,
}

/// Whom a row resembles.
#[derive(Debug, PartialEq, Eq)]
pub enum Whom {
    Contact(i64),
    Line(i64),
}

impl Likeness {
    /// Reads everybody who is there.
    pub fn new(db: &Db) -> Result<Likeness, Error> {
        let mut known = finding::contact_keys(db)?;
        known.sort_unstable();
        let (rows, names, heads, links) = (Vec::new(), String::new(), HashMap::new(), Vec::new());
        Ok(Likeness { known, rows, names, heads, links, companies: HashMap::new() })
    }

    /// Whom a row with this name resembles most, if anybody, and why. Contacts out of `view` are not told of.
    pub fn find(
        &mut self,
        db: &Db,
        name: &str,
        company: &str,
        view: &Reach,
    ) -> Result<Option<(Whom, Vec<Reason>)>, Error> {
        let name = sort_key(name);
        let company = self.company(db, company)?;
        let mut best: Option<(i64, Whom, Vec<Reason>)> = None;
        let mut keys = Vec::new();
        finding::each_key_of(&name, company, &mut |key| keys.push(key));
        for key in keys {
            let first = self.known.partition_point(|(known, _)| *known < key);
            let sharing = self.known[first..].iter().take_while(|(known, _)| *known == key).take(finding::CROWD + 1);
            let ids: Vec<i64> = sharing.map(|(_, id)| *id).collect();
            for id in ids.iter().filter(|_| ids.len() <= finding::CROWD) {
                let Some((other, their_company)) = finding::contact(db, *id)? else { continue };
                let found = finding::compare_contacts((&other, their_company), (&name, company));
                let Some((score, reasons)) = found else { continue };
                let owner = crate::people::contacts::service::owner(db, crate::id::ContactId(*id))?;
                if owner.is_some_and(|owner| view.covers(owner)) && best.as_ref().is_none_or(|best| best.0 < score) {
                    best = Some((score, Whom::Contact(*id), reasons));
                }
            }
            let mut at = self.heads.get(&key).copied().unwrap_or(u32::MAX);
            if self.links.get(at as usize).is_some_and(|link| link.length as usize > finding::CROWD) {
                continue;
            }
            while let Some(link) = self.links.get(at as usize) {
                let person = &self.rows[link.row as usize];
                let start = person.name.0 as usize;
                let other = &self.names[start..start + usize::from(person.name.1)];
                if let Some((score, reasons)) = finding::compare_contacts((other, person.company), (&name, company))
                    && best.as_ref().is_none_or(|best| best.0 < score)
                {
                    best = Some((score, Whom::Line(person.line), reasons));
                }
                at = link.before;
            }
        }
        Ok(best.map(|(_, whom, reasons)| (whom, reasons)))
    }

    /// Adds a row that would make a contact.
    pub fn add(&mut self, db: &Db, line: i64, name: &str, company: &str) -> Result<(), Error> {
        let name = sort_key(name);
        let company = self.company(db, company)?;
        let (Ok(row), Ok(start)) = (u32::try_from(self.rows.len()), u32::try_from(self.names.len())) else {
            // More than four gigabytes of names: nobody has them.
            return Ok(());
        };
        self.names.push_str(&name);
        self.rows.push(Person { line, name: (start, u16::try_from(name.len()).unwrap_or(0)), company });
        let (heads, links) = (&mut self.heads, &mut self.links);
        finding::each_key_of(&name, company, &mut |key| {
            let before = heads.get(&key).copied().unwrap_or(u32::MAX);
            let length = links.get(before as usize).map_or(0, |link| link.length) + 1;
            if length as usize <= finding::CROWD + 1 {
                heads.insert(key, u32::try_from(links.len()).unwrap_or(u32::MAX));
                links.push(Link { row, before, length });
            }
        });
        Ok(())
    }

    /// A number for the company of this name: its id, or one of its own below zero for a new one.
    fn company(&mut self, db: &Db, name: &str) -> Result<Option<i64>, Error> {
        let key = sort_key(name);
        if key.is_empty() {
            return Ok(None);
        }
        if let Some(company) = self.companies.get(&key) {
            return Ok(Some(*company));
        }
        let known = companies::service::find_by_name(db, name)?;
        let company = known.map_or(-1 - self.companies.len() as i64, |id| id.0);
        self.companies.insert(key, company);
        Ok(Some(company))
    }
}
