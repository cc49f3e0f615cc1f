//! HTTP over the one gate: every connection goes to an address that [`Outbound::check`] has agreed to, under TLS as
//! [`connect::trust`](super::connect::trust) has it.
//!
//! Redirects are handed back and never followed, since they would be hosts that nobody named. No proxy is taken from
//! the environment. A connection is used again while most of its [`Patience`] is left.

use std::io::{self, Read, Write};

use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};

use super::Outbound;
use super::call::{Call, Patience};
use super::connect::{Encrypted, Trust};
use super::policy::{NamedBy, Purpose};
use crate::error::Error;

/// Room for what comes and goes over one connection.
const BUFFER: usize = 64 * 1024;
/// The head of an answer is never larger.
const LARGEST_HEAD: usize = 64 * 1024;

/// Asks other machines, for one purpose.
pub struct Http {
    agent: ureq::Agent,
}

/// What is sent after the head.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// Nothing, not even a length.
    None,
    Bytes(&'a [u8]),
}

/// What came back; its body is still on the way.
pub struct Response(ureq::http::Response<ureq::Body>);

impl Http {
    pub fn new(outbound: &Outbound, purpose: Purpose, named_by: NamedBy, trust: Trust, patience: Patience) -> Http {
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent("holdfast")
            .max_response_header_size(LARGEST_HEAD)
            .max_idle_connections(1)
            .build();
        let gate = Gate { outbound: outbound.clone(), purpose, named_by, trust, patience };
        Http { agent: ureq::Agent::with_parts(config, gate, NoLookup) }
    }

    /// Sends a request to an `http://` or `https://` address and waits for the head of the answer, whatever its status.
    ///
    /// Fails with [`Error::Invalid`] when the policy or the address says no, with [`Error::Unavailable`] when the
    /// other side cannot be reached, is too slow or does not speak HTTP.
    pub fn send(&self, method: &str, url: &str, headers: &[(String, String)], body: Body) -> Result<Response, Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let built = |error: ureq::http::Error| Error::field("url", "url_form", format!("No request: {error}."));
        let answered = match body {
            Body::None => self.agent.run(request.body(()).map_err(built)?),
            Body::Bytes(bytes) => self.agent.run(request.body(bytes).map_err(built)?),
        };
        answered.map(Response).map_err(words_of)
    }
}

impl Response {
    pub fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// A header's value; `None` when it is missing or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name)?.to_str().ok()
    }

    /// The body as it comes. Errors of reading name the reason; the caller says whose answer it was.
    pub fn reader(self) -> impl Read {
        self.0.into_body().into_with_config().limit(u64::MAX).reader()
    }

    /// All of the body; one of more than `most` bytes is refused with [`Error::Unavailable`].
    pub fn bytes(self, most: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.reader().take(most + 1).read_to_end(&mut bytes).map_err(|error| Error::Unavailable(slow(&error)))?;
        match bytes.len() as u64 > most {
            true => Err(Error::Unavailable(format!("the answer is longer than {most} bytes"))),
            false => Ok(bytes),
        }
    }
}

/// In words for people, without what was sent.
fn words_of(error: ureq::Error) -> Error {
    match error {
        ureq::Error::Other(inner) => match inner.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(other) => Error::Unavailable(other.to_string()),
        },
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            Error::field("url", "url_form", "This is not the address of a server.")
        }
        ureq::Error::Io(source) => Error::Unavailable(slow(&source)),
        other => Error::Unavailable(other.to_string()),
    }
}

/// The words of a failed read or write: what the kernel calls "temporarily unavailable" is somebody who does not answer.
pub fn slow(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock => "no answer came in time".into(),
        _ => error.to_string(),
    }
}

/// Opens connections where the policy agrees.
struct Gate {
    outbound: Outbound,
    purpose: Purpose,
    named_by: NamedBy,
    trust: Trust,
    patience: Patience,
}

impl Gate {
    fn open(&self, details: &ConnectionDetails) -> Result<Wire, Error> {
        let authority = details.uri.authority().ok_or_else(|| Error::BadRequest("the address has no host".into()))?;
        let usual = if details.needs_tls() { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(usual);
        let checked = self.outbound.check(self.purpose, self.named_by, authority.host(), port)?;
        let call = checked.connect(self.patience)?;
        Ok(Wire {
            speech: match details.needs_tls() {
                true => Speech::Encrypted(Box::new(checked.encrypt(call, &self.trust)?)),
                false => Speech::Plain(call),
            },
            buffers: LazyBuffers::new(BUFFER, BUFFER),
        })
    }
}

impl Connector<()> for Gate {
    type Out = Wire;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Wire>, ureq::Error> {
        self.open(details).map(Some).map_err(|error| ureq::Error::Other(Box::new(error)))
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// Looks nothing up: [`Gate`] does, once, where the answer is checked.
#[derive(Debug)]
struct NoLookup;

impl Resolver for NoLookup {
    fn resolve(
        &self,
        _: &ureq::http::Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

/// An open connection as the HTTP library wants it. Its time is the call's own.
struct Wire {
    speech: Speech,
    buffers: LazyBuffers,
}

enum Speech {
    Plain(Call),
    Encrypted(Box<Encrypted>),
}

impl Speech {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Speech::Plain(call) => call.write_all(bytes),
            Speech::Encrypted(call) => call.write_all(bytes).and_then(|()| call.flush()),
        }
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Speech::Plain(call) => call.read(into),
            Speech::Encrypted(call) => call.read(into),
        }
    }
}

impl Transport for Wire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        Ok(self.speech.write(&self.buffers.output()[..amount])?)
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let count = loop {
            match self.speech.read(self.buffers.input_append_buf()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.buffers.input_appended(count);
        Ok(count > 0)
    }

    fn is_open(&mut self) -> bool {
        match &self.speech {
            Speech::Plain(call) => call.may_go_on(),
            Speech::Encrypted(call) => call.sock.may_go_on(),
        }
    }

    fn is_tls(&self) -> bool {
        matches!(self.speech, Speech::Encrypted(_))
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("is_tls", &self.is_tls()).finish_non_exhaustive()
    }
}
