//! Bulk edits of 100,000 records and their undo, beside plain UPDATE statements; the search for duplicates.

use std::path::Path;
use std::time::Instant;

use holdfast::db::open::Purpose;
use holdfast::db::{Actor, Origin};
use holdfast::gate;
use holdfast::id::{ChangeId, MemberId};
use holdfast::people::bulk::{self, Edit};
use holdfast::people::merging::finding;
use holdfast::people::record::{Access, Object};
use holdfast::people::undo;
use rusqlite::{Connection, params};

use crate::installation::{self, Place};
use crate::report::{Aim, Report};
use crate::twin::Twins;
use crate::{Options, Outcome};

const SECTION: &str = "Edits of many records";
const DUPLICATES: &str = "Search for duplicates";
/// Records of one edit.
const RECORDS: u64 = 100_000;

/// Edits by the product's own services in the batches of its job, and the same rows by statements on a plain twin.
pub fn measure_edits(options: &Options, folder: &Path, report: &mut Report) -> Outcome<()> {
    let records = if options.quick { RECORDS / 10 } else { RECORDS };
    let place = installation::with_people(&folder.join("edits"), records)?;
    let twins = Twins::make(&place)?;
    let plain = twins.plain(Purpose::Write)?;
    let ids: Vec<i64> = {
        let mut all = plain.prepare("SELECT id FROM contacts ORDER BY id LIMIT ?1")?;
        all.query_map([i64::try_from(records)?], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    plain.execute("INSERT INTO tags (name, name_key, created_at, updated_at) VALUES ('bulk', 'bulk', 1, 1)", [])?;
    let tag = plain.last_insert_rowid();
    let owner = place.members[1];
    let words = "UPDATE contacts SET words = words || ' bulk', updated_at = 1, version = version + 1 WHERE id = ?1";
    let edits: [(&str, Edit, &[&str]); 3] = [
        (
            "tag",
            Edit::Tag("bulk".into()),
            &["INSERT OR IGNORE INTO contact_tags (contact_id, tag_id) VALUES (?1, ?2)", words],
        ),
        (
            "owner",
            Edit::Assign(Some(owner)),
            &["UPDATE contacts SET owner_id = ?2, updated_at = 1, version = version + 1 WHERE id = ?1"],
        ),
        (
            "field",
            Edit::Set { field: "job_title".into(), value: "Bulk".into() },
            &[
                "UPDATE contacts SET job_title = 'Bulk', words = words || ' bulk', updated_at = 1, version = version + 1 WHERE id = ?1",
            ],
        ),
    ];
    for (name, edit, statements) in edits {
        let (edited, undone) = by_the_product(&place, &edit, &ids)?;
        let beside = by_statements(&plain, statements, &ids, if name == "owner" { owner.0 } else { tag })?;
        let each = |seconds: f64| seconds * 1e6 / ids.len() as f64;
        let detail = format!(
            "{edited:.1} s ({:.0} µs each) beside {beside:.1} s; with history, audit, search and the way back",
            each(edited)
        );
        let title = format!("{name} of {records} contacts, beside UPDATE statements in as many transactions");
        report.add(SECTION, title, edited / beside, "times as long", Aim::None, detail);
        let detail = format!("{undone:.1} s ({:.0} µs each), every record as it was", each(undone));
        report.add(SECTION, format!("its undo ({name})"), undone / beside, "times as long", Aim::None, detail);
    }
    Ok(())
}

/// Seconds of the edit and of its undo.
fn by_the_product(place: &Place, edit: &Edit, ids: &[i64]) -> Outcome<(f64, f64)> {
    let app = installation::open(&place.data)?;
    let workspace = gate::for_job(&app, place.workspace)?;
    let origin = Origin::local(Actor::Member(MemberId(place.members[0].0)));
    let begun = Instant::now();
    let id = workspace
        .file
        .write(app.now(), &origin, |tx| bulk::service::start(tx, Object::Contact, edit, ids, &Access::everything()))?;
    workspace.file.write_much(|| {
        while !workspace.file.write(app.now(), &origin, |tx| bulk::service::step(tx, id, bulk::jobs::BATCH))? {}
        Ok(())
    })?;
    let edited = begun.elapsed().as_secs_f64();
    let done = workspace.file.read(app.now(), |db| bulk::service::get(db, id))?;
    let change: ChangeId = done.change.ok_or("the edit has no way back")?;
    if done.changed != ids.len() as i64 - done.left_out || done.left_out > 0 {
        return Err(format!("{} of {} were edited: {}", done.changed, ids.len(), done.fault).into());
    }
    let begun = Instant::now();
    workspace.file.write(app.now(), &origin, |tx| undo::service::start(tx, change))?;
    workspace.file.write_much(|| {
        while !workspace.file.write(app.now(), &origin, |tx| undo::service::step(tx, change, undo::jobs::BATCH))? {}
        Ok(())
    })?;
    let undone = begun.elapsed().as_secs_f64();
    let told = workspace.file.read(app.now(), |db| undo::service::get(db, change))?;
    if told.kept > 0 {
        return Err(format!("{} were not taken back", told.kept).into());
    }
    drop(workspace);
    installation::close(app)?;
    Ok((edited, undone))
}

/// Seconds of the statements, record by record, committed as often as the edit is.
fn by_statements(conn: &Connection, statements: &[&str], ids: &[i64], value: i64) -> Outcome<f64> {
    let begun = Instant::now();
    for batch in ids.chunks(usize::try_from(bulk::jobs::BATCH)?) {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for id in batch {
            for sql in statements {
                let mut statement = conn.prepare_cached(sql)?;
                match statement.parameter_count() {
                    1 => statement.execute(params![id])?,
                    _ => statement.execute(params![id, value])?,
                };
            }
        }
        conn.execute_batch("COMMIT")?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// Time and memory of the nightly search over everybody.
pub fn measure_duplicates(place: &Place, report: &mut Report) -> Outcome<()> {
    let app = installation::open(&place.data)?;
    let workspace = gate::for_job(&app, place.workspace)?;
    // What is read is in the caches of a server that has run for a day; the first run is the night's.
    for run in ["the first time", "again"] {
        // 5 lets the kernel forget the most memory so far.
        std::fs::write("/proc/self/clear_refs", "5")?;
        let before = memory("VmRSS:")?;
        let begun = Instant::now();
        let found = workspace.file.read(app.now(), |db| finding::contacts(db, &|| false))?.len();
        let seconds = begun.elapsed().as_secs_f64();
        let more = memory("VmHWM:")? - before;
        let title = format!("contacts among {} people, {run}", place.people);
        report.add(DUPLICATES, title, seconds, "s", Aim::None, format!("{found} pairs"));
        report.add(
            DUPLICATES,
            format!("memory it takes meanwhile, {run}"),
            more,
            "MiB",
            Aim::AtMost(64.0),
            format!("over {before:.0} MiB"),
        );
    }
    drop(workspace);
    installation::close(app)
}

/// A line of this process's status, in MiB.
pub fn memory(name: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line in /proc")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
