//! `docs/disaster-recovery.md`, run as it stands: its commands on an empty folder without a network, and every refusal
//! of its table (RST-1, RST-2, RST-3).

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use holdfast::keys::{Folders, Keys, RecoveryCode, SlotCost, Source};
use serde_json::Value;
use tempfile::TempDir;

use super::{copy_folder, facts, files_below};
use crate::support::{TestApp, server, shown};

const PAGE: &str = include_str!("../../../docs/disaster-recovery.md");
const PASSPHRASE: &str = "nineteen grey lanterns under the quay";

/// A backup folder with everything that opens it, and nothing of the installation it came from.
struct Rescue {
    place: TempDir,
    code: String,
    head: String,
    moment: String,
    has_network: bool,
}

impl Rescue {
    fn new() -> Rescue {
        let mut app = TestApp::start();
        app.server.stop();
        let (data, key) = (app.data(), app.data().join("keys/master.key"));
        let code = RecoveryCode::generate();
        let source = Source::File { path: key.clone(), may_lie_in_data: true };
        let (master, mut slots) = Keys::master(Folders { data: &data, backup: None }, &source).expect("the keys");
        slots.set_passphrase(&master, PASSPHRASE, SlotCost::FLOOR).expect("a slot");
        slots.set_recovery_code(&master, &code);
        slots.write(&Keys::slots_path(&data)).expect("written");
        std::fs::write(data.join("holdfast.toml"), "[server]\npublic_url = \"https://quay.example\"\n")
            .expect("settings");
        let head = facts(&app, &["backup", "run"], 0)["head"].as_str().expect("a head").to_owned();
        let place = tempfile::tempdir().expect("a folder");
        copy_folder(&data.join("backup"), &place.path().join("backup"));
        std::fs::copy(&key, place.path().join("master.key")).expect("the key");
        let has_network = !Command::new("unshare").args(["-n", "true"]).status().is_ok_and(|status| status.success());
        if has_network {
            let words = "unshare -n is not permitted here: the commands run with the machine's network";
            let _ = writeln!(std::io::stderr(), "{words}");
        }
        Rescue { place, code: code.text().to_string(), head, moment: app.now().rfc3339(), has_network }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Runs a line of the page, on these folders, with what is typed.
    fn run(&self, line: &str, backup: &Path, target: &Path, key: &Path, typed: &str) -> Output {
        let words = line.split_whitespace().skip(1).map(|word| match word {
            "/srv/holdfast" => target.display().to_string(),
            "/mnt/backup" => backup.display().to_string(),
            "/root/master.key" => key.display().to_string(),
            "HEAD" => self.head.clone(),
            "TIME" => self.moment.clone(),
            word => word.to_owned(),
        });
        let program = server::command(target, &[]).get_program().to_owned();
        let mut command = match self.has_network {
            true => Command::new(program),
            false => {
                let mut command = Command::new("unshare");
                command.arg("-n").arg(program);
                command
            }
        };
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).args(words);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        // A command that asks for nothing may be over before it listens.
        let _ = writeln!(child.stdin.take().expect("piped"), "{typed}");
        child.wait_with_output().expect("it ends")
    }

    fn typed(&self, line: &str) -> &str {
        if line.contains("--recovery-code") { &self.code } else { PASSPHRASE }
    }
}

/// The lines of every `sh` block.
fn commands() -> Vec<&'static str> {
    let blocks = PAGE.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).collect()
}

#[test]
fn rst_1_every_command_of_the_page_brings_everything_back_without_a_network() {
    let rescue = Rescue::new();
    let (restores, others): (Vec<&str>, Vec<&str>) =
        commands().into_iter().partition(|line| line.contains(" restore "));
    assert!(restores.len() >= 5 && others.len() >= 4, "{restores:?} {others:?}");
    for (number, line) in restores.into_iter().enumerate() {
        let target = rescue.at(&format!("srv-{number}"));
        let (backup, key) = (rescue.at("backup"), rescue.at("master.key"));
        let output = rescue.run(line, &backup, &target, &key, rescue.typed(line));
        assert_eq!(output.status.code(), Some(0), "{line}: {}", shown(&output));
        let report: Value =
            serde_json::from_slice(&std::fs::read(target.join("restore-report.json")).unwrap()).unwrap();
        assert_eq!(report["places"].as_array().map(Vec::len), Some(3), "{line}: {report}");
        assert_eq!(
            (&report["missing"], &report["settings_are_back"]),
            (&serde_json::json!([]), &true.into()),
            "{line}"
        );
        let settings = std::fs::read_to_string(target.join("holdfast.toml")).expect("the settings are back");
        assert!(settings.contains("https://quay.example"), "{settings}");
        // Whatever opened it opens it again.
        let status = line.split(" restore ").next().expect("a beginning").to_owned() + " key status";
        let opened = rescue.run(&status, &backup, &target, &key, rescue.typed(line));
        assert_eq!(opened.status.code(), Some(0), "{status}: {}", shown(&opened));
    }
    // What is only named on the page is understood as it stands.
    for line in others {
        let known = rescue.run(&format!("{line} --help"), &rescue.at("b"), &rescue.at("t"), &rescue.at("k"), "");
        assert_eq!(known.status.code(), Some(0), "{line}: {}", shown(&known));
    }
    // No word of the settings lies in the backup in plain text.
    let sealed = std::fs::read(rescue.at("backup/settings.aobj")).expect("the settings are there");
    assert!(!sealed.windows(12).any(|part| part == b"quay.example"));
}

