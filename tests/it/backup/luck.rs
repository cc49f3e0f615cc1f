//! A backup folder that is not as it was left: each time the console, the command line and one mail say what is wrong,
//! where, and what to do; people work on meanwhile, and nothing is lost.

use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use super::{copy_folder, facts, files_below, refusal, until, words_of};
use crate::support::{OPERATOR, Start, TestApp};

const OWNER: &str = "owner@alpha.example";
const ALERT: &str = "backup.health.alert";

/// A file of the folder, what becomes of it (nothing: it goes), and what is said then.
type Case<'a> = (&'a Path, Option<Vec<u8>>, &'a [&'a str]);

/// An installation whose backups lie elsewhere.
pub struct Luck {
    pub elsewhere: TempDir,
    pub folder: PathBuf,
    pub app: TestApp,
}

impl Luck {
    /// With one backup, and alpha's changes carried over.
    pub fn new() -> Luck {
        let luck = Luck::without_backup();
        facts(&luck.app, &["backup", "run"], 0);
        luck
    }

    pub fn without_backup() -> Luck {
        let elsewhere = tempfile::tempdir().expect("a folder");
        let folder = elsewhere.path().join("backups");
        let environment = vec![("HOLDFAST_BACKUP__FOLDER".to_owned(), folder.display().to_string())];
        let app = TestApp::start_with(Start { environment, ..Start::default() });
        Luck { elsewhere, folder, app }
    }

    /// Somebody writes and reads, whatever becomes of the backups.
    #[track_caller]
    pub fn serves(&self) {
        let program = self.app.program_of(OWNER, "alpha");
        let made = program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Meanwhile" })).expect(201).json();
        program.get(&format!("/api/v1/contacts/{}", made["id"])).expect(200);
        self.app.stranger().get("/healthz").expect(200);
    }

    /// What operators were mailed, the newest last; of that only what says all of these words. A drill that is late
    /// because of the clock has a mail of its own.
    fn mails(&self, words: &[&str]) -> usize {
        let sql = "SELECT body_text FROM outgoing_mail WHERE purpose = 'backup_trouble' AND recipient = ?1";
        let control = self.app.control();
        let mut query = control.prepare(sql).expect("a query");
        let mails = query.query_map([OPERATOR], |row| row.get::<_, String>(0)).expect("mails");
        let says = |mail: &String| words.iter().all(|word| mail.replace('\n', " ").contains(word));
        mails.map(|mail| mail.expect("a mail")).filter(says).count()
    }

    /// The console and the mail say these words, the mail once.
    #[track_caller]
    pub fn tells(&self, words: &[&str]) {
        let page = self.app.session_of(OPERATOR).get("/operator/backups").expect(200).text();
        let before = self.mails(words);
        // While a night's backup is under way, what it will say is waited for.
        until(|| {
            self.app.run_job(ALERT, "");
            (self.mails(words) > before).then_some(())
        });
        self.app.run_job(ALERT, "");
        assert_eq!(self.mails(words), before + 1, "one mail for one trouble: {words:?}");
        for word in words {
            assert!(page.contains(word), "{word} is not on the page: {page}");
        }
    }

    /// All is well again, and the next trouble is a new one.
    #[track_caller]
    pub fn mended(&self) {
        let control = self.app.control();
        until(|| {
            self.app.run_job(ALERT, "");
            let sql = "SELECT count(*) FROM installation WHERE key = 'backup_alert.installation'";
            let told: i64 = control.query_row(sql, [], |row| row.get(0)).expect("a fact");
            (told == 0).then_some(())
        });
        let page = self.app.session_of(OPERATOR).get("/operator/backups").expect(200).text();
        assert!(!page.contains("The backups need you"), "{page}");
    }

    /// The command that reads the folder is refused with these words and the path, and so it goes on.
    #[track_caller]
    fn troubled(&self, path: &Path, words: &[&str]) {
        let said = refusal(&self.app, &["backup", "list"]);
        for word in words.iter().copied().chain([&*path.display().to_string()]) {
            assert!(said.contains(word), "{word} is not on the command line: {said}");
        }
        self.serves();
        self.tells(&[&[&*path.display().to_string()], words].concat());
    }
}

