//! Hands a message to an SMTP server: resolved and checked once, certificate verified, nothing said in the open.

use std::path::PathBuf;
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::extension::ClientId;
use zeroize::Zeroizing;

use super::SendError;
use super::conversation::{self, Conversation, Failure, Wire};
use crate::outbound::Outbound;
use crate::outbound::address::Host;
use crate::outbound::call::Patience;
use crate::outbound::connect;
use crate::outbound::policy::{NamedBy, Purpose};

/// How long the server may take for one step, and for all of it. RFC 5321 would wait minutes; a queue can come back
/// instead.
const PATIENCE: Patience = Patience { step: Duration::from_secs(30), whole: Duration::from_secs(180) };
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
    let mut conversation = open(outbound, target)?;
    let sent = conversation.send(message);
    conversation.end();
    sent.map_err(classify)
}

/// Connects, encrypts, signs in and says goodbye: the test button, and `doctor`.
pub fn probe(outbound: &Outbound, target: &SmtpTarget) -> Result<(), SendError> {
    open(outbound, target).map(Conversation::end)
}

fn open(outbound: &Outbound, target: &SmtpTarget) -> Result<Conversation<Box<dyn Wire>>, SendError> {
    let unreachable = |error: crate::error::Error| SendError::Unreachable(one_line(&error.to_string()));
    let checked = outbound.check(Purpose::Smtp, target.named_by, &target.host, target.port).map_err(unreachable)?;
    let hello = hello(&target.hello_name)?;
    let trust = match target.encryption {
        Encryption::Plain => None,
        Encryption::Implicit | Encryption::StartTls => {
            Some(connect::trust(target.ca_file.as_deref()).map_err(unreachable)?)
        }
    };
    tracing::info!(host = %checked.host, port = target.port, encryption = ?target.encryption, "connecting to the mail server");
    let socket = checked.connect(PATIENCE).map_err(unreachable)?;
    let begun = match (target.encryption, &trust) {
        (Encryption::Implicit, Some(trust)) => {
            let wire: Box<dyn Wire> = Box::new(checked.encrypt(socket, trust).map_err(unreachable)?);
            Conversation::begin(wire, &hello)
        }
        (Encryption::StartTls, Some(trust)) => conversation::encrypted(socket, &hello, |socket| {
            checked.encrypt(socket, trust).map(|wire| Box::new(wire) as Box<dyn Wire>)
        }),
        _ => Conversation::begin(Box::new(socket) as Box<dyn Wire>, &hello),
    };
    let unreachable = |failure: Failure| SendError::Unreachable(words(&failure));
    let mut conversation = begun.map_err(unreachable)?;
    if let Some((name, password)) = &target.credentials {
        conversation.sign_in(name, password).map_err(unreachable)?;
    }
    Ok(conversation)
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

fn classify(failure: Failure) -> SendError {
    match failure {
        Failure::Said { code, for_good: true, .. } if !ABOUT_US.contains(&code) => {
            SendError::Permanent(words(&failure))
        }
        _ => SendError::Temporary(words(&failure)),
    }
}

/// The server's words on one line, with the code in front.
fn words(failure: &Failure) -> String {
    match failure {
        Failure::Said { code, words, .. } => one_line(&format!("the mail server said {code} {words}")),
        Failure::Broken(words) => one_line(words),
    }
}

fn one_line(said: &str) -> String {
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_WORDS).collect()
}