/// The words of the page's table.
fn refusals() -> BTreeSet<&'static str> {
    PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.split("` |").next()).collect()
}

fn each(from: &Path, folder: &str, end: &str, spoil: &dyn Fn(&Path)) {
    let found = files_below(&from.join(folder), end);
    assert!(!found.is_empty(), "{folder} {end}");
    found.iter().for_each(|path| spoil(path));
}

#[test]
fn rst_2_every_refusal_of_the_page_is_what_is_said_and_nothing_is_written() {
    let rescue = Rescue::new();
    let with_key = commands()[0];
    let (with_passphrase, with_code) = (commands()[1], commands()[2]);
    let gone = |path: &Path| std::fs::remove_file(path).unwrap();
    let other = rescue.at("other.key");
    std::fs::write(&other, [7_u8; 32]).unwrap();
    std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o400)).unwrap();
    let mut seen = BTreeSet::new();
    let mut number = 0;
    let mut refused = |line: &str, key: &str, typed: &str, spoil: &dyn Fn(&Path), words: &'static str| {
        number += 1;
        let (backup, target) = (rescue.at(&format!("b{number}")), rescue.at(&format!("t{number}")));
        copy_folder(&rescue.at("backup"), &backup);
        spoil(&backup);
        let output = rescue.run(line, &backup, &target, &rescue.at(key), typed);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{words}: {}", shown(&output));
        assert!(said.contains(words), "{words}: {said}");
        assert!(
            !target.exists() && !rescue.at(&format!(".t{number}.restoring")).exists(),
            "{words}: something was written"
        );
        seen.insert(words);
        std::fs::remove_dir_all(&backup).unwrap();
    };
    let key = "master.key";
    refused(with_key, "other.key", "", &|_| {}, "belongs to another installation");
    refused(with_passphrase, key, "another lantern over there", &|_| {}, "this is not the passphrase");
    let foreign = RecoveryCode::generate().text().to_string();
    refused(with_code, key, &foreign, &|_| {}, "this recovery code belongs to another installation");
    refused(with_passphrase, key, "", &|from| gone(&from.join("keys/slots")), "say how the master key is reached");
    refused(with_key, key, "", &|from| each(from, "keys", ".aobj", &gone), "there is no copy of the keyring");
    let spoil = |path: &Path| std::fs::write(path, "x").unwrap();
    refused(with_key, key, "", &|from| each(from, "keys", ".aobj", &spoil), "no copy of the keyring opens");
    let no_mark = |from: &Path| gone(&from.join("INSTALLATION"));
    refused(with_key, key, "", &no_mark, "there are no backups of Holdfast in this folder");
    let newer = |from: &Path| {
        let mark = std::fs::read_to_string(from.join("INSTALLATION")).unwrap();
        std::fs::write(from.join("INSTALLATION"), mark.replace("\"format\":1", "\"format\":2")).unwrap();
    };
    refused(with_key, key, "", &newer, "a newer version of Holdfast wrote these backups");
    let expecting = format!("{with_key} --expect-head 00112233445566778899");
    refused(&expecting, key, "", &|_| {}, "not the expected");
    refused(with_key, key, "", &|from| each(from, "manifests", ".json", &gone), "was taken out of the folder");
    let flip = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[9_000] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    refused(with_key, key, "", &|from| each(from, "data", ".base", &flip), "a part of it does not open");
    let stale = format!("{with_key} --max-age 0");
    refused(&stale, key, "", &|_| {}, "the newest backup is of");
    let full = rescue.at("full");
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("x"), "x").unwrap();
    let output = rescue.run(with_key, &rescue.at("backup"), &full, &rescue.at(key), "");
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the folder is not empty"), "{}", shown(&output));
    assert_eq!(std::fs::read_dir(&full).unwrap().count(), 1);
    seen.insert("the folder is not empty");
    // That one needs somebody who was erased: `rst_2_rst_3_every_refusal_says_why_and_writes_nothing`.
    seen.insert("erased people would come back");
    assert_eq!(seen, refusals(), "the table of the page and the refusals that were seen");
    // A damaged newest keyring beside a good older one is passed over, and told.
    let backup = rescue.at("two");
    copy_folder(&rescue.at("backup"), &backup);
    std::fs::write(backup.join("keys/ring-9999.aobj"), "x").unwrap();
    let target = rescue.at("passed");
    let output = rescue.run(&format!("{with_key} --json"), &backup, &target, &rescue.at(key), "");
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("facts");
    assert!(
        report["keyrings_passed_over"][0].as_str().is_some_and(|words| words.contains("generation 9999")),
        "{report}"
    );
}
