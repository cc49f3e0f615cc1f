//! One mail as bytes: headers that nobody can add a line to, and a body in two forms.

use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Address;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};

use crate::clock::Timestamp;
use crate::crypto;
use crate::error::Error;
use crate::outbound::address::Host;

/// RFC 5321, section 4.5.3.1.3, without the angle brackets.
const LONGEST_ADDRESS: usize = 254;
/// RFC 5321, section 4.5.3.1.1.
const LONGEST_LOCAL_PART: usize = 64;
/// Longer ones are cut by every mail program, and a line may hold 998 bytes.
const LONGEST_TITLE: usize = 255;
/// 9999-12-31T23:59:59Z: the last moment a `Date` header can say.
const LAST_DATE: u64 = 253_402_300_799;

/// Who the installation's mail comes from.
#[derive(Debug, Clone)]
pub struct Sender {
    mailbox: Mailbox,
    /// What stands behind the `@` of each Message-ID.
    domain: String,
}

impl Sender {
    /// `name` may be empty; `domain` names the installation and need not be the address's own.
    pub fn new(name: &str, address: &str, domain: &str) -> Result<Sender, Error> {
        let name = one_line("mail.from_name", name)?;
        let Host::Name(domain) = Host::parse(domain)? else {
            return Err(Error::field("mail.domain", "domain_form", "Enter a domain name, like example.org."));
        };
        let mailbox = Mailbox::new((!name.is_empty()).then_some(name), self::address("mail.from", address)?);
        Ok(Sender { mailbox, domain })
    }

    /// The address that stands in `From`.
    pub fn address(&self) -> &str {
        self.mailbox.email.as_ref()
    }

    /// The Message-ID of a mail that has a name of its own, so that it is queued once.
    pub fn message_id(&self, name: &str) -> String {
        format!("<{name}@{}>", self.domain)
    }

    /// A Message-ID that is nobody else's: 128 random bits at the configured domain.
    pub fn new_message_id(&self) -> String {
        format!("<{}@{}>", data_encoding::HEXLOWER.encode(&crypto::random::<16>()), self.domain)
    }
}

/// A mail to one person, complete but for sender and date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    pub to: String,
    /// What mail programs call the subject.
    pub title: String,
    pub text: String,
    pub html: Option<String>,
    pub reply_to: Option<String>,
    /// With angle brackets, from [`Sender::new_message_id`]. Stays the same over all attempts.
    pub message_id: String,
}

/// Says that no person wrote this, so that no machine answers (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<AutoSubmitted, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(AutoSubmitted::name(), "auto-generated".to_owned())
    }
}

/// Builds the message.
///
/// Fails with [`Error::Invalid`] when an address is not one, or when a header would need more than one
/// line (MAI-4): nothing is repaired silently that could be an attack.
pub fn build(sender: &Sender, mail: &OutgoingMail, written_at: Timestamp) -> Result<Message, Error> {
    let seconds = u64::try_from(written_at.seconds()).unwrap_or(0).min(LAST_DATE);
    let title = one_line("title", &mail.title)?;
    if title.is_empty() || title.chars().count() > LONGEST_TITLE {
        let message = format!("A title has between 1 and {LONGEST_TITLE} characters.");
        return Err(Error::field("title", "too_long", message));
    }
    let mut builder = Message::builder()
        .from(sender.mailbox.clone())
        .to(Mailbox::new(None, address("to", &mail.to)?))
        .date(UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(message_id(&mail.message_id)?))
        .subject(title)
        .header(AutoSubmitted);
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(Mailbox::new(None, address("reply_to", reply_to)?));
    }
    let text = unix_lines(&mail.text);
    let message = match &mail.html {
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(text, unix_lines(html))),
        None => builder.singlepart(SinglePart::plain(text)),
    };
    message.map_err(|error| Error::Internal(Box::new(error)))
}

/// Reads an e-mail address for a header and for the SMTP envelope.
///
/// Stricter than the RFC: no quoted local parts and no comments, because servers disagree about them.
/// International domains become punycode.
pub fn address(field: &'static str, text: &str) -> Result<Address, Error> {
    let refused =
        || Error::field(field, "invalid_email", "Enter an email address with an @, like name@example.org.".to_owned());
    let (local, domain) = text.rsplit_once('@').ok_or_else(refused)?;
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || "\"<>()[]\\,;:@".contains(c);
    if local.is_empty() || local.len() > LONGEST_LOCAL_PART || local.chars().any(forbidden) {
        return Err(refused());
    }
    let Ok(Host::Name(domain)) = Host::parse(domain) else { return Err(refused()) };
    let address = Address::new(local, domain).map_err(|_| refused())?;
    if AsRef::<str>::as_ref(&address).len() > LONGEST_ADDRESS {
        return Err(refused());
    }
    Ok(address)
}

/// Text for a header: one line, and nothing in it that a mail program would decode into something else.
fn one_line(field: &'static str, text: &str) -> Result<String, Error> {
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(Error::field(field, "one_line", "Write this on one line, without control characters."));
    }
    // "=?" opens an encoded word (RFC 2047). Written by a person it is either a mistake or a disguise.
    Ok(text.trim().replace("=?", "= ?"))
}

fn message_id(text: &str) -> Result<String, Error> {
    let inside = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_@".contains(&byte);
    if inside.len() < 3 || inside.len() > LONGEST_ADDRESS || !inside.contains('@') || !inside.bytes().all(plain) {
        return Err(Error::internal("a Message-ID that is not ours"));
    }
    Ok(text.to_owned())
}

/// A lone CR ends a line for some servers and not for others, which is how mail is smuggled. So there is none.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "")
}
