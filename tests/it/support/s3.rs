//! A real storage that speaks S3, in a process of its own, and a look into it that is not ours.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use data_encoding::BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The bucket that is there from the beginning.
pub const BUCKET: &str = "acme-backups";
/// What the mirror's names begin with.
pub const PREFIX: &str = "house/one";

/// A running storage. Ends when dropped.
pub struct S3 {
    child: Child,
    lines: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    folder: TempDir,
    pub port: u64,
    pub access_key: String,
    pub secret_key: String,
    is_encrypted: bool,
}

impl S3 {
    /// Without encryption.
    pub fn start() -> S3 {
        S3::start_with(false)
    }

    /// Behind a certificate of an authority that nobody knows but who is told.
    pub fn start_encrypted() -> S3 {
        S3::start_with(true)
    }

    fn start_with(is_encrypted: bool) -> S3 {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let python =
            std::env::var_os("TEST_PYTHON").map_or_else(|| root.join("target/python/bin/python"), PathBuf::from);
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(python);
        command.arg(root.join("tests/it/support/s3.py"));
        if is_encrypted {
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
            let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
            std::fs::write(&certificate, made.cert.pem()).expect("written");
            std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
            command.args([certificate, key]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("tests/run installs moto");
        let input = child.stdin.take().expect("a pipe");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let said = read(&mut output);
        let text = |name: &str| said[name].as_str().expect("a key").to_owned();
        S3 {
            child,
            lines: Mutex::new((input, output)),
            folder,
            port: said["port"].as_u64().expect("a port"),
            access_key: text("access_key"),
            secret_key: text("secret_key"),
            is_encrypted,
        }
    }

    fn ask(&self, question: &Value) -> Value {
        let mut lines = self.lines.lock().expect("one asks at a time");
        writeln!(lines.0, "{question}").expect("it listens");
        read(&mut lines.1)
    }

    /// Every object, by its key.
    pub fn all(&self) -> BTreeMap<String, Vec<u8>> {
        let found = self.ask(&json!({ "what": "all" }));
        let found = found.as_object().expect("objects");
        found
            .iter()
            .map(|(key, body)| (key.clone(), BASE64.decode(body.as_str().expect("a text").as_bytes()).expect("Base64")))
            .collect()
    }

    pub fn put(&self, key: &str, body: &[u8]) {
        self.ask(&json!({ "what": "put", "key": key, "body": BASE64.encode(body) }));
    }

    /// An upload in parts that nobody goes on with.
    pub fn begin(&self, key: &str) {
        self.ask(&json!({ "what": "begin", "key": key }));
    }

    /// Keys of the uploads that have not ended.
    pub fn uploads(&self) -> Vec<String> {
        serde_json::from_value(self.ask(&json!({ "what": "uploads" }))).expect("keys")
    }

    /// Has the bucket keep what is deleted.
    pub fn keep_versions(&self) {
        self.ask(&json!({ "what": "versions" }));
    }

    /// The section `mirror` of settings that mirror to it.
    pub fn settings(&self) -> String {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        let common = settings(&format!("{scheme}://localhost:{}", self.port), &self.access_key);
        let secret = self.secret_file(&self.secret_key);
        let more = match self.is_encrypted {
            true => format!("ca_file = \"{}\"", self.path("cert.pem")),
            false => "allow_plain = \"localhost\"".to_owned(),
        };
        format!("{common}secret_key_file = \"{secret}\"\n{more}\n")
    }

    /// A file with a secret key in it.
    pub fn secret_file(&self, secret: &str) -> String {
        let path = self.folder.path().join(format!("secret-{}", secret.len()));
        write_secret(&path, secret);
        path.display().to_string()
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The section `mirror` of settings for an endpoint, but for the secret key.
pub fn settings(endpoint: &str, access_key: &str) -> String {
    format!(
        "[mirror]\nendpoint = \"{endpoint}\"\nbucket = \"{BUCKET}\"\nprefix = \"{PREFIX}\"\naccess_key = \"{access_key}\"\n"
    )
}

/// Readable by its owner alone.
pub fn write_secret(path: &Path, secret: &str) {
    use std::os::unix::fs::PermissionsExt;
    let _ = std::fs::remove_file(path);
    std::fs::write(path, format!("{secret}\n")).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).expect("permissions");
}

fn read(output: &mut impl BufRead) -> Value {
    let mut line = String::new();
    output.read_line(&mut line).expect("it answers");
    serde_json::from_str(&line).expect("tests/run installs moto: no JSON came back")
}
