//! Import of a large file by the API, beside `sqlite3 .import` of the same file. Aim: within four times, under 256 MiB.

use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use crate::client::program;
use crate::installation;
use crate::people::Person;
use crate::report::{Aim, Report};
use crate::server::{Server, processor_seconds};
use crate::twin::remove;
use crate::{Options, Outcome};

const SECTION: &str = "Import of a CSV file";
/// Parts of the file are sent so large.
const CHUNK: usize = 256 * 1024;

pub fn measure(options: &Options, folder: &Path, report: &mut Report) -> Outcome<()> {
    let rows = options.people();
    eprintln!("import of {rows} rows");
    let file = folder.join("people.csv");
    write_file(&file, rows)?;
    let size = std::fs::metadata(&file)?.len();
    let data = folder.join("import");
    let _ = std::fs::remove_dir_all(&data);
    let (token, schema) = workspace(&data)?;
    // The command line tool before and after, since the product takes long: the faster of both counts.
    let bare = bare_import(folder, &file)?;
    let same = import_into_same_tables(folder, &file, &schema, rows)?;
    let server = Server::product(&data)?;
    let (watch, before) = (Instant::now(), server.busy()?);
    let id = upload(&server, &token, &file, "people.csv")?;
    let uploaded = watch.elapsed().as_secs_f64();
    let done = run(&server, &token, id)?;
    let took = Took { seconds: watch.elapsed().as_secs_f64(), busy: server.busy()? - before };
    let peak = server.peak()?;
    drop(server);
    let again = bare_import(folder, &file)?;
    let bare = if again.seconds < bare.seconds { again } else { bare };
    let created = done["created"].as_u64().unwrap_or(0);
    if created != rows {
        return Err(format!("{created} of {rows} rows were imported: {done}").into());
    }
    let rate = rows as f64 / took.seconds;
    let detail = format!("{}, {uploaded:.1} s of it upload, {rate:.0} rows/s, beside {}", took.text(), same.text());
    report.add(
        SECTION,
        "beside sqlite3 .import into the same tables, indexes and search",
        took.seconds / same.seconds,
        "times as long",
        Aim::AtMost(4.0),
        detail,
    );
    let detail = format!("{} beside {}; {} MiB, {rows} rows", took.text(), bare.text(), size >> 20);
    report.add(
        SECTION,
        "beside sqlite3 .import into one bare table",
        took.seconds / bare.seconds,
        "times as long",
        Aim::AtMost(4.0),
        detail,
    );
    report.add(
        SECTION,
        "most resident memory of the server",
        peak,
        "MiB",
        Aim::AtMost(256.0),
        "upload and import together",
    );
    for path in [file, folder.join("same.db"), folder.join("bare.db")] {
        remove(&path);
    }
    let _ = std::fs::remove_dir_all(&data);
    Ok(())
}

fn write_file(path: &Path, rows: u64) -> Outcome<()> {
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    out.write_all(Person::CSV_HEADING.as_bytes())?;
    for number in 0..rows {
        out.write_all(Person::new(number).csv().as_bytes())?;
    }
    Ok(out.flush()?)
}

/// An empty workspace: a token of its owner, and the schema of its file.
pub fn workspace(data: &Path) -> Outcome<(String, Vec<String>)> {
    let app = installation::open(data)?;
    let owner = installation::owner(&app)?;
    let id = holdfast::members::workspaces::create(&app, &installation::origin(), "Import", "import", owner)?;
    let member = installation::members(&app, id)?[0];
    let token = installation::programs(&app, id, member, 1)?.remove(0);
    let schema = installation::schema(&app, id)?;
    installation::close(app)?;
    Ok((token, schema))
}

/// How long something took, and how long it kept a processor busy: where others use the machine too, the
/// second says more.
#[derive(Clone, Copy)]
pub struct Took {
    pub seconds: f64,
    pub busy: f64,
}

impl Took {
    pub fn text(self) -> String {
        format!("{:.1} s ({:.1} s of a processor)", self.seconds, self.busy)
    }
}

/// `sqlite3` with these commands.
fn sqlite(database: &Path, script: &str) -> Outcome<Took> {
    let (watch, before) = (Instant::now(), processor_seconds("self", [15, 16])?);
    let mut child =
        Command::new("sqlite3").arg("-bail").arg(database).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    child.stdin.take().ok_or("no input")?.write_all(script.as_bytes())?;
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("sqlite3 ends with {status}").into());
    }
    let busy = processor_seconds("self", [15, 16])? - before;
    Ok(Took { seconds: watch.elapsed().as_secs_f64(), busy })
}

/// One table of texts without an index: as fast as a file can become a database.
fn bare_import(folder: &Path, file: &Path) -> Outcome<Took> {
    let database = folder.join("bare.db");
    remove(&database);
    sqlite(&database, &format!(".mode csv\n.import {} people\n", quoted(file)))
}

