//! Who may look at whom: the table of ARCHITECTURE.md, checked line by line.

use std::collections::BTreeSet;

use regex::Regex;

use super::{none, program};

/// The features: what a workspace's people use. Nothing below them may name them.
const FEATURES: &[&str] = &["people", "operator", "reference"];

/// What the code under a path must never name. The first part of each name is a module of ours or a library.
const NEVER: &[(&str, &[&str])] = &[
    ("src/error.rs", &["*"]),
    ("src/clock.rs", &["*"]),
    ("src/id.rs", &["*"]),
    ("src/permission.rs", &["*"]),
    (
        "src/db/",
        &[
            "web",
            "privacy",
            "people",
            "operator",
            "reference",
            "members",
            "jobs",
            "mail",
            "app",
            "gate",
            "keys",
            "modules",
        ],
    ),
    (
        "src/crypto/",
        &[
            "web",
            "privacy",
            "people",
            "operator",
            "reference",
            "members",
            "jobs",
            "mail",
            "app",
            "gate",
            "db",
            "keys",
            "modules",
        ],
    ),
    (
        "src/outbound/",
        &["web", "privacy", "people", "operator", "reference", "members", "app", "gate", "db", "modules"],
    ),
    ("src/keys/", &["web", "people", "operator", "reference", "members", "modules"]),
    ("src/privacy/", &["people", "operator", "reference", "modules"]),
    ("src/web/", &["people", "operator", "reference", "modules", "cli"]),
    ("src/jobs/", &["people", "operator", "reference", "modules", "cli"]),
    ("src/mail/", &["people", "operator", "reference", "modules", "cli", "actix_web"]),
    ("src/members/", &["people", "operator", "reference", "modules", "cli"]),
    ("src/operator/", &["people", "reference", "modules", "cli"]),
    ("src/people/", &["operator", "reference", "modules", "cli"]),
    ("src/reference/", &["people", "operator", "members", "modules", "cli"]),
];

/// Files of one kind, wherever they stand.
const NEVER_BY_NAME: &[(&str, &[&str])] = &[
    ("store.rs", &["actix_web", "askama", "web", "service"]),
    ("service.rs", &["actix_web", "askama", "web"]),
    ("data_map.rs", &["actix_web", "askama", "web", "db", "service", "store"]),
];

/// The first names after `crate::`, inside braces too, and every library that is named.
fn named(code: &str) -> BTreeSet<String> {
    let single = Regex::new(r"\bcrate::([a-z_]+)").expect("a good pattern");
    let group = Regex::new(r"\bcrate::\{([^;]*)\}").expect("a good pattern");
    let library = Regex::new(r"\b(actix_web|askama)::").expect("a good pattern");
    let sibling =
        Regex::new(r"\bsuper::(service|store)\b|use super::\{[^}]*\b(service|store)\b").expect("a good pattern");
    let mut names: BTreeSet<String> = single.captures_iter(code).map(|found| found[1].to_owned()).collect();
    names.extend(library.captures_iter(code).map(|found| found[1].to_owned()));
    names.extend(
        sibling
            .captures_iter(code)
            .filter_map(|found| found.get(1).or(found.get(2)))
            .map(|name| name.as_str().to_owned()),
    );
    for found in group.captures_iter(code) {
        names.extend(first_names(&found[1]));
    }
    names
}

/// `a::b, c::{d, e}, f` gives a, c and f.
fn first_names(list: &str) -> Vec<String> {
    let (mut names, mut depth, mut name) = (Vec::new(), 0, String::new());
    for character in list.chars().chain([',']) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let first = name.trim().split("::").next().unwrap_or("").trim().to_owned();
                if !first.is_empty() {
                    names.push(first);
                }
                name.clear();
            }
            _ => name.push(character),
        }
    }
    names
}

#[test]
fn imports_go_one_way() {
    let mut broken = Vec::new();
    for source in program() {
        let names = named(&source.code());
        let file = source.path.rsplit('/').next().unwrap_or("");
        let by_path = NEVER.iter().filter(|(place, _)| source.path.starts_with(place));
        let by_name = NEVER_BY_NAME.iter().filter(|(name, _)| *name == file && !is_frame(&source.path));
        for (_, never) in by_path.chain(by_name) {
            for name in &names {
                if never.contains(&name.as_str()) || never.contains(&"*") {
                    broken.push(format!("{} names {name}", source.path));
                }
            }
        }
    }
    none("ARCHITECTURE.md says who may look at whom:", &broken);
}

/// `jobs/store.rs` and `mail/store.rs` are the frame's own; they obey the rules of their folder and of stores alike.
fn is_frame(path: &str) -> bool {
    path.starts_with("src/db/")
}

/// Only the command line and the list itself know all the modules.
#[test]
fn only_the_command_line_knows_the_list_of_modules() {
    let knows: Vec<String> = program()
        .iter()
        .filter(|source| !source.path.starts_with("src/cli/") && source.path != "src/modules.rs")
        .filter(|source| named(&source.code()).contains("modules"))
        .map(|source| source.path.clone())
        .collect();
    none("Take the modules from `App::modules`:", &knows);
}

/// A feature's tables are its own: `store` is private, so that others ask its service.
#[test]
fn stores_are_private() {
    let public = Regex::new(r"\bpub(\(crate\))? mod store\b").expect("a good pattern");
    let broken: Vec<String> = program()
        .iter()
        .filter(|source| {
            FEATURES.iter().chain(&["members", "privacy"]).any(|name| source.path.starts_with(&format!("src/{name}/")))
        })
        .filter(|source| public.is_match(&source.code()))
        .map(|source| source.path.clone())
        .collect();
    none("Make `mod store` private:", &broken);
}
