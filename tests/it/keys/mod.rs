//! Keys from outside: what the program refuses, and what others can open without it.

mod memory;
mod refusals;
mod rotation;
mod slots;
mod slots_exchanged;

use std::path::PathBuf;
use std::process::Command;

use crate::support::{TestApp, shown};

/// The Python with the packages of `tests/requirements.txt`, as `tests/run` sets it up.
fn python() -> PathBuf {
    std::env::var_os("TEST_PYTHON")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python"), PathBuf::from)
}

/// Another SQLCipher, another AES and another HKDF open every file with the documented keys.
#[test]
fn key_8_an_independent_sqlcipher_opens_every_file() {
    let mut app = TestApp::start();
    app.server.stop();
    let oracle = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/workspace.py");
    let output =
        Command::new(python()).arg(oracle).arg(app.data()).output().expect("tests/run installs Python's packages");
    assert!(output.status.success(), "{}", shown(&output));
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(words.contains("control.db: ") && words.lines().count() == 3, "{words}");
    assert!(!words.contains(": 0 tables"), "{words}");
}
