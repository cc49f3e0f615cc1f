//! A whole workspace to one JSON file, beside a plain dump of the same rows, and from the file into a fresh workspace.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use holdfast::gate;
use holdfast::privacy::{workspace_export, workspace_import};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Value, json};

use crate::edits::memory;
use crate::installation::{self, Place, origin};
use crate::report::{Aim, Report};
use crate::twin;
use crate::{Options, Outcome};

const SECTION: &str = "A whole workspace";

pub fn measure(options: &Options, folder: &Path, report: &mut Report) -> Outcome<()> {
    let place = installation::with_people(folder, options.people())?;
    let plain = place.data.with_extension("dump.db");
    let key = installation::keys(&place.data)?.workspace(place.workspace)?.database_key();
    twin::copy(&place.file(), &key, &plain, "")?;
    let (out, dumped) = (folder.join("export.json"), folder.join("dump.json"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let rounds = if options.quick { 3 } else { 2 };
    let mut more = 0.0_f64;
    for round in 0..rounds {
        for first in [round % 2 == 0, round % 2 != 0] {
            if first {
                let (rate, grew) = export(&place, &out)?;
                ours.push(rate);
                more = more.max(grew);
            } else {
                theirs.push(dump(&plain, &dumped)?);
            }
        }
    }
    twin::remove(&plain);
    std::fs::remove_file(&dumped)?;
    let (ours, theirs) = (crate::timing::median(ours), crate::timing::median(theirs));
    let bytes = std::fs::metadata(&out)?.len() as f64 / 1e6;
    let detail = format!(
        "{ours:.0} MB/s beside {theirs:.0} MB/s of a plain file through SELECT and the same JSON, without hashes; {bytes:.0} MB"
    );
    report.add(SECTION, format!("export of {} people", place.people), ours / theirs, "of its speed", Aim::None, detail);
    let detail = format!("{bytes:.0} MB written, {more:.0} MiB of memory more");
    report.add(SECTION, "export", ours, "MB/s", Aim::None, detail);
    report.add(SECTION, "memory it takes meanwhile", more, "MiB", Aim::AtMost(64.0), "whatever the size");

    let data = folder.join("moved");
    let _ = std::fs::remove_dir_all(&data);
    let app = installation::open(&data)?;
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = memory("VmRSS:")?;
    let begun = Instant::now();
    let file = BufReader::with_capacity(256 * 1024, File::open(&out)?);
    let imported = workspace_import::import(&app, &origin(), file, None, None, &mut |_| {})?;
    let seconds = begun.elapsed().as_secs_f64();
    let more = memory("VmHWM:")? - before;
    let rows: u64 = imported.tables.iter().map(|table| table.rows).sum();
    let detail = format!(
        "{:.1} MB/s, {:.0} rows/s: {rows} rows in {} tables, each read back and found equal, search and indexes with it",
        bytes / seconds,
        rows as f64 / seconds,
        imported.tables.len()
    );
    report.add(SECTION, "import into a fresh workspace", seconds, "s", Aim::None, detail);
    report.add(SECTION, "memory it takes meanwhile", more, "MiB", Aim::AtMost(256.0), "whatever the size");
    installation::close(app)?;
    std::fs::remove_dir_all(&data)?;
    Ok(std::fs::remove_file(&out)?)
}

/// MB/s to the disk, and MiB of memory that it took.
fn export(place: &Place, out: &Path) -> Outcome<(f64, f64)> {
    let app = installation::open(&place.data)?;
    let workspace = gate::for_job(&app, place.workspace)?;
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = memory("VmRSS:")?;
    let begun = Instant::now();
    let mut file = BufWriter::new(File::create(out)?);
    workspace_export::write(&app, &workspace, &mut file, &mut |_| Ok(()))?;
    file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    let seconds = begun.elapsed().as_secs_f64();
    let more = memory("VmHWM:")? - before;
    drop(workspace);
    installation::close(app)?;
    Ok((std::fs::metadata(out)?.len() as f64 / 1e6 / seconds, more))
}

/// What anybody would write first: every row of every table of an unencrypted file, as JSON.
fn dump(from: &Path, to: &Path) -> Outcome<f64> {
    let begun = Instant::now();
    let conn = Connection::open(from)?;
    let mut out = BufWriter::new(File::create(to)?);
    let tables: Vec<String> = {
        let mut names = conn.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
               AND name NOT LIKE '%\\_search%' ESCAPE '\\' AND name NOT LIKE '%\\_vocabulary' ESCAPE '\\'",
        )?;
        names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    for table in tables {
        let mut statement = conn.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let count = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut cells: Vec<Value> = Vec::with_capacity(count);
            for place in 0..count {
                cells.push(match row.get_ref(place)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(number) => number.into(),
                    ValueRef::Real(real) => real.into(),
                    ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
                    ValueRef::Blob(bytes) => json!({ "base64": data_encoding::BASE64.encode(bytes) }),
                });
            }
            serde_json::to_writer(&mut out, &cells)?;
            out.write_all(b"\n")?;
        }
    }
    out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    Ok(std::fs::metadata(to)?.len() as f64 / 1e6 / begun.elapsed().as_secs_f64())
}
