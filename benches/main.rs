//! The figures: what encryption, permission checks and audit cost, measured beside what goes without them.
//!
//! `cargo bench` measures at a million people, `cargo bench -- --quick` at a hundred thousand. Both sides of
//! every ratio are measured in turns within one run, so that they see the same machine. Nothing here
//! fails because something is slow: aims are printed beside the figures, and `RESULTS.md` keeps a run.
//!
//! The installations are made once, below `target/`, and used again by the next run; a change of the
//! tables makes them anew.

// This measures how long things take, opens plain files beside the encrypted ones, and prints.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)]

mod backups;
mod client;
mod edits;
mod fill;
mod filters;
mod formats;
mod http;
mod import;
mod installation;
mod load;
mod many;
mod moving;
mod pages;
mod people;
mod report;
mod rights;
mod server;
mod shipping;
mod statements;
mod thin;
mod timing;
mod twin;

use std::path::PathBuf;

use report::Report;

/// What goes wrong ends the run with its words: there is nobody to recover for.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const USAGE: &str = "cargo bench -- [--quick] [--people N] [--only SECTION,SECTION] [--json FILE] [--data FOLDER]; the sections are \
     statements, http, pages, filters, duplicates, edits, import, formats, many, rights, moving, shipping, restore, backups";

/// The sections, in the order they run.
const SECTIONS: [&str; 14] = [
    "statements",
    "http",
    "pages",
    "filters",
    "duplicates",
    "edits",
    "import",
    "formats",
    "many",
    "rights",
    "moving",
    "shipping",
    "restore",
    "backups",
];

/// What was asked for.
pub struct Options {
    /// A hundred thousand people instead of a million.
    pub quick: bool,
    people: Option<u64>,
    only: Vec<String>,
    json: Option<PathBuf>,
    /// Where the installations are made, kept, and found again.
    data: PathBuf,
}

impl Options {
    fn read(arguments: impl Iterator<Item = String>) -> Outcome<Options> {
        let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
        let mut options = Options { quick: false, people: None, only: Vec::new(), json: None, data };
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(USAGE);
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--people" => options.people = Some(value()?.parse()?),
                "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
                "--json" => options.json = Some(value()?.into()),
                "--data" => options.data = std::path::absolute(value()?)?,
                // Cargo says this to every benchmark.
                "--bench" => {}
                _ => return Err(USAGE.into()),
            }
        }
        if options.only.iter().any(|name| !SECTIONS.contains(&name.as_str())) {
            return Err(USAGE.into());
        }
        Ok(options)
    }

    fn wants(&self, section: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == section)
    }

    /// How many people the workspace has that sections 1 to 3 look at.
    pub fn people(&self) -> u64 {
        self.people.unwrap_or(if self.quick { 100_000 } else { 1_000_000 })
    }

    /// Rounds of a comparison: more in a full run.
    pub fn rounds(&self) -> usize {
        if self.quick { 8 } else { 20 }
    }
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    // The thin server is this program in a process of its own.
    if arguments.peek().map(String::as_str) == Some(thin::COMMAND) {
        return thin::run(arguments.skip(1));
    }
    let options = Options::read(arguments)?;
    let folder = options.data.clone();
    std::fs::create_dir_all(&folder)?;
    let mut report = Report::new(&options);
    if ["statements", "http", "pages", "filters", "duplicates"].iter().any(|section| options.wants(section)) {
        let people = installation::with_people(&folder, options.people())?;
        if options.wants("statements") {
            statements::measure(&options, &people, &mut report)?;
        }
        if options.wants("http") {
            http::measure(&options, &people, &mut report)?;
        }
        if options.wants("pages") {
            pages::measure(&options, &people, &mut report)?;
        }
        if options.wants("filters") {
            filters::measure(&options, &people, &mut report)?;
        }
        if options.wants("duplicates") {
            edits::measure_duplicates(&people, &mut report)?;
        }
    }
    if options.wants("edits") {
        edits::measure_edits(&options, &folder, &mut report)?;
    }
    if options.wants("import") {
        import::measure(&options, &folder, &mut report)?;
    }
    if options.wants("formats") {
        formats::measure(&options, &folder, &mut report)?;
    }
    if options.wants("many") {
        many::measure(&options, &folder, &mut report)?;
    }
    if options.wants("rights") {
        rights::measure(&installation::with_people(&folder, options.people())?, &mut report)?;
    }
    if options.wants("moving") {
        moving::measure(&options, &folder, &mut report)?;
    }
    if options.wants("shipping") {
        shipping::measure(&options, &folder, &mut report)?;
    }
    if options.wants("restore") {
        backups::measure_restore(&installation::with_people(&folder, options.people())?, &folder, &mut report)?;
    }
    if options.wants("backups") {
        backups::measure_run(&options, &folder, &mut report)?;
    }
    report.print();
    match &options.json {
        Some(path) => Ok(std::fs::write(path, report.json())?),
        None => Ok(()),
    }
}
