//! `holdfast demo`: a filled installation to look at, in a folder of its own.

use std::path::Path;

use serde_json::{Value, json};

use super::answer::{Failure, Listener, Progress, table};
use super::installation::{self, Place};
use super::serve;
use super::terminal::{self, Terminal};
use crate::app::{App, Lock};
use crate::config::Config;
use crate::config::load::Source;
use crate::crypto::{file, hardening};
use crate::demo::house;
use crate::keys::Keys;
use crate::logging;

/// Where the demonstration lives when nobody says otherwise: never in the folder of a real installation.
const FOLDER: &str = "holdfast-demo";
/// The sign-ins, so that a second start can show them again. Its presence says that the data is complete.
const FACTS: &str = "demo.json";
/// There from the first byte until the data is complete: what lies beside it may be thrown away.
const UNFINISHED: &str = "demo.unfinished";

#[derive(Debug, Clone, Default, clap::Args)]
pub struct Demo {
    /// An address to listen on [default: 127.0.0.1:8443, or any free port when that is taken]
    #[arg(long, value_name = "ADDR")]
    pub listen: Vec<String>,
}

pub fn run(place: &Place, demo: &Demo) -> Result<(), Failure> {
    let place = Place { data: Some(place.data.clone().unwrap_or_else(|| FOLDER.into())), ..place.clone() };
    let flags: Vec<(&str, Vec<String>)> =
        if demo.listen.is_empty() { Vec::new() } else { vec![("server.listen", demo.listen.clone())] };
    let (mut config, values) = place.settings(&flags)?;
    let source =
        |name: &str| values.shown().into_iter().find(|(option, ..)| option.name == name).map(|(.., source)| source);
    // The sign-ins should stay in sight, so requests are not logged unless somebody asks for it.
    let level = if source("log.level") == Some(Source::Default) { "warn" } else { &config.log.level };
    logging::start(level, config.log.json);
    hardening::no_core_dumps()?;
    installation::make_folder(&config.data)?;
    if file::read_if_there(&config.data.join(FACTS))?.is_none() {
        build(&config)?;
    }
    let lock = Lock::take(&config.data)?;
    if source("server.listen") == Some(Source::Default)
        && std::net::TcpListener::bind(&config.server.listen[0]).is_err()
    {
        config.server.listen = vec!["127.0.0.1:0".into()];
    }
    // Only now: whoever can connect finds everything there.
    let listeners = serve::listen(&mut config)?;
    let keys = installation::open_keys(&place, &config)?;
    let app = installation::open(config, keys, lock)?;
    let mut facts = read_facts(&app.config.data)?;
    facts["url"] = app.config.public_url().into();
    serve::run_until_stopped(app, listeners, |app| announce(app, &facts, place.json))
}

/// Fills a fresh folder and closes it again.
fn build(config: &Config) -> Result<(), Failure> {
    let data = &config.data;
    let lock = Lock::take(data)?;
    let unfinished = data.join(UNFINISHED);
    if Keys::exist(data) {
        if !unfinished.exists() {
            return Err(Failure::refused(format!(
                "{} holds an installation that is no demonstration; choose another folder with --data",
                data.display()
            )));
        }
        clear(data)?;
    }
    file::replace(&unfinished, b"", 0o600)?;
    let (keys, _) = installation::create_first_try(data)?;
    let app = installation::open(config.clone(), keys, lock)?;
    let mut terminal = Terminal::new();
    let facts = house::build(&app, &mut |words, done, of| terminal.progress(&Progress::of(words, done, of)))?;
    terminal.clear();
    app.workspaces.close_all();
    drop(app);
    file::replace(&data.join(FACTS), facts.to_string().as_bytes(), 0o600)?;
    std::fs::remove_file(unfinished)?;
    crate::memory::give_back();
    Ok(())
}

/// Throws away what a start that was cut short left behind.
fn clear(data: &Path) -> Result<(), Failure> {
    for name in ["control.db", "control.db-wal", "control.db-shm"] {
        match std::fs::remove_file(data.join(name)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(source.into()),
            _ => {}
        }
    }
    // The keys last: as long as they are there, the next start knows what this is.
    for name in ["workspaces", "tls", "keys"] {
        match std::fs::remove_dir_all(data.join(name)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(source.into()),
            _ => {}
        }
    }
    Ok(())
}

fn read_facts(data: &Path) -> Result<Value, Failure> {
    let path = data.join(FACTS);
    let stored: Value = serde_json::from_slice(&std::fs::read(&path)?)
        .map_err(|_| Failure::refused(format!("{} is damaged; delete the folder and start again", path.display())))?;
    // In the order of the interface: where, then who.
    let mut facts = json!({ "url": "", "ca_file": data.join("tls/ca.pem"), "data": data });
    for (key, value) in stored.as_object().into_iter().flatten() {
        facts[key] = value.clone();
    }
    Ok(facts)
}

fn announce(app: &App, facts: &Value, json: bool) {
    if json {
        return terminal::say(&facts.to_string());
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = vec![
        format!("Holdfast {} shows invented data at", env!("CARGO_PKG_VERSION")),
        String::new(),
        format!("    {}", app.config.public_url()),
        String::new(),
        format!("  Password       {}   (for everybody)", house::PASSWORD),
        format!("  Data folder    {}", app.config.data.display()),
    ];
    lines.extend(serve::about_certificate(app).into_iter().map(|line| format!("  {line}")));
    let mut rows =
        vec![vec![text(&facts["operator"]["email"]), "operator".into(), "the installation".into(), String::new()]];
    for workspace in facts["workspaces"].as_array().into_iter().flatten() {
        for member in workspace["members"].as_array().into_iter().flatten() {
            let secret =
                member["totp_secret"].as_str().map_or_else(String::new, |secret| format!("two steps: {secret}"));
            rows.push(vec![
                text(&member["email"]),
                text(&member["role"]).replace('_', " "),
                text(&workspace["name"]),
                secret,
            ]);
        }
    }
    lines.push(String::new());
    lines.extend(table(&["SIGN IN AS", "ROLE", "OF", ""], &rows).lines().map(|line| format!("  {line}")));
    lines.push(String::new());
    for workspace in facts["workspaces"].as_array().into_iter().flatten() {
        lines.push(format!("  API token of {}: {}", text(&workspace["name"]), text(&workspace["token"])));
    }
    lines.push("\n  Ctrl C ends it; the same command starts it again with the same data.".into());
    terminal::say(&lines.join("\n"));
}
