//! How much memory a request may cost the machine, measured at the process (LIM-2, AUT-3).

use crate::support::{PASSWORD, Start, TestApp};

const MIB: u64 = 1024 * 1024;

/// The most memory the server has had resident so far, or has now.
fn memory(app: &TestApp, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", app.server.process())).expect("procfs");
    let line = status.lines().find(|line| line.starts_with(field)).expect("the field");
    let kib: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number");
    kib * 1024
}

/// By how much the peak rises while something is done.
fn peak_during(app: &TestApp, work: impl FnOnce()) -> u64 {
    let before = memory(app, "VmRSS:");
    std::fs::write(format!("/proc/{}/clear_refs", app.server.process()), "5").expect("resetting the peak needs root");
    work();
    memory(app, "VmHWM:").saturating_sub(before)
}

#[test]
fn lim_2_an_upload_is_never_held_in_memory() {
    let app = TestApp::start();
    let program = app.program_of("owner@alpha.example", "alpha");
    program.get("/api/v1/contacts").expect(200);
    let mut csv = b"Given name,Family name,Email\n".to_vec();
    for number in 0.. {
        csv.extend(format!("Given {number},Family {number} {},person{number}@many.example\n", "x".repeat(80)).bytes());
        if csv.len() as u64 > 64 * MIB {
            break;
        }
    }
    let rise = peak_during(&app, || {
        let fields = [("object", "contact"), ("mode", "create")];
        program.upload("/api/v1/imports", &fields, ("file", "people.csv", &csv)).expect(201);
    });
    assert!(rise < 24 * MIB, "a file of {} MiB cost {} MiB of memory", csv.len() as u64 / MIB, rise / MIB);
}

/// Sixteen sign-ins at once would take 304 MiB if each were hashed at once; two are.
#[test]
fn aut_3_two_passwords_are_hashed_at_once_and_no_more() {
    const ONE: u64 = 19 * MIB;
    let environment = vec![("HOLDFAST_SECURITY__HASHING".to_owned(), "standard".to_owned())];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    let control = app.control();
    let sign_in = |email: &str| {
        let client = app.stranger();
        client.get("/sign-in").expect(200);
        client.submit("/sign-in", &[("email", email), ("password", PASSWORD), ("next", "")]).status
    };
    // Nobody's password is hashed at the standard cost, whatever the fixture's accounts were made with.
    assert_eq!(sign_in("nobody@alpha.example"), 422);
    control.execute("DELETE FROM throttles", []).expect("forgotten");
    let rise = peak_during(&app, || {
        std::thread::scope(|scope| {
            for number in 0..16 {
                let sign_in = &sign_in;
                scope.spawn(move || assert_eq!(sign_in(&format!("nobody{number}@alpha.example")), 422));
            }
        });
    });
    assert!(rise < 3 * ONE + 8 * MIB, "sixteen sign-ins cost {} MiB", rise / MIB);
    assert!(rise > ONE / 2, "nothing was hashed: {rise}");
}
