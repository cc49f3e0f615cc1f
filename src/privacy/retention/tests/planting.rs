//! Rows for any table, made of its schema alone: what a rule governs is planted without knowing the table.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::db::Tx;

/// A generator that always gives the same numbers.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most.max(1)
    }
}

struct Column {
    name: String,
    kind: String,
    is_required: bool,
    has_default: bool,
    key: i64,
}

/// Plants one row: columns in `set` get those values, moments lie within 800 days before and after `now`, words are
/// among those that the schema allows, and rows that it points at are planted when there are none. A row that is
/// there already is left as it is.
pub fn plant(tx: &Tx, dice: &mut Dice, table: &str, set: &HashMap<&str, i64>) -> i64 {
    let columns = tx
        .rows(
            &format!("SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk FROM pragma_table_info('{table}')"),
            &[],
            |row| {
                Ok(Column {
                    name: row.get(0)?,
                    kind: row.get(1)?,
                    is_required: row.get(2)?,
                    has_default: row.get(3)?,
                    key: row.get(4)?,
                })
            },
        )
        .unwrap();
    let parents: HashMap<String, (String, String)> = tx
        .rows(&format!("SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list('{table}')"), &[], |row| {
            Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?)))
        })
        .unwrap()
        .into_iter()
        .collect();
    let schema: String =
        tx.value(&format!("SELECT sql FROM sqlite_schema WHERE name = '{table}'"), &[]).unwrap().unwrap();
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for column in &columns {
        let alone = columns.iter().filter(|other| other.key > 0).count() == 1;
        if column.key > 0 && alone && column.kind == "INTEGER" && !set.contains_key(column.name.as_str()) {
            continue; // The file counts these itself.
        }
        let value = match (set.get(column.name.as_str()), parents.get(&column.name)) {
            (Some(value), _) => value.to_string(),
            (None, Some((parent, key))) if column.is_required => parent_of(tx, dice, parent, key),
            (None, Some(_)) => "NULL".into(),
            (None, None) => value_of(dice, tx.now, column, &schema),
        };
        names.push(column.name.clone());
        values.push(value);
    }
    let sql = format!("INSERT OR IGNORE INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "));
    tx.insert(&sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

fn parent_of(tx: &Tx, dice: &mut Dice, parent: &str, key: &str) -> String {
    let ids: Vec<String> =
        tx.rows(&format!("SELECT quote({key}) FROM {parent} LIMIT 20"), &[], |row| row.get(0)).unwrap();
    if ids.is_empty() || dice.below(4) == 0 {
        plant(tx, dice, parent, &HashMap::new());
        let newest = format!("SELECT quote({key}) FROM {parent} ORDER BY rowid DESC LIMIT 1");
        return tx.value(&newest, &[]).unwrap().unwrap();
    }
    ids[dice.below(ids.len() as u64) as usize].clone()
}

fn value_of(dice: &mut Dice, now: Timestamp, column: &Column, schema: &str) -> String {
    let name = column.name.as_str();
    let is_moment = name.ends_with("_at") || ["at", "day", "blocked_until", "discard_after"].contains(&name);
    if !column.is_required && dice.below(3) == 0 {
        return "NULL".into();
    }
    match column.kind.as_str() {
        "INTEGER" if is_moment => {
            let days = dice.below(1_600) as i64 - 800;
            // Half of them at midnight to the millisecond: the edges of the rules.
            let rest = if dice.below(2) == 0 { 0 } else { dice.below(86_400_000) as i64 };
            (now.0 + days * Timestamp::DAY + rest).to_string()
        }
        "INTEGER" if name.ends_with("_id") => (1 + dice.below(30)).to_string(),
        "INTEGER" => dice.below(2).to_string(),
        "TEXT" => match words(schema, name) {
            words if !words.is_empty() => format!("'{}'", words[dice.below(words.len() as u64) as usize]),
            _ if ["on_type", "about_type", "person_type", "person_kind"].contains(&name) => {
                ["'contact'", "'company'"][dice.below(2) as usize].into()
            }
            _ if name == "state" => "'done'".into(),
            _ if column.has_default && dice.below(2) == 0 => "''".into(),
            _ => format!("'w{}'", dice.below(u64::MAX)),
        },
        "BLOB" => format!("x'{:032x}'", u128::from(dice.below(u64::MAX)) << 64 | u128::from(dice.below(u64::MAX))),
        _ => "0".into(),
    }
}

/// The words that a CHECK of the column allows.
fn words(schema: &str, column: &str) -> Vec<String> {
    let Some(at) = schema.find(&format!("CHECK ({column} IN (")) else { return Vec::new() };
    let list = &schema[at..];
    let list = &list[list.find("IN (").map_or(0, |at| at + 4)..];
    let list = &list[..list.find(')').unwrap_or(0)];
    list.split(',').map(|word| word.trim().trim_matches('\'').to_owned()).collect()
}
