//! Rules for the schema: names that refinery reads, strict tables, ids that are never handed out twice.

use std::collections::HashMap;

use regex::Regex;

use super::{Source, files, none, sources};

fn all() -> Vec<Source> {
    sources("migrations", &[".sql"])
}

/// refinery skips a misnamed file without a word.
#[test]
fn every_migration_has_a_name_that_runs() {
    let name = Regex::new(r"/V\d{4}__[a-z_]+\.sql$").expect("a good pattern");
    let broken: Vec<String> =
        files("migrations").into_iter().filter(|path| !path.ends_with(".md") && !name.is_match(path)).collect();
    none("Name it V0000__noun.sql:", &broken);
}

#[test]
fn versions_are_unique_in_each_set() {
    let mut seen: HashMap<(String, String), String> = HashMap::new();
    let mut broken = Vec::new();
    for source in all() {
        let set = source.path.split('/').nth(1).unwrap_or("").to_owned();
        let version = source.path.rsplit('/').next().and_then(|name| name.split("__").next()).unwrap_or("").to_owned();
        if let Some(other) = seen.insert((set, version), source.path.clone()) {
            broken.push(format!("{} has the number of {other}", source.path));
        }
    }
    none("Take the next free number:", &broken);
}

/// Each `CREATE TABLE` with its name and everything up to the semicolon, comments taken out.
fn tables(source: &Source) -> Vec<(String, String)> {
    let comment = Regex::new(r"--[^\n]*").expect("a good pattern");
    let table = Regex::new(r"(?s)CREATE TABLE (\w+)\s*\((.*?)\)\s*([A-Z, ]*);").expect("a good pattern");
    let sql = comment.replace_all(&source.text, "").into_owned();
    table.captures_iter(&sql).map(|found| (found[1].to_owned(), format!("{}|{}", &found[2], &found[3]))).collect()
}

#[test]
fn every_table_is_strict() {
    let mut broken = Vec::new();
    for source in all() {
        for (name, body) in tables(&source) {
            let options = body.rsplit('|').next().unwrap_or("");
            if !options.contains("STRICT") {
                broken.push(format!("{}: {name}", source.path));
            }
        }
    }
    none("End the table with STRICT:", &broken);
}

/// Ids are never reused (interfaces.md): without AUTOINCREMENT SQLite hands out the highest again after a delete.
#[test]
fn ids_are_never_handed_out_twice() {
    let id = Regex::new(r"(?m)^\s*id\s+INTEGER PRIMARY KEY(\s+AUTOINCREMENT)?").expect("a good pattern");
    let mut broken = Vec::new();
    for source in all() {
        for (name, body) in tables(&source) {
            if id.captures(&body).is_some_and(|found| found.get(1).is_none()) {
                broken.push(format!("{}: {name}", source.path));
            }
        }
    }
    none("Write INTEGER PRIMARY KEY AUTOINCREMENT:", &broken);
}

/// What is erased must be gone from the index too, not only unlinked (ERA-3).
#[test]
fn every_full_text_index_deletes_for_good() {
    let index = Regex::new(r"CREATE VIRTUAL TABLE (\w+) USING fts5\b").expect("a good pattern");
    let mut broken = Vec::new();
    for source in all() {
        for found in index.captures_iter(&source.text) {
            let name = &found[1];
            let setting =
                Regex::new(&format!(r"INSERT INTO {name}\s*\({name}, rank\)\s*VALUES\s*\('secure-delete', 1\)"))
                    .expect("a good pattern");
            if !setting.is_match(&source.text) {
                broken.push(format!("{}: {name}", source.path));
            }
        }
    }
    none("Turn secure-delete on in the same migration:", &broken);
}
