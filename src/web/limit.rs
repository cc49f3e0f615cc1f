//! Where a request comes from, and how many of them are let in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{OperatorTokenId, TokenId};

/// Requests a token may make in a minute before it is told to wait.
const PER_MINUTE: u32 = 6_000;

/// Whose requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    OfMember(TokenId),
    OfOperator(OperatorTokenId),
}

/// Counts requests of each token in the current minute. In memory: a restart forgives.
#[derive(Default)]
pub struct ApiLimit(Mutex<HashMap<Program, (i64, u32)>>);

impl ApiLimit {
    /// Fails with `TooMany` and the seconds left of this minute.
    pub fn admit(&self, program: Program, now: Timestamp) -> Result<(), Error> {
        let minute = now.0.div_euclid(Timestamp::MINUTE);
        let mut counts = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if counts.len() > 10_000 {
            counts.retain(|_, (seen, _)| *seen == minute);
        }
        let (seen, count) = counts.entry(program).or_insert((minute, 0));
        if *seen != minute {
            (*seen, *count) = (minute, 0);
        }
        *count += 1;
        if *count > PER_MINUTE {
            let left = (minute + 1) * Timestamp::MINUTE - now.0;
            return Err(Error::TooMany(u64::try_from(left / 1_000 + 1).unwrap_or(60)));
        }
        Ok(())
    }
}

/// The client's address. `X-Forwarded-For` counts only when a listed proxy sent it, and only its last hop (LIM-3).
pub fn client_address(peer: Option<IpAddr>, forwarded: Option<&str>, proxies: &str) -> Option<IpAddr> {
    let peer = peer.map(|address| address.to_canonical());
    if !proxies.trim().is_empty() && is_within(proxies, peer) {
        let last = forwarded.and_then(|hops| hops.rsplit(',').next()).and_then(|hop| hop.trim().parse().ok());
        return last.or(peer);
    }
    peer
}

/// True when `address` lies in one of the space-separated CIDR blocks; an empty list is everywhere.
pub fn is_within(blocks: &str, address: Option<IpAddr>) -> bool {
    let mut blocks = blocks.split_whitespace().peekable();
    if blocks.peek().is_none() {
        return true;
    }
    let Some(address) = address.map(|address| address.to_canonical()) else { return false };
    blocks.filter_map(parse_block).any(|(network, bits)| contains(network, bits, address))
}

/// `10.0.0.0/8`, `2001:db8::/32`, or one address.
pub fn parse_block(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address.parse::<IpAddr>().ok()?, bits.parse::<u8>().ok()?),
        None => {
            let address = text.parse::<IpAddr>().ok()?;
            (address, if address.is_ipv4() { 32 } else { 128 })
        }
    };
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            u32::from(network) & mask == u32::from(address) & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            u128::from(network) & mask == u128::from(address) & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lim_3_a_forwarded_address_counts_only_from_a_listed_proxy() {
        let proxy: Option<IpAddr> = "10.1.2.3".parse().ok();
        let client: Option<IpAddr> = "198.51.100.7".parse().ok();
        assert_eq!(client_address(proxy, Some("1.1.1.1, 198.51.100.7"), "10.0.0.0/8"), client);
        assert_eq!(client_address(proxy, Some("198.51.100.7"), ""), proxy);
        assert_eq!(client_address(client, Some("1.1.1.1"), "10.0.0.0/8"), client);
    }

    #[test]
    fn blocks_hold_what_they_say() {
        let address = |text: &str| text.parse::<IpAddr>().ok();
        assert!(is_within("", None));
        assert!(is_within("0.0.0.0/0", address("8.8.8.8")));
        assert!(!is_within("10.0.0.0/8 192.168.1.4", address("192.168.1.5")));
        assert!(is_within("2001:db8::/32", address("2001:db8:1::1")));
        assert!(parse_block("10.0.0.0/33").is_none());
    }
}
