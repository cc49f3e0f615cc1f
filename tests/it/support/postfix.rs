//! A real Postfix with Dovecot's sign-in, in a folder and on ports of its own: the mail server that operators have.
//!
//! Needs root and Debian's packages `postfix` and `dovecot-core`; touches nothing of the machine's own mail.

use std::fs::Permissions;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Start;

/// Who signs in to it.
pub const USER: &str = "holdfast";
pub const SECRET: &str = "a secret for the post";
/// The user `nobody`, who owns the mailboxes.
const NOBODY: u32 = 65_534;

/// Two free ports, its certificate, and the folder with everything. Stopped when dropped.
pub struct Postfix {
    folder: TempDir,
    /// Takes mail after STARTTLS.
    pub port: u16,
    /// Takes mail under TLS from the first byte.
    pub implicit_port: u16,
    dovecot: Option<Child>,
}

impl Postfix {
    /// Writes everything down, and starts nothing yet.
    ///
    /// `mailboxes` are the addresses it has; every other one is unknown to it.
    pub fn prepare(mailboxes: &[&str]) -> Postfix {
        let folder = tempfile::Builder::new().prefix("holdfast-post-").tempdir().expect("a folder");
        let path = folder.path();
        // Its processes run as users of their own, who must get in.
        std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("permissions");
        for name in ["etc", "queue", "data", "mail"] {
            std::fs::create_dir(path.join(name)).expect("a folder");
        }
        chown(path.join("data"), Some(number_of("postfix")), None).expect("postfix owns its data");
        chown(path.join("mail"), Some(NOBODY), Some(NOBODY)).expect("nobody owns the mailboxes");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        std::fs::write(path.join("cert.pem"), made.cert.pem()).expect("written");
        std::fs::write(path.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
        std::fs::write(path.join("password"), format!("{SECRET}\n")).expect("written");
        std::fs::write(path.join("users"), format!("{USER}:{{PLAIN}}{SECRET}\n")).expect("written");
        std::fs::write(path.join("dovecot.conf"), DOVECOT.replace("@", &path.display().to_string())).expect("written");
        let (port, implicit_port) = free_ports();
        let services = MASTER.replace("PORT", &port.to_string()).replace("IMPLICIT", &implicit_port.to_string());
        std::fs::write(path.join("etc/master.cf"), services).expect("written");
        let post = Postfix { folder, port, implicit_port, dovecot: None };
        let boxes: Vec<String> = mailboxes.iter().map(|address| format!("{{{address} = {address}/}}")).collect();
        post.settle(&format!("virtual_mailbox_maps = inline:{{ {} }}\n", boxes.join(", ")));
        post
    }

    /// Prepared and started.
    pub fn start(mailboxes: &[&str]) -> Postfix {
        let mut post = Postfix::prepare(mailboxes);
        post.up();
        post
    }

    /// Adds settings, or changes them: the last of a name counts.
    fn settle(&self, more: &str) {
        let path = self.folder.path().join("etc/main.cf");
        let before = std::fs::read_to_string(&path)
            .unwrap_or_else(|_| MAIN.replace("FOLDER", &self.folder.path().display().to_string()));
        std::fs::write(path, before + more).expect("written");
    }

    /// From the next start on, says "450, come back later" to one recipient.
    pub fn put_off(&self, address: &str) {
        self.settle(&format!(
            "smtpd_recipient_restrictions = check_recipient_access inline:{{ {{{address} = 450 4.2.0 Come back in a minute}} }}, \
             permit_sasl_authenticated, reject\n"
        ));
    }

    /// From the next start on, takes every mail it has a mailbox for.
    pub fn put_nobody_off(&self) {
        self.settle("smtpd_recipient_restrictions = permit_sasl_authenticated, reject\n");
    }

    pub fn up(&mut self) {
        let path = self.folder.path();
        let dovecot = Command::new("dovecot")
            .args(["-F", "-c"])
            .arg(path.join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tests/run installs dovecot-core");
        self.dovecot = Some(dovecot);
        let started = self.command("start").expect("tests/run installs postfix");
        assert!(started, "postfix did not start:\n{}", self.log());
        let waiting = Instant::now();
        let ready = || {
            path.join("auth").exists()
                && [self.port, self.implicit_port].iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok())
        };
        while !ready() {
            assert!(waiting.elapsed() < Duration::from_secs(20), "postfix does not answer:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn down(&mut self) {
        let _ = self.command("abort");
        if let Some(mut dovecot) = self.dovecot.take() {
            // SIGTERM: dovecot ends the processes it has started.
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_child(&dovecot),
                rustix::process::Signal::TERM,
            );
            let _ = dovecot.wait();
        }
    }

    fn command(&self, what: &str) -> std::io::Result<bool> {
        let mut command = Command::new("postfix");
        command.arg("-c").arg(self.folder.path().join("etc")).arg(what);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command.status()?.success())
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The mails in a mailbox, the oldest first.
    pub fn mails(&self, address: &str) -> Vec<String> {
        let folder = self.folder.path().join("mail").join(address).join("new");
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        files.sort();
        files.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    }

    /// Waits for the first mail in a mailbox.
    pub fn wait_for(&self, address: &str) -> String {
        let waiting = Instant::now();
        loop {
            if let Some(mail) = self.mails(address).into_iter().next() {
                return mail;
            }
            assert!(waiting.elapsed() < Duration::from_secs(20), "no mail for {address}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Settings of Holdfast that send to it. `tls` is `starttls` or `implicit`.
    pub fn settings(&self, tls: &str) -> Start {
        let setting = |name: &str, value: String| (format!("HOLDFAST_MAIL__{name}"), value);
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let port = if tls == "implicit" { self.implicit_port } else { self.port };
        let environment = vec![
            setting("TRANSPORT", "smtp".into()),
            setting("HOST", "localhost".into()),
            setting("PORT", port.to_string()),
            setting("TLS", tls.into()),
            setting("CA_FILE", file("cert.pem")),
            setting("USERNAME", USER.into()),
            setting("PASSWORD_FILE", file("password")),
            setting("FROM", "holdfast@house.example".into()),
        ];
        Start { environment, ..Start::default() }
    }

    /// Another password than Dovecot knows, or the right one again.
    pub fn write_password(&self, password: &str) {
        std::fs::write(self.folder.path().join("password"), format!("{password}\n")).expect("written");
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.down();
    }
}

/// Two ports that nobody listens on now.
fn free_ports() -> (u16, u16) {
    let listeners = [(), ()].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let [first, second] = listeners.map(|listener| listener.local_addr().expect("bound").port());
    (first, second)
}

/// The id of a user of this machine.
fn number_of(user: &str) -> u32 {
    let users = std::fs::read_to_string(Path::new("/etc/passwd")).expect("users");
    let line = users.lines().find(|line| line.starts_with(&format!("{user}:")));
    let number = line.and_then(|line| line.split(':').nth(2)).and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("tests/run installs {user}"))
}

const MAIN: &str = "compatibility_level = 3.6
config_directory = FOLDER/etc
queue_directory = FOLDER/queue
data_directory = FOLDER/data
maillog_file = FOLDER/log
maillog_file_prefixes = FOLDER
myhostname = post.example
mydestination =
inet_protocols = ipv4
local_recipient_maps =
alias_maps =
alias_database =
virtual_mailbox_domains = alpha.example, beta.example, gamma.example
virtual_mailbox_base = FOLDER/mail
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
smtpd_tls_cert_file = FOLDER/cert.pem
smtpd_tls_key_file = FOLDER/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = FOLDER/auth
smtpd_sasl_authenticated_header = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
";

const MASTER: &str = "127.0.0.1:PORT inet n - n - - smtpd
127.0.0.1:IMPLICIT inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
";

const DOVECOT: &str = "base_dir = @/dovecot
log_path = @/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = @/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
service auth {
  unix_listener @/auth {
    mode = 0666
  }
}
";
