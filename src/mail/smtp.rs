//! Hands a message to an SMTP server: resolved and checked once, certificate verified, nothing said in the open.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{Certificate, CertificateStore, SmtpConnection, TlsParameters, TlsVersion};
use lettre::transport::smtp::extension::ClientId;
use zeroize::Zeroizing;

use super::SendError;
use crate::outbound::address::Host;
use crate::outbound::policy::{NamedBy, Purpose};
use crate::outbound::{Checked, Outbound};

/// How long the server may take for one step. RFC 5321 would wait minutes; a queue can come back instead.
const PATIENCE: Duration = Duration::from_secs(30);
/// What of a server's words is kept.
const LONGEST_WORDS: usize = 500;
/// Answers that are about us (not signed in, not allowed in this way), not about the mail: once the settings
/// are mended the same mail goes through, so it must not be given up.
const ABOUT_US: [u16; 4] = [530, 534, 535, 538];

/// Whether and when the conversation is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte; usually port 465. The best of the three.
    Implicit,
    /// After STARTTLS; a server that does not offer it is refused. Usually port 587 or 25.
    StartTls,
    /// Not at all. Only where the operator has allowed it for this host in so many words (P-054).
    Plain,
}

/// A server that takes mail.
#[derive(Clone)]
pub struct SmtpTarget {
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    /// Name and password, when the server wants them.
    pub credentials: Option<(String, Zeroizing<String>)>,
    /// Certificates (PEM) to trust beside those that come with the program.
    pub ca_file: Option<PathBuf>,
    /// How this machine introduces itself in EHLO: a name or an address.
    pub hello_name: String,
    /// Whose word named the host; decides whether it may be private.
    pub named_by: NamedBy,
}

impl std::fmt::Debug for SmtpTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpTarget({}:{}, {:?})", self.host, self.port, self.encryption)
    }
}

/// Sends `message` to the recipients of its envelope.
///
/// The server's words come back in the error. A failure after the last byte was sent is
/// [`SendError::Temporary`]: the server may have taken the mail, and the Message-ID tells a second copy apart.
pub fn send(outbound: &Outbound, target: &SmtpTarget, message: &Message) -> Result<(), SendError> {
    let mut connection = open(outbound, target)?;
    let answer = connection.send(message.envelope(), &message.formatted());
    // Says QUIT and does not care for the answer: the mail has been taken, or it has not.
    connection.abort();
    answer.map(|_| ()).map_err(|error| classify(&error))
}

/// Connects, encrypts, signs in and says goodbye: the test button, and `doctor`.
pub fn probe(outbound: &Outbound, target: &SmtpTarget) -> Result<(), SendError> {
    open(outbound, target).map(|mut connection| connection.abort())
}

fn open(outbound: &Outbound, target: &SmtpTarget) -> Result<SmtpConnection, SendError> {
    let checked = outbound
        .check(Purpose::Smtp, target.named_by, &target.host, target.port)
        .map_err(|error| SendError::Unreachable(error.to_string()))?;
    let hello = hello(&target.hello_name)?;
    let tls = match target.encryption {
        Encryption::Plain => None,
        Encryption::Implicit | Encryption::StartTls => Some(tls(&checked, target.ca_file.as_deref())?),
    };
    tracing::info!(host = %checked.host, port = target.port, encryption = ?target.encryption, "connecting to the mail server");
    let unreachable = |error: smtp::Error| SendError::Unreachable(words(&error));
    let wrapper = tls.as_ref().filter(|_| target.encryption == Encryption::Implicit);
    // The checked addresses, not the name: there is no second look-up that could answer differently.
    let mut connection = SmtpConnection::connect(checked.addresses.as_slice(), Some(PATIENCE), &hello, wrapper, None)
        .map_err(unreachable)?;
    if let (Encryption::StartTls, Some(tls)) = (target.encryption, &tls) {
        connection.starttls(tls, &hello).map_err(unreachable)?;
    }
    if let Some((name, password)) = &target.credentials {
        let credentials = Credentials::new(name.clone(), password.as_str().to_owned());
        connection.auth(DEFAULT_MECHANISMS, &credentials).map_err(unreachable)?;
    }
    Ok(connection)
}

/// Reads our own name strictly: it goes into a command line as it is.
fn hello(name: &str) -> Result<ClientId, SendError> {
    match Host::parse(name) {
        Ok(Host::Name(name)) => Ok(ClientId::Domain(name)),
        Ok(Host::Address(std::net::IpAddr::V4(address))) => Ok(ClientId::Ipv4(address)),
        Ok(Host::Address(std::net::IpAddr::V6(address))) => Ok(ClientId::Ipv6(address)),
        Err(_) => Err(SendError::Unreachable("the name for EHLO is not a host name".to_owned())),
    }
}

/// TLS 1.2 or newer, the certificate checked for the name that was asked for (P-054).
fn tls(checked: &Checked, ca_file: Option<&Path>) -> Result<TlsParameters, SendError> {
    let mut builder = TlsParameters::builder(checked.host.to_string())
        .certificate_store(CertificateStore::WebpkiRoots)
        .set_min_tls_version(TlsVersion::Tlsv12);
    if let Some(path) = ca_file {
        let refused = |why: String| SendError::Unreachable(format!("the CA file {}: {why}", path.display()));
        let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err(refused("there is no certificate in it".to_owned()));
        }
        let certificate = Certificate::from_pem(&pem).map_err(|error| refused(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| SendError::Unreachable(words(&error)))
}

fn classify(error: &smtp::Error) -> SendError {
    let about_us = error.status().is_some_and(|code| ABOUT_US.contains(&u16::from(code)));
    if error.is_permanent() && !about_us {
        SendError::Permanent(words(error))
    } else {
        SendError::Temporary(words(error))
    }
}

/// The server's words on one line, with the code in front.
fn words(error: &smtp::Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    let said = match (error.status(), source) {
        (Some(code), Some(text)) => format!("the mail server said {code} {text}"),
        (Some(code), None) => format!("the mail server said {code}"),
        (None, _) => error.to_string(),
    };
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_WORDS).collect()
}
