//! What narrows a list: words, a tag, an owner, dates, and how far the asker may see.

use rusqlite::ToSql;

use super::SortKey;
use crate::clock::Timestamp;
use crate::id::{CompanyId, MemberId, TagId};
use crate::visitor::Reach;

/// A table that lists can read: its name, and the names of what belongs to it.
pub struct Table {
    /// The word in `record_counts`.
    pub kind: &'static str,
    pub name: &'static str,
    /// The index of words; its row ids are the table's.
    pub search: &'static str,
    pub tags: &'static str,
    pub identities: &'static str,
    /// The column of `tags` and `identities` that points here.
    pub key: &'static str,
    pub sorts: &'static [SortKey],
}

pub const CONTACTS: Table = Table {
    kind: "contact",
    name: "contacts",
    search: "contact_search",
    tags: "contact_tags",
    identities: "contact_identities",
    key: "contact_id",
    sorts: SortKey::ALL,
};

pub const COMPANIES: Table = Table {
    kind: "company",
    name: "companies",
    search: "company_search",
    tags: "company_tags",
    identities: "company_identities",
    key: "company_id",
    sorts: &[SortKey::Name, SortKey::Created, SortKey::Updated],
};

impl Table {
    /// True where a record belongs to a company.
    pub(super) fn has_companies(&self) -> bool {
        self.sorts.contains(&SortKey::Company)
    }

    /// The column behind a way to sort. Ids grow with time, so they stand for the time of creation.
    pub(super) fn column(&self, key: SortKey) -> &'static str {
        match key {
            SortKey::Name => "sort_name",
            SortKey::Company => "company_sort",
            SortKey::Created => "id",
            SortKey::Updated => "updated_at",
            SortKey::Activity => "last_activity_at",
        }
    }

    /// Holds the planner to the index that is in the wanted order already.
    pub(super) fn index(&self, key: SortKey) -> String {
        let name = self.name;
        match key {
            SortKey::Name => format!("INDEXED BY {name}_by_name"),
            SortKey::Company => format!("INDEXED BY {name}_by_company_name"),
            SortKey::Created => "NOT INDEXED".into(),
            SortKey::Updated => format!("INDEXED BY {name}_by_update"),
            SortKey::Activity => format!("INDEXED BY {name}_by_activity"),
        }
    }
}

/// The conditions of a list, all of which must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// An expression for the index of words (`search::words`).
    pub matching: Option<String>,
    /// The archived ones instead of the others.
    pub archived: bool,
    pub owner: Option<MemberId>,
    pub company: Option<CompanyId>,
    pub tag: Option<TagId>,
    pub source: Option<String>,
    pub has_email: Option<bool>,
    pub has_phone: Option<bool>,
    pub created_from: Option<Timestamp>,
    pub created_until: Option<Timestamp>,
    pub updated_from: Option<Timestamp>,
    pub updated_until: Option<Timestamp>,
    /// Whose records the asker may see, as JSON; `None`: everybody's. Set by [`Filter::within`].
    reach: Option<String>,
}

impl Filter {
    /// A filter that never shows more than `reach` covers.
    pub fn within(reach: &Reach) -> Filter {
        Filter { reach: reach.owners_json(), ..Filter::default() }
    }

    /// True when the list is every live (or archived) record, whose count is known.
    pub(super) fn is_plain(&self) -> bool {
        let Filter { archived: _, matching, owner, company, tag, source, has_email, has_phone, reach, .. } = self;
        let dates = [self.created_from, self.created_until, self.updated_from, self.updated_until];
        let ids = owner.is_none() && company.is_none() && tag.is_none();
        let words = matching.is_none() && source.is_none() && reach.is_none();
        ids && words && has_email.is_none() && has_phone.is_none() && dates.iter().all(Option::is_none)
    }

    /// All conditions on the row `r`, except that on its words.
    pub(super) fn conditions(&self, table: &Table) -> String {
        let mut all =
            vec![if self.archived { "r.archived_at IS NOT NULL" } else { "r.archived_at IS NULL" }.to_owned()];
        let mut add = |holds: bool, condition: &str| {
            if holds {
                all.push(condition.to_owned());
            }
        };
        add(self.reach.is_some(), "r.owner_id IN (SELECT value FROM json_each(:reach))");
        add(self.owner.is_some(), "r.owner_id = :owner");
        add(self.company.is_some(), "r.company_id = :company");
        add(self.source.is_some(), "r.source = :source");
        add(self.created_from.is_some(), "r.created_at >= :created_from");
        add(self.created_until.is_some(), "r.created_at < :created_until");
        add(self.updated_from.is_some(), "r.updated_at >= :updated_from");
        add(self.updated_until.is_some(), "r.updated_at < :updated_until");
        let Table { tags, identities, key, .. } = table;
        let tagged = format!("EXISTS (SELECT 1 FROM {tags} t WHERE t.{key} = r.id AND t.tag_id = :tag)");
        add(self.tag.is_some(), &tagged);
        for (wanted, kind) in [(self.has_email, "email"), (self.has_phone, "phone")] {
            let exists = format!("EXISTS (SELECT 1 FROM {identities} i WHERE i.{key} = r.id AND i.kind = '{kind}')");
            add(wanted == Some(true), &exists);
            add(wanted == Some(false), &format!("NOT {exists}"));
        }
        all.join(" AND ")
    }

    /// The condition on the words of the row `r`, for when something else leads.
    pub(super) fn matches_row(&self, table: &Table) -> String {
        let search = table.search;
        match self.matching {
            Some(_) => {
                format!(" AND EXISTS (SELECT 1 FROM {search} WHERE {search} MATCH :matching AND {search}.rowid = r.id)")
            }
            None => String::new(),
        }
    }

    /// Statements that give the ids of all rows that keep one of the conditions, each from an index.
    pub(super) fn leads(&self, table: &Table) -> Vec<String> {
        let Table { name, tags, key, .. } = table;
        let from = |condition: &str| format!("SELECT id FROM {name} WHERE {condition}");
        let mut leads = Vec::new();
        if self.tag.is_some() {
            leads.push(format!("SELECT {key} AS id FROM {tags} WHERE tag_id = :tag"));
        }
        let simple = [
            (self.owner.is_some(), "owner_id = :owner"),
            (self.owner.is_none() && self.reach.is_some(), "owner_id IN (SELECT value FROM json_each(:reach))"),
            (self.company.is_some(), "company_id = :company"),
            (self.created_from.is_some(), "created_at >= :created_from"),
            (self.updated_from.is_some(), "updated_at >= :updated_from"),
            (self.archived, "archived_at IS NOT NULL"),
        ];
        leads.extend(simple.into_iter().filter(|(holds, _)| *holds).map(|(_, condition)| from(condition)));
        // Only contacts have an index on where they came from.
        if self.source.is_some() && table.has_companies() {
            leads.push(from("source = :source"));
        }
        leads
    }

    /// A value for every name that the statements above may hold.
    pub(super) fn params(&self) -> Vec<(&'static str, &dyn ToSql)> {
        vec![
            (":matching", &self.matching),
            (":reach", &self.reach),
            (":owner", &self.owner),
            (":company", &self.company),
            (":tag", &self.tag),
            (":source", &self.source),
            (":created_from", &self.created_from),
            (":created_until", &self.created_until),
            (":updated_from", &self.updated_from),
            (":updated_until", &self.updated_until),
        ]
    }
}
