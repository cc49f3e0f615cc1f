//! A connection on which tests write what they like, byte by byte: no client would say these things.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

use super::TestApp;

/// TLS with the installation's own authority, and nothing above it.
pub struct Wire(StreamOwned<ClientConnection, TcpStream>);

impl Wire {
    pub fn open(app: &TestApp) -> Wire {
        Wire::open_with(app, rustls::ALL_VERSIONS).expect("a connection")
    }

    /// With these versions of TLS only; the reason when there is none in common.
    pub fn open_with(app: &TestApp, versions: &[&'static SupportedProtocolVersion]) -> Result<Wire, String> {
        let mut roots = RootCertStore::empty();
        let authority = std::fs::read(app.data().join("tls/ca.pem")).expect("the authority's certificate");
        for certificate in CertificateDer::pem_slice_iter(&authority) {
            roots.add(certificate.expect("PEM")).expect("a certificate");
        }
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Wire::with_config(app, config)
    }

    /// With other settings of TLS.
    pub fn with_config(app: &TestApp, config: ClientConfig) -> Result<Wire, String> {
        let mut socket = socket(app);
        let name = "localhost".try_into().expect("a name");
        let mut tls = ClientConnection::new(Arc::new(config), name).expect("a client");
        while tls.is_handshaking() {
            tls.complete_io(&mut socket).map_err(|error| error.to_string())?;
        }
        Ok(Wire(StreamOwned::new(tls, socket)))
    }

    /// The version of TLS in use, such as `TLSv1_3`.
    pub fn version(&self) -> String {
        format!("{:?}", self.0.conn.protocol_version().expect("a version"))
    }

    /// The certificate that the server showed, in DER.
    pub fn certificate(&self) -> Vec<u8> {
        self.0.conn.peer_certificates().and_then(|chain| chain.first()).expect("a certificate").to_vec()
    }

    /// Says it; false when the other side has hung up.
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).and_then(|()| self.0.flush()).is_ok()
    }

    /// Everything until the other side hangs up, and whether it did within `patience`.
    pub fn hear(&mut self, patience: Duration) -> (String, bool) {
        let (mut heard, mut buffer, waiting) = (Vec::new(), [0; 4096], Instant::now());
        let ended = loop {
            let left = patience.saturating_sub(waiting.elapsed());
            if left.is_zero() {
                break false;
            }
            self.0.sock.set_read_timeout(Some(left)).expect("a timeout");
            match self.0.read(&mut buffer) {
                Ok(0) => break true,
                Ok(read) => heard.extend_from_slice(&buffer[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break false,
                // Without a goodbye of TLS, or reset.
                Err(_) => break true,
            }
        };
        (String::from_utf8_lossy(&heard).into_owned(), ended)
    }
}

/// A bare connection to the server's port.
pub fn socket(app: &TestApp) -> TcpStream {
    let port: u16 = app.server.base.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    TcpStream::connect(("127.0.0.1", port)).expect("the server listens")
}
