//! A client that costs as little as one can: HTTP/1.1 with keep-alive over TLS, one thread for each connection.
//!
//! Client and server share the machine, so what the client spends is taken from what is measured.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::Outcome;

/// Trust in the one certificate of a server under test.
pub fn trust(certificate: &Path) -> Outcome<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(certificate)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13])?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// One connection, kept open.
pub struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    buffer: Vec<u8>,
    head: usize,
}

impl Connection {
    pub fn open(address: SocketAddr, trust: &Arc<ClientConfig>) -> Outcome<Connection> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        let tls = ClientConnection::new(trust.clone(), ServerName::try_from("localhost")?)?;
        Ok(Connection { stream: StreamOwned::new(tls, socket), buffer: Vec::with_capacity(64 * 1024), head: 0 })
    }

    /// Sends a whole request and reads the whole answer; returns its status.
    pub fn send(&mut self, request: &[u8]) -> Outcome<u16> {
        self.stream.write_all(request)?;
        self.stream.flush()?;
        self.receive()
    }

    /// Writes a part of a request.
    pub fn write(&mut self, part: &[u8]) -> Outcome<()> {
        Ok(self.stream.write_all(part)?)
    }

    /// Reads an answer that has a length; returns its status.
    pub fn receive(&mut self) -> Outcome<u16> {
        self.buffer.clear();
        let mut chunk = [0; 32 * 1024];
        let mut wanted = usize::MAX;
        while self.buffer.len() < wanted {
            let read = self.stream.read(&mut chunk)?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            self.buffer.extend_from_slice(&chunk[..read]);
            if wanted == usize::MAX
                && let Some(end) = find(&self.buffer, b"\r\n\r\n")
            {
                self.head = end + 4;
                wanted = self.head + self.length()?;
            }
        }
        let status = std::str::from_utf8(self.buffer.get(9..12).ok_or("a short answer")?)?;
        Ok(status.parse()?)
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        &self.buffer[self.head..]
    }

    fn length(&self) -> Outcome<usize> {
        let head = std::str::from_utf8(&self.buffer[..self.head])?.to_ascii_lowercase();
        match head.split("\r\n").find_map(|line| line.strip_prefix("content-length:")) {
            Some(length) => Ok(length.trim().parse()?),
            None if head.starts_with("http/1.1 204") || head.starts_with("http/1.1 304") => Ok(0),
            None => Err(format!("an answer without a length: {head}").into()),
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// A request of a program, ready to be sent.
pub fn program(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n");
    if !body.is_empty() {
        request.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    request.push_str(body);
    request.into_bytes()
}

/// A request of a browser that has signed in.
pub fn browser(path: &str, cookie: &str) -> Vec<u8> {
    let name = holdfast::web::cookie::NAME;
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {name}={cookie}\r\nSec-Fetch-Site: same-origin\r\n\r\n")
        .into_bytes()
}

/// A text as it stands in an address.
pub fn escape(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
