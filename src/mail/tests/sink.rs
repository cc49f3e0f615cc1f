//! A small SMTP server for tests: says what it is told to say, remembers what it heard.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::mail::smtp::{Encryption, SmtpTarget};
use crate::outbound::policy::NamedBy;

/// How the server behaves.
#[derive(Clone)]
pub struct Manners {
    pub encryption: Encryption,
    pub offers_starttls: bool,
    /// The answer to a command that begins with the first text, instead of the usual one.
    pub answers: Vec<(&'static str, &'static str)>,
    /// The name in its certificate.
    pub certified_name: &'static str,
    pub versions: &'static [&'static rustls::SupportedProtocolVersion],
    /// Sent in the open right behind the answer to STARTTLS, as somebody on the way could.
    pub injected: &'static str,
}

impl Default for Manners {
    fn default() -> Manners {
        Manners {
            encryption: Encryption::StartTls,
            offers_starttls: true,
            answers: Vec::new(),
            certified_name: "localhost",
            versions: rustls::ALL_VERSIONS,
            injected: "",
        }
    }
}

pub struct Sink {
    pub port: u16,
    pub ca_file: PathBuf,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    pub fn start(manners: Manners) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let made = rcgen::generate_simple_self_signed([manners.certified_name.to_owned()]).unwrap();
        let name = data_encoding::HEXLOWER.encode(&crate::crypto::random::<8>());
        let ca_file = std::env::temp_dir().join(format!("holdfast-mail-ca-{name}.pem"));
        std::fs::write(&ca_file, made.cert.pem()).unwrap();
        let certificate: CertificateDer<'static> = made.cert.der().clone();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(manners.versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let tls = Arc::new(tls);
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let memory = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that hangs up is part of many tests.
                let _ = serve(stream.unwrap(), &manners, &tls, &memory);
            }
        });
        Sink { port, ca_file, heard }
    }

    /// Every command and every message heard so far.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// The messages alone, as they stood between DATA and the dot.
    pub fn messages(&self) -> Vec<String> {
        self.heard().into_iter().filter(|heard| heard.contains("\r\n")).collect()
    }

    pub fn target(&self, encryption: Encryption) -> SmtpTarget {
        SmtpTarget {
            host: "localhost".to_owned(),
            port: self.port,
            encryption,
            credentials: None,
            ca_file: Some(self.ca_file.clone()),
            hello_name: "crm.example.org".to_owned(),
            named_by: NamedBy::Operator,
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.ca_file);
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

fn serve(
    stream: TcpStream,
    manners: &Manners,
    tls: &Arc<ServerConfig>,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let wrap = |stream| -> std::io::Result<Box<dyn Stream>> {
        let connection = ServerConnection::new(tls.clone()).map_err(std::io::Error::other)?;
        Ok(Box::new(StreamOwned::new(connection, stream)))
    };
    let socket = stream.try_clone()?;
    let stream: Box<dyn Stream> =
        if manners.encryption == Encryption::Implicit { wrap(stream)? } else { Box::new(stream) };
    let mut encrypted = manners.encryption == Encryption::Implicit;
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 sink\r\n")?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        heard.lock().unwrap().push(line.to_owned());
        let told = manners.answers.iter().find(|(begin, _)| line.starts_with(begin)).map(|(_, answer)| *answer);
        let answer = match (told, line.split(' ').next().unwrap_or_default()) {
            (Some(answer), _) => answer,
            (None, "EHLO") if manners.offers_starttls && !encrypted => {
                "250-sink\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 AUTH PLAIN"
            }
            (None, "EHLO") => "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            (None, "AUTH") => "235 welcome",
            (None, "DATA") => "354 go on",
            (None, "STARTTLS") => "220 go on",
            (None, "QUIT") => "221 bye",
            (None, _) => "250 fine",
        };
        if answer == "hang up" {
            return socket.shutdown(std::net::Shutdown::Both);
        }
        let injected = if line == "STARTTLS" { manners.injected } else { "" };
        stream.get_mut().write_all(format!("{answer}\r\n{injected}").as_bytes())?;
        stream.get_mut().flush()?;
        if line == "STARTTLS" && answer.starts_with("220") {
            stream = BufReader::new(wrap(socket.try_clone()?)?);
            encrypted = true;
        }
        if line == "DATA" && answer.starts_with("354") {
            let mut message = String::new();
            while !message.ends_with("\r\n.\r\n") && stream.read_line(&mut message)? > 0 {}
            heard.lock().unwrap().push(message);
            let told =
                manners.answers.iter().find(|(begin, _)| *begin == ".").map_or("250 taken", |(_, answer)| *answer);
            if told == "hang up" {
                return socket.shutdown(std::net::Shutdown::Both);
            }
            stream.get_mut().write_all(format!("{told}\r\n").as_bytes())?;
        }
    }
}
