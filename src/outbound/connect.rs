//! Connects to a checked host, and encrypts the connection with the host's certificate verified.

use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::Checked;
use super::call::{Call, Patience, Time};
use crate::error::Error;

/// A connection under TLS, its handshake done.
pub type Encrypted = StreamOwned<ClientConnection, Call>;

/// Whose certificates are believed. Made by [`trust`].
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

/// Believes the authorities that come with the program, and those in `ca_file` (PEM). TLS 1.2 or newer.
pub fn trust(ca_file: Option<&Path>) -> Result<Trust, Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        let refused = |why: String| Error::Unavailable(format!("the CA file {}: {why}", path.display()));
        let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| refused(error.to_string()))?;
            roots.add(certificate).map_err(|error| refused(error.to_string()))?;
            found = true;
        }
        if !found {
            return Err(refused("there is no certificate in it".to_owned()));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .map_err(|error| Error::Internal(Box::new(error)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Trust(Arc::new(config)))
}

impl Checked {
    /// The first of the addresses that takes the connection.
    ///
    /// Connecting, and every later read and write, waits as long as `patience` says. The checked addresses, not the
    /// name: there is no second look-up that could answer differently.
    pub fn connect(&self, patience: Patience) -> Result<Call, Error> {
        let time = Time::start(patience);
        let mut last = None;
        for address in &self.addresses {
            match time.step().and_then(|step| TcpStream::connect_timeout(address, step)) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Call::new(stream, time, self.host.clone(), self.purpose, self.traffic.clone()));
                }
                Err(error) => last = Some(error),
            }
        }
        let why = last.map_or_else(|| "it has no address".to_owned(), |error| error.to_string());
        Err(Error::Unavailable(format!("{} cannot be reached: {why}", self.host)))
    }

    /// Does the handshake over a connection of [`Checked::connect`]; the certificate must be for the checked name.
    ///
    /// Whatever the other side has sent in the open and nobody has read is taken for a part of the handshake,
    /// which then fails: nothing said before encryption counts after it.
    pub fn encrypt(&self, mut stream: Call, trust: &Trust) -> Result<Encrypted, Error> {
        let refused = |why: String| Error::Unavailable(format!("{} could not be encrypted to: {why}", self.host));
        let name = ServerName::try_from(self.host.to_string()).map_err(|error| refused(error.to_string()))?;
        let mut tls = ClientConnection::new(trust.0.clone(), name).map_err(|error| refused(error.to_string()))?;
        while tls.is_handshaking() {
            match tls.complete_io(&mut stream) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(refused(error.to_string())),
            }
        }
        Ok(StreamOwned::new(tls, stream))
    }
}
