//! The statements' side of a tree: for each part a test of one record and, where an index can give the records
//! that keep it, a lead. Values are bound, never written into the text.

use rusqlite::ToSql;
use rusqlite::types::Value;

use super::fields::Place;
use super::reading::{Ask, Checked, Range, Test};
use crate::people::custom_fields::Sort;
use crate::people::identities;
use crate::people::list::filter::{self, Condition, Table};
use crate::people::list::query::EXAMINED;
use crate::people::record::Object;

/// As many leads are tried: each costs a look at its index before the list is read.
const LEADS: usize = 5;

/// A tree, ready for the statements of a list.
#[derive(Debug, Clone)]
pub struct Compiled {
    parts: Vec<Part>,
    params: Vec<(String, Value)>,
    /// A condition asks whether records are archived, so the list leaves none out by itself.
    pub asks_archived: bool,
}

/// What must hold, beside the other parts.
#[derive(Debug, Clone)]
struct Part {
    test: String,
    lead: Option<Lead>,
}

#[derive(Debug, Clone)]
struct Lead {
    sql: String,
    worth: Worth,
    ordered: bool,
    /// Gives only records that keep the part, not also others.
    exact: bool,
}

/// How soon a lead is there: found at once, a stretch of an index, or a look at every entry of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Found,
    Stretch,
    Scan,
}

impl Compiled {
    pub(super) fn new(object: Object, checked: &Checked, asks_archived: bool) -> Compiled {
        let table = match object {
            Object::Contact => &filter::CONTACTS,
            Object::Company => &filter::COMPANIES,
        };
        let mut writer = Writer { table, params: Vec::new() };
        let mut parts = writer.parts(checked);
        let mut worths: Vec<(Worth, usize)> =
            parts.iter().enumerate().filter_map(|(at, part)| Some((part.lead.as_ref()?.worth, at))).collect();
        worths.sort_unstable();
        for (_, at) in worths.into_iter().skip(LEADS) {
            parts[at].lead = None;
        }
        Compiled { parts, params: writer.params, asks_archived }
    }

    pub(in crate::people::list) fn conditions(&self) -> impl Iterator<Item = Condition> + '_ {
        self.parts.iter().map(|part| Condition {
            test: part.test.clone(),
            lead: part.lead.as_ref().map(|lead| lead.sql.clone()),
            ordered: part.lead.as_ref().is_some_and(|lead| lead.ordered),
            exact: part.lead.as_ref().is_none_or(|lead| lead.exact),
        })
    }

    pub(in crate::people::list) fn params(&self) -> impl Iterator<Item = (&str, &dyn ToSql)> {
        self.params.iter().map(|(name, value)| (name.as_str(), value as &dyn ToSql))
    }
}

struct Writer {
    table: &'static Table,
    params: Vec<(String, Value)>,
}

impl Writer {
    /// What must hold all together: the parts of groups within a group of the same kind stand beside the others.
    fn parts(&mut self, checked: &Checked) -> Vec<Part> {
        match checked {
            Checked::All(of) => of.iter().flat_map(|one| self.parts(one)).collect(),
            Checked::Any(of) if of.is_empty() => Vec::new(),
            Checked::Any(of) => vec![self.either(of)],
            Checked::Test(test) => vec![self.part(test)],
        }
    }

    /// One of several: its lead is theirs together, as long as each has one.
    fn either(&mut self, of: &[Checked]) -> Part {
        let arms: Vec<Part> = of.iter().map(|one| together(self.parts(one))).collect();
        let tests: Vec<&str> = arms.iter().map(|arm| arm.test.as_str()).collect();
        let test = format!("({})", tests.join(" OR "));
        let leads: Option<Vec<&Lead>> = arms.iter().map(|arm| arm.lead.as_ref()).collect();
        let lead = leads.map(|leads| Lead {
            // Of an arm that has more, the list is read in another way, so no more of it is needed.
            sql: leads
                .iter()
                .map(|lead| format!("SELECT id FROM ({} LIMIT {})", lead.sql, EXAMINED + 1))
                .collect::<Vec<_>>()
                .join(" UNION "),
            worth: leads.iter().map(|lead| lead.worth).max().unwrap_or(Worth::Scan).max(Worth::Stretch),
            ordered: false,
            exact: leads.iter().all(|lead| lead.exact),
        });
        Part { test, lead }
    }

