//! What narrows a list: words, a tag, an owner, dates, and how far the asker may see.

use rusqlite::ToSql;

use super::custom::{self, CustomCondition};
use super::tree::Compiled;
use super::{Sort, SortBy, SortKey};
use crate::clock::Timestamp;
use crate::id::{CompanyId, MemberId, TagId};
use crate::people::record::Object;
use crate::people::search::Index;
use crate::people::search::words::{ASKED, Matching};
use crate::visitor::Reach;

/// A table that lists can read: its name, and the names of what belongs to it.
pub struct Table {
    /// Its word stands in `record_counts` and `custom_values`.
    pub object: Object,
    pub name: &'static str,
    /// The index of words; its row ids are the table's.
    pub search: &'static str,
    pub index: Index,
    pub tags: &'static str,
    pub identities: &'static str,
    /// The column of `tags` and `identities` that points here.
    pub key: &'static str,
    pub sorts: &'static [SortKey],
}

pub const CONTACTS: Table = Table {
    object: Object::Contact,
    name: "contacts",
    search: "contact_search",
    index: Index::Contacts,
    tags: "contact_tags",
    identities: "contact_identities",
    key: "contact_id",
    sorts: SortKey::ALL,
};

pub const COMPANIES: Table = Table {
    object: Object::Company,
    name: "companies",
    search: "company_search",
    index: Index::Companies,
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

    /// Reads `name` or `-updated_at`; `None` for what the table is not sorted by.
    pub(super) fn sort(&self, text: &str) -> Option<Sort> {
        Sort::parse(text).filter(|sort| self.sorts.iter().any(|key| sort.by == SortBy::Key(*key)))
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

/// Parameters for the words that are searched for; a search has no more of them.
const PARTS: [&str; ASKED] = [":part0", ":part1", ":part2", ":part3", ":part4", ":part5", ":part6", ":part7"];

/// The conditions of a list, all of which must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words to search for (`search::matching`).
    pub matching: Option<Matching>,
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
    /// On the fields that the workspace defined.
    pub custom: Vec<CustomCondition>,
    /// Conditions in groups, beside all the others.
    pub tree: Option<Compiled>,
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
        let Filter { matching, owner, company, tag, source, has_email, has_phone, custom, tree, reach, .. } = self;
        let dates = [self.created_from, self.created_until, self.updated_from, self.updated_until];
        let ids = owner.is_none() && company.is_none() && tag.is_none();
        let words = matching.is_none() && source.is_none() && custom.is_empty() && tree.is_none() && reach.is_none();
        ids && words && has_email.is_none() && has_phone.is_none() && dates.iter().all(Option::is_none)
    }

    /// Every condition but that on the words, each answered by an index of its own.
    ///
    /// Rows are wide and lie far apart, index entries are small and close together: so a list reads no row
    /// before it knows that it will be shown.
    pub(super) fn conditions(&self, table: &Table) -> Vec<Condition> {
        let Table { name, tags, key, .. } = *table;
        let mut all = Vec::new();
        let archived = Condition::by_index(name, "archived", "archived_at IS NOT NULL");
        match &self.tree {
            _ if self.archived => all.push(archived),
            Some(tree) if tree.asks_archived => {}
            _ => all.push(archived.reversed()),
        }
        if self.reach.is_some() {
            let among = "owner_id IN (SELECT value FROM json_each(:reach))";
            all.push(Condition { ordered: false, ..Condition::by_index(name, "by_owner", among) });
        }
        if self.owner.is_some() {
            all.push(Condition::by_index(name, "by_owner", "owner_id = :owner"));
        }
        if self.company.is_some() {
            all.push(Condition::by_index(name, "by_company", "company_id = :company"));
        }
        if self.tag.is_some() {
            all.push(Condition {
                lead: Some(format!("SELECT {key} AS id FROM {tags} INDEXED BY {tags}_by_tag WHERE tag_id = :tag")),
                test: format!(
                    "EXISTS (SELECT 1 FROM {tags} INDEXED BY {tags}_by_tag WHERE tag_id = :tag AND {key} = $id)"
                ),
                ordered: true,
                exact: true,
            });
        }
        if self.source.is_some() {
            // Companies are few enough to do without the index.
            all.push(match table.has_companies() {
                true => Condition::by_index(name, "by_source", "source = :source"),
                false => Condition::by_row(name, "source = :source"),
            });
        }
        for (wanted, index, condition) in
            [(self.has_email, "without_email", "has_email = 0"), (self.has_phone, "without_phone", "has_phone = 0")]
        {
            let without = Condition::by_index(name, index, condition);
            match wanted {
                Some(true) => all.push(without.reversed()),
                Some(false) => all.push(without),
                None => {}
            }
        }
        for (given, index, condition) in [
            (self.created_from, "by_creation", "created_at >= :created_from"),
            (self.created_until, "by_creation", "created_at < :created_until"),
            (self.updated_from, "by_update", "updated_at >= :updated_from"),
            (self.updated_until, "by_update", "updated_at < :updated_until"),
        ] {
            if given.is_some() {
                // A range cannot be asked for one id, so the row itself is looked at.
                let lead = Condition::by_index(name, index, condition).lead;
                all.push(Condition { lead, ordered: false, ..Condition::by_row(name, condition) });
            }
        }
        all.extend(custom::conditions(&self.custom, table.object.word()));
        all.extend(self.tree.iter().flat_map(Compiled::conditions));
        all
    }

    /// A value for every name that the statements may hold.
    pub(super) fn params(&self) -> Vec<(&str, &dyn ToSql)> {
        let mut params: Vec<(&str, &dyn ToSql)> = vec![
            (":reach", &self.reach),
            (":owner", &self.owner),
            (":company", &self.company),
            (":tag", &self.tag),
            (":source", &self.source),
            (":created_from", &self.created_from),
            (":created_until", &self.created_until),
            (":updated_from", &self.updated_from),
            (":updated_until", &self.updated_until),
        ];
        params.extend(custom::params(&self.custom));
        params.extend(self.tree.iter().flat_map(Compiled::params));
        if let Some(matching) = &self.matching {
            params.push((":matching", &matching.expression));
            params.extend(PARTS.iter().zip(&matching.parts).map(|(name, part)| (*name, part as &dyn ToSql)));
        }
        params
    }

    /// Asks one row for the words, without the index of words: looking one row up there puts all rows
    /// together first that have a beginning of the kind the index does not keep.
    pub(super) fn words_test(&self, table: &Table) -> Option<String> {
        let parts = &self.matching.as_ref()?.parts;
        let stands = |name: &&str| format!("instr(' ' || words || ' ', {name})");
        let tests: Vec<String> = PARTS.iter().take(parts.len()).map(stands).collect();
        Some(Condition::by_row(table.name, &tests.join(" AND ")).test)
    }
}