#[test]
fn whatever_is_wrong_with_the_folder_is_told_on_the_page_the_command_line_and_once_by_mail() {
    let luck = Luck::new();
    let folder = luck.folder.clone();
    let away = luck.elsewhere.path().join("away");
    // A disk that is not mounted: the place is there and empty; or a file has its name; or nothing is there.
    std::fs::rename(&folder, &away).unwrap();
    std::fs::create_dir(&folder).unwrap();
    luck.troubled(&folder, &["mount the disk", "--new-folder"]);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing is written to the place of the disk");
    std::fs::remove_dir(&folder).unwrap();
    std::fs::write(&folder, "x").unwrap();
    assert!(refusal(&luck.app, &["backup", "list"]).contains("this is no folder"));
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&away, &folder).unwrap();
    luck.mended();
    // One file of it that is gone or was changed, each put back again.
    let manifest = files_below(&folder.join("manifests"), ".json").pop().unwrap();
    let (mark, head) = (folder.join("INSTALLATION"), folder.join("HEAD"));
    let foreign = r#"{"format":1,"installation":"00112233445566778899aabbccddeeff"}"#;
    let flipped = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[30] ^= 1;
        Some(bytes)
    };
    let newer = Some(std::fs::read_to_string(&mark).unwrap().replace("\"format\":1", "\"format\":2").into_bytes());
    let cases: [Case; 7] = [
        (&mark, None, &["is missing, though backups are here"]),
        (&mark, newer, &["a newer version of Holdfast wrote these backups (format 2", "use that version"]),
        (&mark, Some(foreign.into()), &["belong to another installation", "a folder of its own"]),
        (&head, None, &["is missing: it lists the backups"]),
        (&head, flipped(&head), &["list of backups (HEAD)"]),
        (&manifest, None, &["is missing: backup 2 was taken out of the folder"]),
        (&manifest, flipped(&manifest), &["is not the file that HEAD lists"]),
    ];
    facts(&luck.app, &["backup", "run"], 0);
    let newest = files_below(&folder.join("manifests"), ".json").pop().unwrap();
    for (path, spoilt, words) in cases {
        let path = if path == manifest { &newest } else { path };
        let before = std::fs::read(path).unwrap();
        let spoilt = match spoilt {
            Some(_) if path == newest || path == head => flipped(path),
            spoilt => spoilt,
        };
        match spoilt {
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        let named = if path == mark { &folder } else { path };
        luck.troubled(named, words);
        std::fs::write(path, before).unwrap();
        luck.mended();
    }
    // A mark that is lost for good is written anew, and the backups stay.
    std::fs::remove_file(&mark).unwrap();
    assert_eq!(facts(&luck.app, &["backup", "run", "--new-folder"], 0)["number"], 3);
    assert_eq!(facts(&luck.app, &["backup", "verify", "--all"], 0)["faults"], json!([]));
}

#[test]
fn what_was_removed_or_changed_is_named_and_the_next_backup_mends_what_it_can() {
    let luck = Luck::new();
    luck.serves();
    let alpha = crate::support::fixture::workspace_id(&luck.app.control(), "alpha").to_string();
    let data = luck.folder.join("data").join(&alpha);
    until(|| files_below(&data, ".seg").first().cloned());
    let names = |path: &Path, spoil: &dyn Fn(&Path), words: &str| {
        let before = std::fs::read(path).unwrap();
        spoil(path);
        let said = facts(&luck.app, &["backup", "verify"], 1)["faults"].to_string();
        assert!(said.contains(words) && said.contains(&path.display().to_string()), "{words}: {said}");
        luck.serves();
        if !path.exists() || std::fs::read(path).unwrap() != before {
            std::fs::write(path, before).unwrap();
        }
    };
    let flip = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    let gone = |path: &Path| std::fs::remove_file(path).unwrap();
    let ring = files_below(&luck.folder.join("keys"), ".aobj").pop().unwrap();
    names(&ring, &flip, "does not open; the next backup writes it anew");
    names(&ring, &gone, "is missing; the next backup writes it anew");
    let segment = files_below(&data, ".seg").remove(0);
    names(&segment, &flip, "");
    let list = files_below(&data, ".files").pop().unwrap();
    names(&list, &gone, "");
    // What cannot be put back: the next backup begins where this one cannot go on, and is whole.
    flip(&ring);
    gone(&files_below(&data, ".base").pop().unwrap());
    facts(&luck.app, &["backup", "verify"], 1);
    facts(&luck.app, &["backup", "run"], 0);
    assert_eq!(facts(&luck.app, &["backup", "verify"], 0)["faults"], json!([]));
    luck.mended();
}

#[test]
fn two_that_write_into_one_folder_are_told_apart() {
    let mut luck = Luck::new();
    // Another work holds the folder, in whichever process.
    let lock = std::fs::File::options().write(true).open(luck.folder.join("LOCK")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let said = words_of(&luck.app.command(&["backup", "run"]), 2);
    assert!(
        said.contains("Another backup is under way in") && said.contains(&luck.folder.display().to_string()),
        "{said}"
    );
    luck.serves();
    drop(lock);
    facts(&luck.app, &["backup", "run"], 0);
    // A copy of the machine runs elsewhere with the same settings, and backs itself up.
    luck.app.server.stop();
    let clone = luck.elsewhere.path().join("clone");
    copy_folder(&luck.app.data(), &clone);
    luck.app.restart();
    let made = crate::support::server::command(&clone, &["backup", "run"])
        .env("HOLDFAST_BACKUP__FOLDER", &luck.folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", crate::support::shown(&made));
    let words = ["backup 3 was not made by this Holdfast", "stop the other one", "--new-folder"];
    luck.troubled(&luck.folder, &words);
    assert!(refusal(&luck.app, &["backup", "run"]).contains(words[0]), "it does not write over the other one's");
    facts(&luck.app, &["backup", "run", "--new-folder"], 0);
    luck.mended();
    assert_eq!(facts(&luck.app, &["backup", "verify"], 0)["faults"], json!([]));
}