    fn part(&mut self, test: &Test) -> Part {
        let part = match test.place {
            Place::Text { column, indexed } => self.text(column, indexed, &test.ask),
            Place::Folded { column, index } => self.folded(column, index, &test.ask),
            Place::Plain { column, index } => self.plain(column, index, &test.ask),
            Place::Activity => self.activity(&test.ask),
            Place::Flag { index, condition } => {
                let set = self.by_index(index, condition, Worth::Found, true);
                if matches!(test.ask, Ask::Set) { set } else { set.opposite() }
            }
            Place::Identities(kind) => self.identities(kind, &test.ask),
            Place::Tags => self.tags(&test.ask),
            Place::Custom(field) => self.custom(field.0, &test.ask),
        };
        if test.negated { part.opposite() } else { part }
    }

    /// Text as it was typed, which is folded to be looked at.
    fn text(&mut self, column: &str, indexed: bool, ask: &Ask) -> Part {
        if matches!(ask, Ask::Empty | Ask::Set) {
            return self.by_row(&format!("{column} = ''"));
        }
        let compared = self.compared("folded($v)", ask);
        let mut part = self.by_row(&compared.replace("$v", column));
        if indexed {
            // Few different words stand in such a column: each is looked at once, then its records are found.
            let index = format!("{0} INDEXED BY {0}_by_{column}", self.table.name);
            let sql = format!(
                "SELECT id FROM {index} WHERE {column} IN (WITH RECURSIVE each (v) AS (\
                 SELECT min({column}) FROM {index} UNION ALL \
                 SELECT (SELECT min({column}) FROM {index} WHERE {column} > each.v) FROM each WHERE each.v IS NOT NULL) \
                 SELECT v FROM each WHERE v IS NOT NULL AND {})",
                compared.replace("$v", "v")
            );
            part.lead = Some(Lead { sql, worth: Worth::Stretch, ordered: false, exact: true });
        }
        part
    }

    /// Names: folded already, cut at the length of their index. A contact without a company sorts behind all.
    fn folded(&mut self, column: &str, index: &str, ask: &Ask) -> Part {
        const NOTHING: &str = "char(1114111)";
        match ask {
            Ask::Empty | Ask::Set => self.by_index(index, &format!("{column} IN ('', {NOTHING})"), Worth::Found, false),
            Ask::OneOf(keys) => {
                let is_one = keys.len() == 1;
                let condition = self.one_of(column, keys);
                self.by_index(index, &condition, Worth::Found, is_one)
            }
            Ask::Begins(_) => {
                let condition = self.compared(column, ask);
                self.by_row_with(index, &condition, Worth::Stretch)
            }
            _ => {
                let condition = format!("{column} <> {NOTHING} AND {}", self.compared(column, ask));
                self.by_row_with(index, &condition, Worth::Scan)
            }
        }
    }

    /// Words, ids and moments as they are kept.
    fn plain(&mut self, column: &str, index: Option<&str>, ask: &Ask) -> Part {
        let empty = match column {
            "country" => "country = ''".to_owned(),
            _ => format!("{column} IS NULL"),
        };
        let (condition, worth, is_one) = match ask {
            Ask::Empty | Ask::Set => (empty, Worth::Found, true),
            Ask::OneOf(keys) => (self.one_of(column, keys), Worth::Found, keys.len() == 1),
            _ => (self.compared(column, ask), Worth::Stretch, false),
        };
        match index {
            // That index leaves out those without.
            Some("by_company") if matches!(ask, Ask::Empty) => {
                self.by_index("by_company", "company_id IS NOT NULL", Worth::Stretch, false).opposite()
            }
            Some(index) if worth == Worth::Found => self.by_index(index, &condition, worth, is_one),
            Some(index) => self.by_row_with(index, &condition, worth),
            None => self.by_row(&condition),
        }
    }

    fn activity(&mut self, ask: &Ask) -> Part {
        const COLUMN: &str = "last_activity_at";
        if matches!(ask, Ask::Empty) {
            return self.by_index("by_activity", "last_activity_at = 0", Worth::Found, true);
        }
        let condition = format!("{COLUMN} > 0 AND {}", self.compared(COLUMN, ask));
        self.by_row_with("by_activity", &condition, Worth::Stretch)
    }

