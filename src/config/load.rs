//! Reads the settings: `holdfast.toml`, then the environment, then flags. What is not understood stops the start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::options::{self, Kind, OPTIONS, Setting};
use crate::error::Error;

/// The environment variables that settings come from begin with this.
pub const PREFIX: &str = "HOLDFAST_";
/// Variables with the prefix that are no settings: the data folder, and what a test build reads.
const NO_SETTINGS: [&str; 9] = [
    "HOLDFAST_DATA",
    "HOLDFAST_TEST_CLOCK",
    "HOLDFAST_TEST_FAILPOINT",
    "HOLDFAST_TEST_BASE_EVERY_MS",
    "HOLDFAST_TEST_GIVE_UP_MS",
    "HOLDFAST_TEST_LIGHT_SLOTS",
    "HOLDFAST_TEST_LOG_LIMIT",
    "HOLDFAST_TEST_SKIP",
    "HOLDFAST_TEST_UNAPPLIED",
];

/// Where a value comes from, for `--print-config`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Default,
    File,
    Environment,
    Flag,
}

impl Source {
    pub fn word(self) -> &'static str {
        match self {
            Source::Default => "default",
            Source::File => "holdfast.toml",
            Source::Environment => "environment",
            Source::Flag => "flag",
        }
    }
}

/// Every option's value, as text that has passed its rule, and where it came from.
#[derive(Debug, Clone)]
pub struct Values {
    data: PathBuf,
    values: BTreeMap<&'static str, (Vec<String>, Source)>,
}

impl Values {
    /// The values for the installation in `data`: its file, then `environment`, then `flags`.
    ///
    /// Fails with [`Error::Invalid`] that names the option, the place, the value and the rule.
    pub fn load(
        data: &Path,
        environment: impl Iterator<Item = (String, String)>,
        flags: &[(&str, Vec<String>)],
    ) -> Result<Values, Error> {
        let mut values = Values::defaults(data);
        let path = data.join("holdfast.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => values.read_file(&path, &text)?,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::Refused(format!("{} cannot be read: {source}", path.display()))),
        }
        values.read_environment(environment)?;
        for (name, given) in flags {
            let option = known(name, "the command line")?;
            let given =
                given.iter().map(|value| checked(option, value, "the command line")).collect::<Result<_, _>>()?;
            values.values.insert(option.name, (given, Source::Flag));
        }
        Ok(values)
    }

    /// Every option at its default.
    pub fn defaults(data: &Path) -> Values {
        let values = OPTIONS.iter().map(|option| (option.name, (split(option, option.default), Source::Default)));
        Values { data: data.to_owned(), values: values.collect() }
    }

    fn read_file(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let place = path.display().to_string();
        let table: toml::Table = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            Error::field("holdfast.toml", "syntax", format!("{place}, line {line}: {}", error.message()))
        })?;
        for (section, content) in &table {
            let toml::Value::Table(content) = content else {
                // A key before the first section: the nearest option tells where it belongs.
                known(section, &place)?;
                continue;
            };
            for (key, value) in content {
                let option = known(&format!("{section}.{key}"), &place)?;
                self.values.insert(option.name, (from_toml(option, value, &place)?, Source::File));
            }
        }
        Ok(())
    }

    fn read_environment(&mut self, environment: impl Iterator<Item = (String, String)>) -> Result<(), Error> {
        for (variable, value) in environment {
            let Some(rest) = variable.strip_prefix(PREFIX) else { continue };
            if NO_SETTINGS.contains(&variable.as_str()) {
                continue;
            }
            let place = format!("the environment ({variable})");
            let option = known(&rest.to_lowercase().replacen("__", ".", 1), &place)?;
            let given = split(option, &value);
            let given = given.iter().map(|value| checked(option, value, &place)).collect::<Result<_, _>>()?;
            self.values.insert(option.name, (given, Source::Environment));
        }
        Ok(())
    }

    /// What is set, an empty text where nothing is. `name` must stand in the table.
    pub fn text(&self, name: &str) -> String {
        self.list(name).into_iter().next().unwrap_or_default()
    }

    pub fn list(&self, name: &str) -> Vec<String> {
        debug_assert!(options::find(name).is_some(), "{name} is no option");
        self.values.get(name).map_or_else(Vec::new, |(value, _)| value.clone())
    }

    /// A number that has passed its rule.
    pub fn number(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or_default()
    }

    pub fn switch(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// A path, relative to the data folder; `None` where nothing is set.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(|text| self.data.join(text))
    }

    /// Every option with its value to show (masked when secret) and where it came from.
    pub fn shown(&self) -> Vec<(&'static Setting, String, Source)> {
        OPTIONS
            .iter()
            .map(|option| {
                let (value, source) = self.values.get(option.name).cloned().unwrap_or((Vec::new(), Source::Default));
                let hidden = option.secret && !value.is_empty();
                (option, if hidden { "********".to_owned() } else { value.join(", ") }, source)
            })
            .collect()
    }
}

fn known(name: &str, place: &str) -> Result<&'static Setting, Error> {
    options::find(name).ok_or_else(|| {
        let message = format!("{place}: there is no option {name}; the nearest one is {}", options::nearest(name));
        Error::field(name.to_owned(), "unknown_option", message)
    })
}

/// Commas or spaces divide a list, so that it can stand in an environment variable.
fn split(option: &Setting, text: &str) -> Vec<String> {
    match option.kind {
        Kind::List => text.split([',', ' ', '\n']).filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        _ if text.is_empty() => Vec::new(),
        _ => vec![text.to_owned()],
    }
}

fn from_toml(option: &Setting, value: &toml::Value, place: &str) -> Result<Vec<String>, Error> {
    use toml::Value::{Array, Boolean, Integer, String};
    let given = match (option.kind, value) {
        (Kind::Text | Kind::Path | Kind::OneOf(_) | Kind::List, String(text)) => split(option, text),
        (Kind::Number { .. }, Integer(number)) => vec![number.to_string()],
        (Kind::Switch, Boolean(on)) => vec![on.to_string()],
        (Kind::List, Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong(option, &item.to_string(), place)))
            .collect::<Result<_, _>>()?,
        (_, other) => return Err(wrong(option, &other.to_string(), place)),
    };
    given.iter().map(|value| checked(option, value, place)).collect()
}

fn checked(option: &Setting, value: &str, place: &str) -> Result<String, Error> {
    let holds = match option.kind {
        Kind::Text | Kind::Path | Kind::List => !value.chars().any(char::is_control),
        Kind::Number { least, most } => value.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number)),
        Kind::Switch => matches!(value, "true" | "false"),
        Kind::OneOf(words) => words.contains(&value),
    };
    if holds { Ok(value.to_owned()) } else { Err(wrong(option, value, place)) }
}

fn wrong(option: &Setting, value: &str, place: &str) -> Error {
    let rule = match option.kind {
        Kind::Text => "text in quotes, on one line".to_owned(),
        Kind::Path => "a path in quotes".to_owned(),
        Kind::List => "a list of texts, like [\"one\", \"two\"]".to_owned(),
        Kind::Number { least, most } => format!("a whole number from {least} to {most}"),
        Kind::Switch => "true or false".to_owned(),
        Kind::OneOf(words) => format!("one of {}", words.join(", ")),
    };
    let shown = if option.secret { "what is there" } else { value };
    Error::field(option.name, "wrong_value", format!("{place}: {} must be {rule}, not {shown}", option.name))
}
