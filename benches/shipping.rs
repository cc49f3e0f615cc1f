//! What it costs to carry the log to the backup folder: the same small commits into two files, one of which is shipped.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use holdfast::backup::segments::{self, Shipments};
use holdfast::clock::Timestamp;
use holdfast::crypto::derive::WorkspaceKeys;
use holdfast::crypto::random_key;
use holdfast::db::DbFile;
use holdfast::id::WorkspaceId;

use crate::installation::origin;
use crate::report::{Aim, Report};
use crate::timing::{Samples, speed};
use crate::{Options, Outcome};

const SECTION: &str = "Any moment";
/// Commits of one round on each side: several seconds, so that the shipper has its turns.
const BATCH: usize = 1_000;

pub fn measure(options: &Options, folder: &Path, report: &mut Report) -> Outcome<()> {
    let place = folder.join("shipping");
    let _ = std::fs::remove_dir_all(&place);
    std::fs::create_dir_all(place.join("backup/data"))?;
    std::fs::write(place.join("backup/INSTALLATION"), "{}")?;
    let open = |name: &str, id: u8| -> Outcome<(DbFile, WorkspaceKeys)> {
        let keys = WorkspaceKeys::derive(WorkspaceId([id; 16]), 1, &random_key());
        let file = DbFile::open(&place.join(name), keys.database_key(), Arc::new(AtomicI64::new(8 * 1024)))?;
        Ok((file, keys))
    };
    let ((shipped, keys), (alone, _)) = (open("shipped.db", 1)?, open("alone.db", 2)?);
    let shipments = Shipments::default();
    segments::watch_in(&shipments, &place.join("backup"), &random_key(), &shipped, &keys);
    for file in [&shipped, &alone] {
        write(file, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, words TEXT) STRICT")?;
        write(file, "CREATE INDEX t_name ON t (name)")?;
    }
    let shipping = shipments.of(keys.workspace).ok_or("nothing is shipped")?;
    shipped.snapshot(&mut || shipping.base_begins().map(drop), &mut |_| Ok(()))?;
    let is_over = AtomicBool::new(false);
    let (mut with, mut without) = (Samples::default(), Samples::default());
    let rounds = options.rounds();
    std::thread::scope(|scope| -> Outcome<()> {
        let shipper = shipping.clone();
        let over = &is_over;
        scope.spawn(move || {
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_secs(1));
                let _ = shipper.ship();
            }
        });
        let measured = (0..rounds).try_for_each(|round| -> Outcome<()> {
            for first in [round % 2 == 0, round % 2 != 0] {
                let (file, samples) = if first { (&shipped, &mut with) } else { (&alone, &mut without) };
                for _ in 0..BATCH {
                    let begun = Instant::now();
                    write(file, "INSERT INTO t (name, words) VALUES (hex(randomblob(8)), hex(randomblob(100)))")?;
                    samples.push(begun.elapsed());
                }
            }
            Ok(())
        });
        is_over.store(true, Ordering::Relaxed);
        measured
    })?;
    shipping.ship()?;
    let folder = place.join("backup/data").join(keys.workspace.to_string()).join("segments");
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    let detail = format!("with: {}; without: {}", with.text(), without.text());
    let ratio = speed(&with, &without, BATCH);
    report.add(SECTION, "commits of a file that is shipped", ratio, "of the speed without", Aim::None, detail);
    let each = bytes as f64 / (rounds * BATCH) as f64 / 1e3;
    let detail = format!("{:.0} MB for {} commits of one row with one index", bytes as f64 / 1e6, rounds * BATCH);
    report.add(SECTION, "stored for a small commit", each, "kB", Aim::None, detail);
    drop((shipped, alone));
    Ok(std::fs::remove_dir_all(&place)?)
}

fn write(file: &DbFile, sql: &str) -> Outcome<()> {
    file.write_unaudited(Timestamp(0), &origin(), |tx| tx.execute(sql, &[]))?;
    Ok(())
}