/// One condition, in the two ways a statement can use it.
pub(super) struct Condition {
    /// Gives the ids of all rows that keep it, from an index; `None` where those would be almost all.
    pub lead: Option<String>,
    /// Says whether the row `$id` keeps it.
    pub test: String,
    /// The lead gives its ids in order.
    pub ordered: bool,
    /// What the lead gives keeps the condition; otherwise each is asked all the same.
    pub exact: bool,
}

impl Condition {
    fn by_index(table: &str, index: &str, condition: &str) -> Condition {
        let from = format!("FROM {table} INDEXED BY {table}_{index} WHERE {condition}");
        Condition {
            test: format!("EXISTS (SELECT 1 {from} AND id = $id)"),
            lead: Some(format!("SELECT id {from}")),
            ordered: true,
            exact: true,
        }
    }

    /// For what no index can answer for one id.
    fn by_row(table: &str, condition: &str) -> Condition {
        let test = format!("EXISTS (SELECT 1 FROM {table} NOT INDEXED WHERE id = $id AND {condition})");
        Condition { lead: None, test, ordered: false, exact: true }
    }

    /// The opposite: for the many that are not among the few.
    pub fn reversed(self) -> Condition {
        Condition { lead: None, test: format!("NOT {}", self.test), ordered: false, exact: true }
    }
}
