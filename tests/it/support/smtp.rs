//! A mail server that takes everything and keeps it: what the program sends is read here.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    /// Headers and body, transfer encoding undone where it was quoted-printable.
    pub text: String,
}

/// Listens on a free port for as long as it lives.
#[derive(Clone)]
pub struct MailServer {
    pub port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl MailServer {
    pub fn start() -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = MailServer { port: listener.local_addr().expect("bound").port(), mails: Arc::default() };
        let mails = server.mails.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mails = mails.clone();
                std::thread::spawn(move || talk(stream, &mails));
            }
        });
        server
    }

    /// Waits for a mail to this address whose text holds `words`.
    pub fn wait_for(&self, to: &str, words: &str) -> Mail {
        let waiting = Instant::now();
        while waiting.elapsed() < Duration::from_secs(20) {
            let mails = self.mails.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if let Some(mail) = mails.iter().rev().find(|mail| mail.to == to && mail.text.contains(words)) {
                return mail.clone();
            }
            drop(mails);
            std::thread::sleep(Duration::from_millis(50));
        }
        let mails = self.mails.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        panic!("no mail to {to} with {words:?}; there are {:?}", *mails);
    }
}

fn talk(stream: TcpStream, mails: &Mutex<Vec<Mail>>) {
    let Ok(mut out) = stream.try_clone() else { return };
    let mut say = move |line: &str| out.write_all(format!("{line}\r\n").as_bytes()).is_ok();
    let mut lines = BufReader::new(stream).lines();
    let mut to = Vec::new();
    if !say("220 tests ESMTP") {
        return;
    }
    while let Some(Ok(line)) = lines.next() {
        let word = line.split([' ', ':']).next().unwrap_or("").to_uppercase();
        let answered = match word.as_str() {
            "EHLO" => say("250-tests") && say("250 8BITMIME"),
            "RCPT" => {
                to.push(line.split(['<', '>']).nth(1).unwrap_or("").to_owned());
                say("250 ok")
            }
            "DATA" => {
                if !say("354 go on") {
                    return;
                }
                let mut text = String::new();
                while let Some(Ok(line)) = lines.next() {
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                let text = text.replace("=\n", "").replace("=3D", "=");
                let mut mails = mails.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                mails.extend(to.drain(..).map(|to| Mail { to, text: text.clone() }));
                say("250 kept")
            }
            "QUIT" => {
                say("221 bye");
                return;
            }
            _ => say("250 ok"),
        };
        if !answered {
            return;
        }
    }
}