/// The product's own tables, indexes, triggers and search index, filled by a trigger.
fn import_into_same_tables(folder: &Path, file: &Path, schema: &[String], rows: u64) -> Outcome<Took> {
    let database = folder.join("same.db");
    remove(&database);
    sqlite(&database, &schema.join("\n"))?;
    let columns =
        Person::CSV_HEADING.trim().split(',').map(|name| format!("'' AS {name}")).collect::<Vec<_>>().join(", ");
    let setup = format!(
        "INSERT INTO record_counts (kind, live, archived) VALUES ('contact', 0, 0), ('company', 0, 0);
         CREATE UNIQUE INDEX bench_companies ON companies (name);
         CREATE VIEW incoming AS SELECT {columns};
         CREATE TRIGGER incoming_row INSTEAD OF INSERT ON incoming BEGIN
           INSERT OR IGNORE INTO companies (name, sort_name, words, created_at, updated_at)
             VALUES (new.company, lower(new.company), lower(new.company), 1, 1);
           INSERT INTO contacts (given_name, family_name, display_name, sort_name, job_title, company_id, company_sort, postal_code,
               city, country, source, words, created_at, updated_at)
             VALUES (new.given_name, new.family_name, new.given_name || ' ' || new.family_name,
               lower(new.given_name || ' ' || new.family_name), new.job_title,
               (SELECT id FROM companies WHERE name = new.company), lower(new.company), new.postal_code, new.city, new.country, new.source,
               lower(new.given_name || ' ' || new.family_name || ' ' || replace(replace(new.email, '@', ' '), '.', ' ') || ' ' ||
                 new.company || ' ' || new.job_title || ' ' || new.phone || ' ' || new.tags), 1, 1);
           INSERT INTO contact_identities (contact_id, kind, value, normalised, is_primary, position)
             VALUES ((SELECT max(id) FROM contacts), 'email', new.email, new.email, 1, 0);
           INSERT INTO contact_identities (contact_id, kind, value, normalised, is_primary, position)
             SELECT (SELECT max(id) FROM contacts), 'phone', new.phone, new.phone, 1, 0 WHERE new.phone <> '';
         END;"
    );
    sqlite(&database, &setup)?;
    // The cache and settings of the product's writer, in one transaction, as .import does it.
    let pragmas =
        "PRAGMA cache_size = -65536; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;";
    let took = sqlite(&database, &format!("{pragmas}\n.mode csv\n.import --skip 1 {} incoming\n", quoted(file)))?;
    let found: i64 = Connection::open(&database)?.query_row("SELECT count(*) FROM contacts", [], |row| row.get(0))?;
    if u64::try_from(found)? == rows {
        Ok(took)
    } else {
        Err(format!("sqlite3 imported {found} of {rows} rows").into())
    }
}

fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display())
}

/// Sends the file as a program would, part by part; returns the import's id.
pub fn upload(server: &Server, token: &str, file: &Path, name: &str) -> Outcome<u64> {
    let size = std::fs::metadata(file)?.len();
    let field = |name: &str, value: &str| {
        format!("--bench\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let before = format!(
        "{}{}--bench\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n",
        field("object", "contact"),
        field("mode", "create")
    );
    let after = "\r\n--bench--\r\n";
    let length = before.len() as u64 + size + after.len() as u64;
    let mut connection = server.connect()?;
    connection.write(
        format!(
            "POST /api/v1/imports HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: multipart/form-data; boundary=bench\r\nContent-Length: {length}\r\n\r\n{before}"
        )
        .as_bytes(),
    )?;
    let mut input = std::fs::File::open(file)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match input.read(&mut chunk)? {
            0 => break,
            read => connection.write(&chunk[..read])?,
        }
    }
    connection.write(after.as_bytes())?;
    let status = connection.receive()?;
    let answer: Value = serde_json::from_slice(connection.body())?;
    match (status, answer["id"].as_u64()) {
        (201, Some(id)) => Ok(id),
        _ => Err(format!("{status}: {answer}").into()),
    }
}

/// Starts the import and waits for its end; returns what it says of itself.
pub fn run(server: &Server, token: &str, id: u64) -> Outcome<Value> {
    let mut connection = server.connect()?;
    let status =
        connection.send(&program("POST", &format!("/api/v1/imports/{id}/run"), token, "{\"dry_run\":false}"))?;
    if status != 202 {
        return Err(format!("{status}: {}", String::from_utf8_lossy(connection.body())).into());
    }
    loop {
        std::thread::sleep(Duration::from_millis(200));
        connection.send(&program("GET", &format!("/api/v1/imports/{id}"), token, ""))?;
        let answer: Value = serde_json::from_slice(connection.body())?;
        if !matches!(answer["state"].as_str(), Some("running" | "mapping")) {
            return Ok(answer);
        }
    }
}
