//! Turns a name into addresses, without the C library.
//!
//! A statically linked glibc must not load NSS modules, so names are asked for in Rust: first
//! `/etc/hosts`, then the name servers. Nothing is cached: each question sees the machine's settings of that
//! moment. Names are taken as complete; the search list of `resolv.conf` is not applied.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::Name;
use hickory_resolver::system_conf::read_system_conf;

use crate::error::Error;

/// The longest a name may take, over all servers and attempts.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one server may take to answer one question.
const PER_QUESTION: Duration = Duration::from_secs(3);

/// Where names are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameServers {
    /// `/etc/hosts`, then those of `/etc/resolv.conf`. Without that file: `/etc/hosts` alone.
    System,
    /// `/etc/hosts`, then these.
    These(Vec<SocketAddr>),
}

/// Every address of `name`, IPv4 first.
///
/// `may_ask` decides about each name server before anything is sent to it. Fails with
/// [`Error::Unavailable`] when the name has no address, or nobody answers in time. Blocks, so it is
/// called from the blocking pool and from jobs, never from a future.
pub fn lookup(servers: &NameServers, name: &str, may_ask: &dyn Fn(SocketAddr) -> bool) -> Result<Vec<IpAddr>, Error> {
    let mut name = Name::from_ascii(name).map_err(|_| Error::field("host", "host_form", "This is not a host name."))?;
    name.set_fqdn(true);
    let servers: Vec<NameServerConfig> = configured(servers).into_iter().filter_map(|one| kept(one, may_ask)).collect();
    let config = ResolverConfig::from_parts(None, Vec::new(), servers);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    *builder.options_mut() = options();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(async {
        let resolver = builder.build()?;
        match tokio::time::timeout(PATIENCE, resolver.lookup_ip(name.clone())).await {
            Ok(answer) => answer,
            Err(_) => Err(NetError::Timeout),
        }
    });
    let addresses: Vec<IpAddr> = match answer {
        Ok(answer) => answer.iter().collect(),
        Err(error) if error.is_no_records_found() => Vec::new(),
        Err(error) => return Err(Error::Unavailable(format!("the name {} was not answered: {error}", plain(&name)))),
    };
    if addresses.is_empty() {
        return Err(Error::Unavailable(format!("the name {} has no address", plain(&name))));
    }
    Ok(addresses)
}

fn options() -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = PER_QUESTION;
    options.attempts = 2;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Always;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.try_tcp_on_error = true;
    options
}

fn configured(servers: &NameServers) -> Vec<NameServerConfig> {
    match servers {
        NameServers::These(addresses) => addresses.iter().map(|&address| at(address)).collect(),
        NameServers::System => match read_system_conf() {
            Ok((config, _)) => config.into_parts().2,
            Err(error) => {
                tracing::debug!(%error, "no name servers in /etc/resolv.conf; names come from /etc/hosts alone");
                Vec::new()
            }
        },
    }
}

/// A name server on any port, over UDP and, for long answers, TCP.
fn at(address: SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    server
}

fn kept(mut server: NameServerConfig, may_ask: &dyn Fn(SocketAddr) -> bool) -> Option<NameServerConfig> {
    let ip = server.ip;
    server.connections.retain(|connection: &ConnectionConfig| may_ask(SocketAddr::new(ip, connection.port)));
    (!server.connections.is_empty()).then_some(server)
}

fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_owned()
}
