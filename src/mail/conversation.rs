//! One conversation in SMTP: commands, answers, and the mail itself.

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Read, Write};

use lettre::Message;
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::commands::{Auth, Data, Ehlo, Mail, Quit, Rcpt, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter, ServerInfo};
use lettre::transport::smtp::response::{Response, Severity};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::outbound::call::Call;

/// Longest line of an answer; RFC 5321 asks for 512 bytes.
const LONGEST_LINE: u64 = 1_000;
/// Longest answer, all its lines together.
const LONGEST_ANSWER: usize = 100_000;
/// A server may ask this often before it has heard who we are; no mechanism needs more than two.
const CHALLENGES: usize = 4;

/// Why a conversation went no further.
#[derive(Debug)]
pub enum Failure {
    /// The server said no: its code, whether for good, and its words.
    Said { code: u16, for_good: bool, words: String },
    /// There was no answer, or none that means anything.
    Broken(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        let words = match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "the mail server did not answer in time".to_owned(),
            _ => format!("the connection to the mail server broke off: {error}"),
        };
        Failure::Broken(words)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Broken(error.to_string())
    }
}

/// What a conversation runs over: a socket, or TLS over one.
pub trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// A server that has greeted us and said what it can do.
pub struct Conversation<W> {
    wire: BufReader<W>,
    server: ServerInfo,
}

impl<W: Wire> Conversation<W> {
    /// Waits for the greeting and says hello.
    pub fn begin(wire: W, hello: &ClientId) -> Result<Conversation<W>, Failure> {
        Conversation::new(BufReader::new(wire)).greeted(hello)
    }

    fn new(wire: BufReader<W>) -> Conversation<W> {
        Conversation { wire, server: ServerInfo::default() }
    }

    fn greeted(mut self, hello: &ClientId) -> Result<Conversation<W>, Failure> {
        self.answer()?;
        self.hello(hello)?;
        Ok(self)
    }

    fn hello(&mut self, hello: &ClientId) -> Result<(), Failure> {
        let answer = self.command(Ehlo::new(hello.clone()))?;
        self.server = ServerInfo::from_response(&answer)
            .map_err(|_| Failure::Broken("the mail server did not say its name".to_owned()))?;
        Ok(())
    }

    /// Signs in.
    pub fn sign_in(&mut self, name: &str, password: &str) -> Result<(), Failure> {
        let mechanism = self.server.get_auth_mechanism(DEFAULT_MECHANISMS);
        let mechanism =
            mechanism.ok_or_else(|| Failure::Broken("the mail server offers no way to sign in".to_owned()))?;
        let credentials = Credentials::new(name.to_owned(), password.to_owned());
        let odd = |_| Failure::Broken("the mail server asked for something else than name and password".to_owned());
        let mut answer = self.command(Auth::new(mechanism, credentials.clone(), None).map_err(odd)?)?;
        for _ in 0..CHALLENGES {
            if !answer.has_code(334) {
                return Ok(());
            }
            let next = Auth::new_from_response(mechanism, credentials.clone(), &answer).map_err(odd)?;
            answer = self.command(next)?;
        }
        Err(Failure::Broken("the mail server does not come to an end with signing in".to_owned()))
    }

    /// Hands one mail over. When this returns the server has taken it.
    pub fn send(&mut self, message: &Message) -> Result<(), Failure> {
        let (envelope, bytes) = (message.envelope(), message.formatted());
        let parameters = self.parameters(envelope, &bytes)?;
        self.command(Mail::new(envelope.from().cloned(), parameters))?;
        for to in envelope.to() {
            self.command(Rcpt::new(to.clone(), Vec::new()))?;
        }
        if !self.command(Data)?.has_code(354) {
            return Err(Failure::Broken("the mail server did not ask for the mail".to_owned()));
        }
        self.write(&stuffed(&bytes))?;
        self.answer().map(|_| ())
    }

