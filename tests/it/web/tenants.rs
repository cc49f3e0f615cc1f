//! Two workspaces at the same time: nothing of one shows in the other (TEN-5), and what happens to one does
//! not happen to the other (TEN-6).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Answer, Client, Start, TestApp, fixture};

/// Operations of both workspaces together.
const OPERATIONS: usize = 10_000;
const THREADS: usize = 8;

/// The workspace, and the words that stand in it alone. What is asked of `alpha` never holds beta's.
const TENANTS: [(&str, &str); 2] = [("alpha", "Aardwolf"), ("beta", "Bandicoot")];

/// What must not show in an answer to this tenant.
fn foreign(tenant: usize) -> [&'static str; 3] {
    match tenant {
        0 => ["Bandicoot", "beta.example", "beta-friends"],
        _ => ["Aardwolf", "alpha.example", "alpha-friends"],
    }
}

/// One operation of a tenant: a mix of what people and programs do.
fn operate(tenant: usize, number: usize, program: &Client, page: &Client) -> Answer {
    let (slug, word) = TENANTS[tenant];
    match number % 10 {
        0 => program.call(
            "POST",
            "/api/v1/contacts",
            &json!({ "given_name": word, "family_name": format!("Number {number}"), "tags": [format!("{word} {}", number % 7)],
                     "emails": [{ "value": format!("{word}.{number}@{slug}.example"), "primary": true }] }),
        ),
        1 => program.get(&format!("/api/v1/contacts?q={word}&limit=20")),
        // Looking for the other's words finds nothing, and says nothing.
        2 => program.get(&format!("/api/v1/contacts?q={}", TENANTS[1 - tenant].1)),
        3 => page.get(&format!("/w/{slug}/people/contacts")),
        4 => program.get("/api/v1/contacts?limit=50&sort=-created_at"),
        5 => program.get("/api/v1/tags"),
        6 => page.get(&format!("/w/{slug}/people/companies")),
        7 => program.get("/api/v1/companies?limit=20"),
        8 => page.get(&format!("/w/{slug}/audit")),
        _ => page.get(&format!("/w/{slug}")),
    }
}

#[test]
fn ten_5_two_workspaces_at_once_never_mix() {
    // Room for one open file: each operation of the other closes and opens files under the feet of the rest.
    let environment = vec![("HOLDFAST_DATABASE__OPEN_WORKSPACES".to_owned(), "1".to_owned())];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            let (app, next) = (&app, &next);
            let programs = TENANTS.map(|(slug, _)| app.program_of(&format!("owner@{slug}.example"), slug));
            let pages = TENANTS.map(|(slug, _)| app.session_of(&format!("owner@{slug}.example")));
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= OPERATIONS {
                        return;
                    }
                    // A stride of its own for each, so that every kind of operation meets both tenants.
                    let tenant = (number / 10 + number) % 2;
                    let answer = operate(tenant, number, &programs[tenant], &pages[tenant]);
                    assert!(answer.status < 300, "operation {number}: {} {}", answer.status, answer.text());
                    let text = answer.text();
                    for word in foreign(tenant) {
                        assert!(
                            !text.contains(word),
                            "operation {number} of {} shows {word}:\n{text}",
                            TENANTS[tenant].0
                        );
                    }
                }
            });
        }
    });
    for (tenant, (slug, word)) in TENANTS.into_iter().enumerate() {
        let conn = app.workspace(slug);
        let count = |like: &str| -> i64 {
            conn.query_row("SELECT count(*) FROM contacts WHERE given_name LIKE ?1", [like], |row| row.get(0))
                .expect("a count")
        };
        assert!(count(word) > 100, "{slug} holds too few to prove anything");
        assert_eq!(count(TENANTS[1 - tenant].1), 0, "{slug} holds what was given to the other");
    }
    crate::durability::assert_audit_verifies(&app);
}

/// Half of what beta's requests take, while `trouble` keeps alpha's people waiting.
fn median(app: &TestApp, requests: usize) -> Duration {
    let (program, page) = (app.program_of("owner@beta.example", "beta"), app.session_of("owner@beta.example"));
    let mut took: Vec<Duration> = (0..requests)
        .map(|number| {
            let watch = Instant::now();
            let answer = match number % 4 {
                0 => program.call(
                    "POST",
                    "/api/v1/notes",
                    &json!({ "on": { "type": "contact", "id": fixture::SECOND + 1 }, "body": "Seen again" }),
                ),
                1 => page.get("/w/beta/people/contacts"),
                _ => program.get("/api/v1/contacts"),
            };
            assert!(answer.status < 300, "beta suffers: {} {}", answer.status, answer.text());
            watch.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[took.len() / 2]
}

/// Beta is as quick as before while several clients of alpha try all the time. A busy machine gets three tries.
fn assert_beta_unmoved(app: &TestApp, what: &str) {
    let mut found = Vec::new();
    for _ in 0..3 {
        let before = median(app, 200);
        let (over, failed) = (AtomicBool::new(false), AtomicUsize::new(0));
        let during = std::thread::scope(|scope| {
            for _ in 0..6 {
                let program = app.program_of("owner@alpha.example", "alpha");
                let (over, failed) = (&over, &failed);
                scope.spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        let body = json!({ "given_name": "Waiting" });
                        let answer = program.call("POST", "/api/v1/contacts", &body);
                        failed.fetch_add(usize::from(answer.status >= 400), Ordering::Relaxed);
                        std::thread::sleep(Duration::from_millis(100));
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(100));
            let during = median(app, 200);
            over.store(true, Ordering::Relaxed);
            during
        });
        assert!(failed.load(Ordering::Relaxed) > 0, "{what}: alpha is not in trouble at all");
        if during <= before.mul_f64(1.2) + Duration::from_millis(1) {
            return;
        }
        found.push((before, during));
    }
    panic!("{what}: beta takes longer: {found:?}");
}

#[test]
fn ten_6_a_damaged_workspace_slows_no_other() {
    let mut app = TestApp::start();
    app.server.stop();
    let id = fixture::workspace_id(&app.control(), "alpha");
    let path = app.data().join("workspaces").join(id.to_string()).join("data.db");
    let mut bytes = std::fs::read(&path).expect("data.db");
    // Its first page opens; every other is noise.
    for byte in bytes.iter_mut().skip(4_096 + 100).step_by(512) {
        *byte ^= 0x55;
    }
    std::fs::write(&path, bytes).expect("damaged");
    app.restart();
    assert_beta_unmoved(&app, "damaged");
}

#[test]
fn ten_6_a_locked_workspace_slows_no_other() {
    let app = TestApp::start();
    let alpha = app.workspace("alpha");
    alpha.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    assert_beta_unmoved(&app, "locked");
    alpha.execute_batch("ROLLBACK").expect("unlocked");
    // It comes back by itself.
    let program = app.program_of("owner@alpha.example", "alpha");
    program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Back" })).expect(201);
}

#[test]
fn ten_6_a_workspace_whose_file_is_gone_slows_no_other() {
    let mut app = TestApp::start();
    app.server.stop();
    let id = fixture::workspace_id(&app.control(), "alpha");
    let folder = app.data().join("workspaces").join(id.to_string());
    std::fs::rename(folder.join("data.db"), folder.join("elsewhere")).expect("gone");
    // A folder in its place: the file cannot be made anew.
    std::fs::create_dir(folder.join("data.db")).expect("a folder");
    app.restart();
    assert_beta_unmoved(&app, "gone");
}
