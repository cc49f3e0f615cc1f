//! The passphrase and the recovery code, opened by other programs than ours (KEY-3).

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use holdfast::clock::Clock;
use holdfast::keys::{Folders, Keys, RecoveryCode, SlotCost, Source};

use super::python;
use crate::support::shown;

/// Says something else when it is composed: `é` is one sign or two, and `ﬁ` is `fi`.
const PASSPHRASE: &str = "caf\u{e9} \u{fb01}sh under nine copper bells";

fn oracle(data: &Path, kind: &str, secret: &str) -> Output {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/slots.py");
    let mut child = Command::new(python())
        .arg(script)
        .arg(data)
        .arg(kind)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("tests/run installs Python's packages");
    child.stdin.take().expect("piped").write_all(secret.as_bytes()).expect("it listens");
    child.wait_with_output().expect("it ends")
}

#[test]
fn key_3_debians_argon2_opens_the_slot_of_a_passphrase() {
    let costs = [SlotCost::FLOOR, SlotCost { memory_kib: 70_008, passes: 4, lanes: 2 }];
    for cost in costs {
        // About one salt in sixteen holds a zero byte, which no command line can carry.
        let opened = (0..20).find_map(|_| {
            let folder = tempfile::tempdir().expect("a folder");
            let recovery = RecoveryCode::generate();
            let source = Source::Passphrase(PASSPHRASE.to_owned().into());
            let folders = Folders { data: folder.path(), backup: None };
            Keys::create(folders, &source, &recovery, cost, Clock.now()).expect("keys");
            let output = oracle(folder.path(), "passphrase", PASSPHRASE);
            (output.status.code() != Some(3)).then_some((output, folder, recovery))
        });
        let (output, folder, recovery) = opened.expect("one salt of twenty without a zero byte");
        let expected = format!("{} KiB, {} passes, {} lanes: 1 root keys\n", cost.memory_kib, cost.passes, cost.lanes);
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", shown(&output));
        let other = oracle(folder.path(), "passphrase", "cafe fish under nine copper bells");
        assert!(!other.status.success(), "another passphrase opens it too: {}", shown(&other));
        let paper = oracle(folder.path(), "recovery-code", &recovery.text());
        assert_eq!(
            String::from_utf8_lossy(&paper.stdout),
            "0 KiB, 0 passes, 0 lanes: 1 root keys\n",
            "{}",
            shown(&paper)
        );
    }
}