    fn identities(&mut self, kind: identities::Kind, ask: &Ask) -> Part {
        let Table { identities, key, .. } = *self.table;
        let kind = kind.word();
        if matches!(ask, Ask::Empty) {
            return self.by_index(&format!("without_{kind}"), &format!("has_{kind} = 0"), Worth::Found, true);
        }
        let condition = format!("kind = '{kind}' AND {}", self.compared("normalised", ask));
        let index = if key == "contact_id" { "by_contact" } else { "by_company" };
        let worth = if matches!(ask, Ask::Contains(_)) { Worth::Scan } else { Worth::Stretch };
        let sql = format!("SELECT DISTINCT {key} AS id FROM {identities} WHERE {condition}");
        Part {
            test: format!(
                "EXISTS (SELECT 1 FROM {identities} INDEXED BY {identities}_{index} WHERE {key} = $id AND {condition})"
            ),
            lead: Some(Lead { sql, worth, ordered: false, exact: true }),
        }
    }

    fn tags(&mut self, ask: &Ask) -> Part {
        let Table { tags, key, .. } = *self.table;
        let Ask::OneOf(ids) = ask else {
            return Part { test: format!("NOT EXISTS (SELECT 1 FROM {tags} WHERE {key} = $id)"), lead: None };
        };
        let from = format!("FROM {tags} INDEXED BY {tags}_by_tag WHERE {}", self.one_of("tag_id", ids));
        let (distinct, ordered) = if ids.len() == 1 { ("", true) } else { ("DISTINCT ", false) };
        let sql = format!("SELECT {distinct}{key} AS id {from}");
        Part {
            test: format!("EXISTS (SELECT 1 {from} AND {key} = $id)"),
            lead: Some(Lead { sql, worth: Worth::Found, ordered, exact: true }),
        }
    }

    fn custom(&mut self, field: i64, ask: &Ask) -> Part {
        let kind = self.table.object.word();
        // Found by the primary key; with a plus the planner leaves the index of values aside.
        let one =
            format!("SELECT 1 FROM custom_values WHERE on_type = '{kind}' AND on_id = $id AND field_id = {field}");
        let all = format!("FROM custom_values INDEXED BY custom_values_by_value WHERE field_id = {field}");
        let (of_one, of_all, worth, ordered) = match ask {
            Ask::Empty | Ask::Set => {
                let sql = format!("SELECT on_id AS id {all} AND position = 0");
                let lead = Lead { sql, worth: Worth::Stretch, ordered: false, exact: true };
                return Part { test: format!("EXISTS ({one})"), lead: Some(lead) }.opposite();
            }
            Ask::OneOf(keys) => {
                let condition = self.one_of("sort_key", keys);
                (format!("+{condition}"), condition, Worth::Found, keys.len() == 1)
            }
            Ask::Range(range) => {
                let condition = self.range("sort_key", range);
                (condition.replace("sort_key", "+sort_key"), condition, Worth::Stretch, false)
            }
            Ask::Begins(_) => {
                let condition = self.compared("sort_key", ask);
                (condition.replace("sort_key", "+sort_key"), condition, Worth::Stretch, false)
            }
            Ask::Contains(_) => {
                // What is longer than its key is looked at as it was typed; addresses and numbers are their key.
                let condition = self.compared("folded(value)", ask);
                let condition = format!("({condition} OR {})", condition.replace("folded(value)", "sort_key"));
                (condition.clone(), condition, Worth::Scan, false)
            }
        };
        let distinct = if ordered { "" } else { "DISTINCT " };
        Part {
            test: format!("EXISTS ({one} AND {of_one})"),
            lead: Some(Lead {
                sql: format!("SELECT {distinct}on_id AS id {all} AND {of_all}"),
                worth,
                ordered,
                exact: true,
            }),
        }
    }

