//! The house rules, as tests: what CONTRIBUTING.md asks for, a machine looks for.

mod assets;
mod audit;
mod imports;
mod migrations;
mod routes;
mod source;
mod templates;

use std::path::{Path, PathBuf};

/// A file of the repository, by its path from the top.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// The lines that ship: without comments, and without the unit tests at the end of the file.
    pub fn code(&self) -> String {
        let shipped = match self.text.find("#[cfg(test)]\nmod tests {") {
            Some(tests) => &self.text[..tests],
            None => &self.text,
        };
        shipped.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }

    /// True for files that hold unit tests alone.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

/// Every file below `folder` with one of the endings, in order.
pub fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&top().join(folder), &mut |path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if endings.iter().any(|ending| name.ends_with(ending)) {
            let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push(Source { path: from_top(path), text });
        }
    });
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "nothing below {folder} ends with {endings:?}");
    found
}

/// The code that ships.
pub fn program() -> Vec<Source> {
    sources("src", &[".rs"]).into_iter().filter(|source| !source.is_test()).collect()
}

/// Every path below `folder`, whatever is in it.
pub fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(&top().join(folder), &mut |path| found.push(from_top(path)));
    found.sort();
    found
}

/// Fails with everything that breaks the rule, not only the first.
#[track_caller]
pub fn none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  {}\n", broken.join("\n  "));
}

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn from_top(path: &Path) -> String {
    path.strip_prefix(top()).unwrap_or(path).to_string_lossy().into_owned()
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path)) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            walk(&path, each);
        } else {
            each(&path);
        }
    }
}
