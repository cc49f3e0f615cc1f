//! The server's certificate in use: loaded at the start, looked at again every day and on SIGHUP (OPS-3).

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::app::App;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::crypto::certificate::{self, Identity};
use crate::crypto::validity;
use crate::error::Error;

/// The certificate that new connections get.
#[derive(Debug)]
pub struct Certificate {
    current: RwLock<Arc<CertifiedKey>>,
    provider: Arc<CryptoProvider>,
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone())
    }
}

impl Certificate {
    /// Reads or makes the certificate of this installation.
    pub fn load(app: &App) -> Result<Certificate, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let current = certified(identity(app)?, &provider)?;
        Ok(Certificate { current: RwLock::new(Arc::new(current)), provider })
    }

    /// Takes up what lies in the files now. What fails leaves the certificate in use as it is.
    pub fn reload(&self, app: &App) -> Result<(), Error> {
        let next = Arc::new(certified(identity(app)?, &self.provider)?);
        *self.current.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = next;
        Ok(())
    }

    /// What the listener works with: TLS 1.3, and 1.2 only when it is switched on.
    pub fn server_config(self: &Arc<Certificate>, config: &Config) -> Result<ServerConfig, Error> {
        let versions: &[&rustls::SupportedProtocolVersion] = if config.tls.allow_1_2 {
            &[&rustls::version::TLS13, &rustls::version::TLS12]
        } else {
            &[&rustls::version::TLS13]
        };
        let tls = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(versions)
            .map_err(|source| Error::internal(format!("TLS: {source}")))?;
        Ok(tls.with_no_client_auth().with_cert_resolver(self.clone()))
    }
}

/// The operator's own files, or what the local authority has signed.
pub fn identity(app: &App) -> Result<Identity, Error> {
    match &app.config.tls.own {
        Some((certificate, key)) => certificate::own(certificate, key),
        None => certificate::local(&app.config.data.join("tls"), &names(&app.config), &app.control_keys, app.now()),
    }
}

/// When the certificate in the files ends.
pub fn valid_until(app: &App) -> Result<Timestamp, Error> {
    let identity = identity(app)?;
    let end = identity.chain.first().and_then(|certificate| validity::not_after(certificate));
    end.ok_or_else(|| Error::Refused("the certificate does not say until when it is good".into()))
}

/// What people may type to get here: the configured names, and the addresses that are listened on.
fn names(config: &Config) -> BTreeSet<String> {
    let addresses = config.server.listen.iter().filter_map(|text| text.parse::<std::net::SocketAddr>().ok());
    let addresses = addresses.map(|address| address.ip()).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string());
    let configured: Vec<String> =
        config.tls.names.iter().cloned().chain([config.host_name()]).chain(addresses).collect();
    certificate::names(&configured)
}

fn certified(identity: Identity, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
    CertifiedKey::from_der(identity.chain, identity.key, provider)
        .map_err(|source| Error::Refused(format!("the certificate and its key cannot be used: {source}")))
}