    /// A condition on `what`, which names its value once for each look at it.
    fn compared(&mut self, what: &str, ask: &Ask) -> String {
        match ask {
            Ask::Empty | Ask::Set => format!("{what} = ''"),
            Ask::OneOf(keys) => self.one_of(what, keys),
            Ask::Contains(part) => format!("instr({what}, {}) > 0", self.bind(Value::Text(part.clone()))),
            Ask::Begins(part) => {
                let from = self.bind(Value::Text(part.clone()));
                format!("{what} >= {from} AND {what} < {from} || char(1114111)")
            }
            Ask::Range(range) => self.range(what, range),
        }
    }

    fn one_of(&mut self, what: &str, keys: &[Sort]) -> String {
        if let [key] = keys {
            return format!("{what} = {}", self.bind(value(key)));
        }
        let all: Vec<serde_json::Value> = keys
            .iter()
            .map(|key| match key {
                Sort::Text(text) => serde_json::json!(text),
                Sort::Integer(number) => serde_json::json!(number),
                Sort::Real(number) => serde_json::json!(number),
            })
            .collect();
        let all = self.bind(Value::Text(serde_json::Value::Array(all).to_string()));
        format!("{what} IN (SELECT value FROM json_each({all}))")
    }

    fn range(&mut self, what: &str, range: &Range) -> String {
        let mut conditions = Vec::new();
        if let Some(from) = &range.from {
            let sign = if range.without_from { ">" } else { ">=" };
            conditions.push(format!("{what} {sign} {}", self.bind(value(from))));
        }
        if let Some(until) = &range.until {
            let sign = if range.without_until { "<" } else { "<=" };
            conditions.push(format!("{what} {sign} {}", self.bind(value(until))));
        }
        if let Some(currency) = &range.currency {
            conditions.push(format!("substr(value, 1, 3) = {}", self.bind(Value::Text(currency.clone()))));
        }
        conditions.join(" AND ")
    }

    fn bind(&mut self, value: Value) -> String {
        let name = format!(":tree{}", self.params.len());
        self.params.push((name.clone(), value));
        name
    }

    /// What no index answers.
    fn by_row(&self, condition: &str) -> Part {
        let name = self.table.name;
        Part { test: format!("EXISTS (SELECT 1 FROM {name} NOT INDEXED WHERE id = $id AND {condition})"), lead: None }
    }

    /// What an index answers for many at once, but not for one.
    fn by_row_with(&self, index: &str, condition: &str, worth: Worth) -> Part {
        let sql = format!("SELECT id FROM {0} INDEXED BY {0}_{index} WHERE {condition}", self.table.name);
        Part { lead: Some(Lead { sql, worth, ordered: false, exact: true }), ..self.by_row(condition) }
    }

    /// What an index answers for many and for one.
    fn by_index(&self, index: &str, condition: &str, worth: Worth, ordered: bool) -> Part {
        let from = format!("FROM {0} INDEXED BY {0}_{index} WHERE {condition}", self.table.name);
        Part {
            test: format!("EXISTS (SELECT 1 {from} AND id = $id)"),
            lead: Some(Lead { sql: format!("SELECT id {from}"), worth, ordered, exact: true }),
        }
    }
}

impl Part {
    /// Holds where this does not. Those are mostly many, so no index leads to them.
    fn opposite(self) -> Part {
        let test = match self.test.strip_prefix("NOT ") {
            Some(test) => test.to_owned(),
            None => format!("NOT {}", self.test),
        };
        Part { test, lead: None }
    }
}

/// Several parts as one: the best of their leads gives what the others are asked about.
fn together(mut parts: Vec<Part>) -> Part {
    if parts.len() == 1
        && let Some(part) = parts.pop()
    {
        return part;
    }
    let tests: Vec<&str> = parts.iter().map(|part| part.test.as_str()).collect();
    let test = if tests.is_empty() { "true".to_owned() } else { format!("({})", tests.join(" AND ")) };
    let best = parts.iter().filter_map(|part| part.lead.clone()).min_by_key(|lead| lead.worth);
    Part { test, lead: best.map(|lead| Lead { exact: false, ..lead }) }
}

fn value(key: &Sort) -> Value {
    match key {
        Sort::Text(text) => Value::Text(text.clone()),
        Sort::Integer(number) => Value::Integer(*number),
        Sort::Real(number) => Value::Real(*number),
    }
}
