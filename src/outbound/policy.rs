//! Who may be talked to: the operator's allow list, and what holds for everybody else.

use std::net::{IpAddr, SocketAddr};

use crate::error::Error;
use crate::outbound::address::{Host, Range, is_public};
use crate::outbound::resolve::NameServers;

/// What a connection is for. Decides which ports are usual, and what its bytes are counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Handing mail to a server.
    Smtp,
    /// Keeping a copy of the backups in a storage that speaks S3.
    Mirror,
}

impl Purpose {
    pub const ALL: &'static [Purpose] = &[Purpose::Smtp, Purpose::Mirror];

    /// The word in logs and figures.
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Smtp => "smtp",
            Purpose::Mirror => "mirror",
        }
    }

    /// The ports that need no word from the operator.
    pub fn usual_ports(self) -> &'static [u16] {
        match self {
            Purpose::Smtp => &[25, 465, 587, 2525],
            Purpose::Mirror => &[443],
        }
    }
}

/// Whose word named the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// The configuration of the installation: may be private, may have any port.
    Operator,
    /// A member of a workspace: must be public unless the allow list says otherwise.
    Workspace,
}

/// Whether hosts need to be listed at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Any public host on a usual port.
    #[default]
    Open,
    /// Air-gapped: only what the operator named, name servers included (OUT-6).
    AllowList,
}

/// One line of the operator's allow list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    peer: Peer,
    /// `None` allows the usual ports of each purpose.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Peer {
    Name(String),
    Range(Range),
}

impl Allowed {
    /// Reads `mail.example.org`, `mail.example.org:2525`, `10.1.0.0/16`, `10.1.2.3:25`, `[fd00::1]:25`.
    pub fn parse(text: &str) -> Result<Allowed, Error> {
        if let Some(range) = Range::parse(text) {
            return Ok(Allowed { peer: Peer::Range(range), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            // A bare IPv6 address has colons of its own; with a port it stands in brackets.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port_number(port)?)),
            _ => (text, None),
        };
        if let Some(range) = Range::parse(host.trim_start_matches('[').trim_end_matches(']')) {
            return Ok(Allowed { peer: Peer::Range(range), port });
        }
        Ok(match Host::parse(host)? {
            Host::Name(name) => Allowed { peer: Peer::Name(name), port },
            Host::Address(address) => Allowed { peer: Peer::Range(Range::single(address)), port },
        })
    }

    fn allows_port(&self, port: u16, usual: &[u16]) -> bool {
        self.port.map_or_else(|| usual.contains(&port), |only| only == port)
    }

    fn names(&self, host: &Host) -> bool {
        matches!((&self.peer, host), (Peer::Name(listed), Host::Name(name)) if listed == name)
    }

    fn covers(&self, address: IpAddr) -> bool {
        matches!(self.peer, Peer::Range(range) if range.contains(address.to_canonical()))
    }
}

fn port_number(text: &str) -> Result<u16, Error> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err(Error::field("port", "port_range", format!("{text} is not a port: it is a number from 1 to 65535."))),
    }
}

/// The rules for every connection this process opens.
#[derive(Debug, Clone)]
pub struct Policy {
    pub mode: Mode,
    pub allow: Vec<Allowed>,
    pub name_servers: NameServers,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { mode: Mode::Open, allow: Vec::new(), name_servers: NameServers::System }
    }
}

impl Policy {
    /// The decision that needs no name server: port, and whether the host may be looked up at all.
    pub(super) fn before_lookup(
        &self,
        purpose: Purpose,
        named_by: NamedBy,
        host: &Host,
        port: u16,
    ) -> Result<(), Error> {
        if port == 0 {
            return Err(Error::field("port", "port_range", "Enter a port from 1 to 65535."));
        }
        if named_by == NamedBy::Operator {
            return Ok(());
        }
        let usual = purpose.usual_ports();
        let listed_here = |one: &&Allowed| match host {
            Host::Name(_) => one.names(host),
            Host::Address(address) => one.covers(*address),
        };
        let listed = self.allow.iter().filter(listed_here).any(|one| one.allows_port(port, usual));
        // A range with a port may open that port for a name that leads into it; `after_lookup` decides that.
        let by_range = matches!(host, Host::Name(_)) && self.mode == Mode::Open && self.port_opened_by_a_range(port);
        if !listed && !usual.contains(&port) && !by_range {
            let usual: Vec<String> = usual.iter().map(u16::to_string).collect();
            let message =
                format!("Port {port} is not open here. Use one of {}, or ask the operator.", usual.join(", "));
            return Err(Error::field("port", "port_closed", message));
        }
        if self.mode == Mode::AllowList && !listed {
            let message =
                format!("This installation only talks to hosts its operator has listed, and {host} is not one.");
            return Err(Error::field("host", "not_listed", message));
        }
        Ok(())
    }

    /// The decision about one address that `host` has turned out to have.
    pub(super) fn after_lookup(
        &self,
        purpose: Purpose,
        named_by: NamedBy,
        host: &Host,
        address: SocketAddr,
    ) -> Result<(), Error> {
        let ip = address.ip().to_canonical();
        // Nothing listens there; Linux would quietly turn 0.0.0.0 into itself.
        let nowhere = ip.is_unspecified() || ip.is_multicast();
        if named_by == NamedBy::Operator && !nowhere {
            return Ok(());
        }
        let usual = purpose.usual_ports();
        let listed =
            self.allow.iter().any(|one| (one.names(host) || one.covers(ip)) && one.allows_port(address.port(), usual));
        let public = is_public(address.ip()) && usual.contains(&address.port());
        if !nowhere && (listed || (public && self.mode == Mode::Open)) {
            return Ok(());
        }
        // Which address it was stays in the log: the answer must not map the operator's network.
        tracing::warn!(%host, %ip, port = address.port(), "refused a connection to an address that is not public");
        let message = format!("{host} is not on the public internet. Enter a public server, or ask the operator.");
        Err(Error::field("host", "not_public", message))
    }

    /// Whether this name server may be asked. In an air gap it must be on the list like everybody else.
    pub(super) fn may_ask(&self, server: SocketAddr) -> bool {
        self.mode == Mode::Open
            || self.allow.iter().any(|one| one.covers(server.ip()) && one.allows_port(server.port(), &[53]))
    }

    fn port_opened_by_a_range(&self, port: u16) -> bool {
        self.allow.iter().any(|one| matches!(one.peer, Peer::Range(_)) && one.port == Some(port))
    }
}