    /// What the mail needs of the server beyond plain ASCII, if the server has it.
    fn parameters(&self, envelope: &Envelope, bytes: &[u8]) -> Result<Vec<MailParameter>, Failure> {
        let mut parameters = Vec::new();
        let addresses = envelope.from().into_iter().chain(envelope.to());
        if addresses.into_iter().any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
            if !self.server.supports_feature(Extension::SmtpUtfEight) {
                return Err(Failure::Broken("the mail server takes no address with letters beyond ASCII".to_owned()));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !bytes.is_ascii() {
            if !self.server.supports_feature(Extension::EightBitMime) {
                return Err(Failure::Broken("the mail server takes no mail with letters beyond ASCII".to_owned()));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }

    /// Takes leave. The answer does not matter: the mail has been taken, or it has not.
    pub fn end(mut self) {
        let _ = self.command(Quit);
    }

    fn command(&mut self, command: impl Display) -> Result<Response, Failure> {
        // May hold the password.
        let line = Zeroizing::new(command.to_string());
        self.write(line.as_bytes())?;
        self.answer()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let wire = self.wire.get_mut();
        wire.write_all(bytes)?;
        wire.flush()?;
        Ok(())
    }

    /// The next answer, when it is not a no.
    fn answer(&mut self) -> Result<Response, Failure> {
        let mut answer = Vec::new();
        loop {
            let begin = answer.len();
            let read = self.wire.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut answer)?;
            if read == 0 {
                return Err(Failure::Broken("the mail server hung up".to_owned()));
            }
            if !answer.ends_with(b"\n") || answer.len() > LONGEST_ANSWER {
                return Err(Failure::Broken("the mail server's answer is cut off or too long".to_owned()));
            }
            // "250-more follows", "250 that was all"
            if answer.get(begin + 3) != Some(&b'-') {
                break;
            }
        }
        let answer: Response = String::from_utf8_lossy(&answer)
            .parse()
            .map_err(|_| Failure::Broken("the mail server's answer is not SMTP".to_owned()))?;
        if answer.is_positive() {
            return Ok(answer);
        }
        Err(Failure::Said {
            code: answer.code().into(),
            for_good: answer.code().severity == Severity::PermanentNegativeCompletion,
            words: answer.message().collect::<Vec<_>>().join(" "),
        })
    }
}

/// Greets in the open, asks for encryption, and begins anew under it.
///
/// In the open one byte is read at a time, so nothing behind the answer to STARTTLS is ever held back and taken
/// for something the server said under encryption (response injection): `encrypt` meets it, and fails.
pub fn encrypted<W: Wire>(
    socket: Call,
    hello: &ClientId,
    encrypt: impl FnOnce(Call) -> Result<W, Error>,
) -> Result<Conversation<W>, Failure> {
    let mut open = Conversation::new(BufReader::with_capacity(1, socket)).greeted(hello)?;
    if !open.server.supports_feature(Extension::StartTls) {
        return Err(Failure::Broken("the mail server does not offer encryption (STARTTLS)".to_owned()));
    }
    open.command(Starttls)?;
    let mut encrypted = Conversation::new(BufReader::new(encrypt(open.wire.into_inner())?));
    encrypted.hello(hello)?;
    Ok(encrypted)
}

/// The mail as it travels: a dot at the start of a line is doubled, and a line with one alone ends it.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(mail.len() + 64);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            bytes.push(b'.');
        }
        bytes.extend_from_slice(line);
    }
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b".\r\n");
    bytes
}

#[cfg(test)]
mod tests {
    use super::stuffed;

    #[test]
    fn a_dot_never_ends_a_mail_early() {
        assert_eq!(stuffed(b"a\r\n.\r\n..b\r\n"), b"a\r\n..\r\n...b\r\n.\r\n");
        assert_eq!(stuffed(b".a"), b"..a\r\n.\r\n");
        assert_eq!(stuffed(b"a\n.\nb"), b"a\n..\nb\r\n.\r\n");
    }
}
