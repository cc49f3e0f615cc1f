//! What a host is, in the one form in which it is compared, and which addresses belong to the public internet.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::Error;

/// The longest name DNS carries, without its trailing dot (RFC 1035, section 2.3.4).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// IPv4 ranges that no stranger may make this machine talk to.
const CLOSED_V4: &[(Ipv4Addr, u8)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),        // "this network"; Linux connects 0.0.0.0 to itself
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // carrier-grade NAT, and some clouds' metadata
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // a cloud's host agent, on an address that looks public
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local, and most clouds' metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments, and a cloud's metadata
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, and broadcast
];

/// The only IPv6 block handed out for the public internet. Everything outside it is closed: loopback,
/// unspecified, IPv4-mapped, NAT64, unique local, link-local, site-local, multicast and what is yet unknown.
const OPEN_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Ranges inside [`OPEN_V6`] that are closed all the same.
const CLOSED_V6: &[(Ipv6Addr, u8)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, benchmarks, ORCHID
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: carries any IPv4 address inside
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// Says whether `address` is one that anybody on the internet could reach (OUT-1).
///
/// A form that carries an IPv4 address inside an IPv6 one is never public: the kernel, a gateway or a
/// tunnel would unwrap it into something this function has not seen.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !CLOSED_V4.iter().any(|&(network, prefix)| Range::v4(network, prefix).contains(v4.into())),
        IpAddr::V6(v6) => {
            Range::v6(OPEN_V6.0, OPEN_V6.1).contains(v6.into())
                && !CLOSED_V6.iter().any(|&(network, prefix)| Range::v6(network, prefix).contains(v6.into()))
                && !is_isatap(v6)
        }
    }
}

/// ISATAP hides an IPv4 address in the last 32 bits of any prefix (RFC 5214, section 6.1).
fn is_isatap(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    matches!(segments[4], 0x0000 | 0x0200) && segments[5] == 0x5efe
}

/// A block of addresses, written `10.1.0.0/16` or as a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    network: IpAddr,
    prefix: u8,
}

impl Range {
    const fn v4(network: Ipv4Addr, prefix: u8) -> Range {
        Range { network: IpAddr::V4(network), prefix }
    }

    const fn v6(network: Ipv6Addr, prefix: u8) -> Range {
        Range { network: IpAddr::V6(network), prefix }
    }

    /// Exactly one address.
    pub fn single(address: IpAddr) -> Range {
        Range { network: address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }

    /// Reads `address/prefix` or an address; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Range> {
        let Some((address, prefix)) = text.split_once('/') else { return text.parse().ok().map(Range::single) };
        let network: IpAddr = address.parse().ok()?;
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let prefix: u8 = prefix.parse().ok()?;
        (prefix <= Range::single(network).prefix).then_some(Range { network, prefix })
    }

    /// Never mixes families: an IPv4 range does not contain the IPv4-mapped form of its own addresses.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// A host in its one canonical form: two spellings of the same host compare equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// An address. IPv4-mapped IPv6 has become IPv4.
    Address(IpAddr),
    /// A DNS name: lower case, punycode, no trailing dot, never something that a resolver reads as an address.
    Name(String),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Address(address) => write!(f, "{address}"),
            Host::Name(name) => f.write_str(name),
        }
    }
}

impl Host {
    /// Reads a host as a person types it.
    ///
    /// Maps international names to punycode, folds case, drops one trailing dot and takes the brackets
    /// off `[::1]`. Refuses whatever could be read as an address in more than one way (octal, hexadecimal,
    /// short and decimal IPv4), zone ids, and everything that belongs to a URL rather than to a host:
    /// scheme, user, port, path, percent signs.
    pub fn parse(text: &str) -> Result<Host, Error> {
        if text.is_empty() {
            return Err(Error::field("host", "required", "Enter the name of the server, like mail.example.org."));
        }
        // The characters of a URL come first: mapping could otherwise make them out of look-alikes, or drop them.
        if text.len() > 4 * LONGEST_NAME || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(unreadable());
        }
        if let Some(address) = bracketed(text)? {
            return Ok(Host::Address(address));
        }
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Host::Address(IpAddr::V6(address).to_canonical()));
        }
        let ascii = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL).map_err(|_| unreadable())?;
        let name = ascii.strip_suffix('.').unwrap_or(&ascii);
        if ends_in_a_number(name) {
            return match name.parse::<Ipv4Addr>() {
                Ok(address) => Ok(Host::Address(address.into())),
                Err(_) => Err(Error::field(
                    "host",
                    "address_form",
                    "Write the address as four plain numbers, like 192.0.2.10, or enter a name.",
                )),
            };
        }
        if name.len() > LONGEST_NAME || !name.split('.').all(is_label) {
            return Err(unreadable());
        }
        Ok(Host::Name(name.to_owned()))
    }
}

/// The address inside `[…]`; `None` when there are no brackets at all.
fn bracketed(text: &str) -> Result<Option<IpAddr>, Error> {
    if !text.starts_with('[') {
        return Ok(None);
    }
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(unreadable)?;
    let address: Ipv6Addr = inside.parse().map_err(|_| unreadable())?;
    Ok(Some(IpAddr::V6(address).to_canonical()))
}

/// The WHATWG rule: a host whose last label is a number is an IPv4 address or nothing.
fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hexadecimal = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Underscores are let through: names inside container networks have them.
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= LONGEST_LABEL
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_')
}

fn unreadable() -> Error {
    Error::field("host", "host_form", "Enter only the name of the server, like mail.example.org.")
}
