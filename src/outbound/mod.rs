//! The one place that opens connections to other machines.
//!
//! Nothing else resolves a name. A caller asks [`Outbound::check`], gets addresses that the policy has
//! agreed to, connects to one of those, and hands the name to TLS alone. A name that answers differently
//! the second time (DNS rebinding) gains nothing: there is no second time.

pub mod address;
pub mod call;
pub mod connect;
pub mod http;
pub mod policy;
pub mod resolve;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use crate::error::Error;
use address::Host;
use call::{Counts, Traffic};
use policy::{NamedBy, Policy, Purpose};

/// A host that may be talked to now. Made by [`Outbound::check`] alone, and not to be kept for later.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The name for TLS and for the other side's greeting.
    pub host: Host,
    /// Where to connect, in this order. Never empty.
    pub addresses: Vec<SocketAddr>,
    purpose: Purpose,
    traffic: Arc<Traffic>,
}

/// The gate that every outgoing connection passes.
#[derive(Debug, Clone, Default)]
pub struct Outbound {
    policy: Policy,
    /// Shared by every copy of the gate.
    traffic: Arc<Traffic>,
}

impl Outbound {
    pub fn new(policy: Policy) -> Outbound {
        Outbound { policy, traffic: Arc::default() }
    }

    /// What went out and came in for a purpose since this process began, in calls that have ended.
    pub fn traffic(&self, purpose: Purpose) -> Counts {
        self.traffic.of(purpose)
    }

    /// Resolves `host` once and checks every address it has; one refused address refuses the host.
    ///
    /// To be called when a host is saved, tested, and again before each connection (OUT-4). Fails with
    /// [`Error::Invalid`] on the field `host` or `port` when the policy says no, with
    /// [`Error::Unavailable`] when the name has no address. Blocks while it asks a name server.
    pub fn check(&self, purpose: Purpose, named_by: NamedBy, host: &str, port: u16) -> Result<Checked, Error> {
        let host = Host::parse(host)?;
        self.policy.before_lookup(purpose, named_by, &host, port)?;
        let addresses = match &host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => {
                resolve::lookup(&self.policy.name_servers, name, &|server| self.policy.may_ask(server))?
            }
        };
        let addresses: Vec<SocketAddr> =
            addresses.into_iter().map(|ip| SocketAddr::new(ip.to_canonical(), port)).collect();
        for &address in &addresses {
            self.policy.after_lookup(purpose, named_by, &host, address)?;
        }
        tracing::debug!(?purpose, %host, port, addresses = addresses.len(), "a connection may be opened");
        Ok(Checked { host, addresses, purpose, traffic: self.traffic.clone() })
    }
}
