//! T-M: many workspaces, some of them changed, a signal under load: the end ships and seals everything in time, and the
//! next start goes on with every line.
//!
//! `HOLDFAST_TEST_WORKSPACES=300` makes as many; the times are printed.

// Figures for whoever runs it in full.
#![allow(clippy::print_stdout)]

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{add, missing};
use crate::support::{TestApp, fixture};

/// Workspaces that are written to until the signal.
const CHANGED: usize = 20;

fn wanted() -> usize {
    std::env::var("HOLDFAST_TEST_WORKSPACES").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

#[test]
fn ops_5_many_workspaces_end_in_time_and_every_line_goes_on() {
    let mut app = TestApp::start();
    let operator = app.operator_program();
    let slugs: Vec<String> = (0..wanted()).map(|number| format!("many-{number}")).collect();
    for slug in &slugs {
        let new = json!({ "name": slug, "slug": slug, "owner": "owner@alpha.example" });
        operator.call("POST", "/api/v1/operator/workspaces", &new).expect(201);
    }
    assert!(app.command(&["backup", "run"]).status.success());
    let changed: Vec<&String> = slugs.iter().take(CHANGED).collect();
    let programs: Vec<_> = changed.iter().map(|slug| app.program_of("owner@alpha.example", slug)).collect();
    let acknowledged: Vec<Mutex<Vec<i64>>> = programs.iter().map(|_| Mutex::default()).collect();
    let (status, took) = std::thread::scope(|scope| {
        for (program, acknowledged) in programs.iter().zip(&acknowledged) {
            scope.spawn(move || {
                let mut number = 0;
                while let Some(id) = add(program, number) {
                    acknowledged.lock().expect("no writer panics").push(id);
                    number += 1;
                }
            });
        }
        let waiting = Instant::now();
        let all_wrote = || acknowledged.iter().all(|ids| !ids.lock().expect("no writer panics").is_empty());
        while !all_wrote() && waiting.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let watch = Instant::now();
        (app.server.stop(), watch.elapsed())
    });
    assert!(status.success(), "{status}\n{}", app.server.log());
    assert!(took < Duration::from_secs(30), "the end took {took:?}");
    let watch = Instant::now();
    app.restart();
    println!("{} workspaces: ended in {took:?}, began in {:?}", slugs.len(), watch.elapsed());
    for (slug, ids) in changed.iter().zip(acknowledged) {
        // Nothing waits in its log: all of it was shipped, sealed and folded in.
        let id = fixture::workspace_id(&app.control(), slug).to_string();
        let log = app.data().join("workspaces").join(id).join("data.db-wal");
        assert_eq!(std::fs::metadata(log).map_or(0, |meta| meta.len()), 0, "{slug}");
        let ids = ids.into_inner().expect("no writer panics");
        assert_eq!(missing(&app.workspace(slug), &ids), Vec::<i64>::new(), "{slug}");
        add(&app.program_of("owner@alpha.example", slug), 99_999).expect("it goes on");
    }
    assert!(!app.server.log().contains("a line of segments ends"), "{}", app.server.log());
}
