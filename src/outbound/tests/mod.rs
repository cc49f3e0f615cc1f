//! Hostile spellings, address ranges, the allow list, and a name server that changes its mind.

mod call;
mod hostile;
mod http;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::address::{Host, Range, is_public};
use super::policy::{Allowed, Mode, NamedBy, Policy, Purpose};
use super::resolve::NameServers;
use super::{Checked, Outbound};
use crate::error::Error;
use hostile::HOSTILE;

/// An outbound gate that asks nobody: names come from `/etc/hosts` and built-in knowledge only.
fn quiet(mode: Mode, allow: &[&str]) -> Outbound {
    let allow = allow.iter().map(|line| Allowed::parse(line).unwrap()).collect();
    Outbound::new(Policy { mode, allow, name_servers: NameServers::These(Vec::new()) })
}

fn by_member(outbound: &Outbound, host: &str, port: u16) -> Result<Checked, Error> {
    outbound.check(Purpose::Smtp, NamedBy::Workspace, host, port)
}

fn code(result: Result<Checked, Error>) -> &'static str {
    match result {
        Err(Error::Invalid(errors)) => errors[0].code,
        Err(Error::Unavailable(_)) => "unavailable",
        Err(error) => panic!("{error:?}"),
        Ok(_) => "allowed",
    }
}

#[test]
fn out_1_no_hostile_spelling_gets_through() {
    assert!(HOSTILE.len() >= 150, "{} spellings", HOSTILE.len());
    let outbound = quiet(Mode::Open, &[]);
    for host in HOSTILE {
        let refused = code(by_member(&outbound, host, 25));
        assert!(["not_public", "address_form", "host_form", "required"].contains(&refused), "{host:?} is {refused}");
    }
    let too_long = format!("{}.example.org", "a".repeat(64));
    assert_eq!(code(by_member(&outbound, &too_long, 25)), "host_form");
    assert_eq!(code(by_member(&outbound, &"abcdefgh.".repeat(40), 25)), "host_form");
}

#[test]
fn spellings_of_one_host_become_one() {
    let name = |text: &str| Host::parse(text).unwrap().to_string();
    for text in
        ["mail.example.org", "MAIL.Example.ORG", "mail.example.org.", "ｍａｉｌ.example.org", "mail。example．org"]
    {
        assert_eq!(name(text), "mail.example.org");
    }
    assert_eq!(name("bücher.example"), "xn--bcher-kva.example");
    assert_eq!(name("mail_server"), "mail_server");
    assert_eq!(name("[2606:4700:0::1]"), "2606:4700::1");
    assert_eq!(name("::ffff:9.9.9.9"), "9.9.9.9");
    assert_eq!(name("9.9.9.9."), "9.9.9.9");
}

#[test]
fn public_addresses_on_usual_ports_are_let_through() {
    let outbound = quiet(Mode::Open, &[]);
    for host in [
        "9.9.9.9",
        "1.1.1.1",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "2606:4700::1111",
        "223.255.255.255",
    ] {
        for port in [25, 465, 587, 2525] {
            let checked = by_member(&outbound, host, port).unwrap();
            assert_eq!(checked.addresses, [SocketAddr::new(host.parse().unwrap(), port)]);
        }
        for port in [0, 22, 80, 443, 6379, 65535] {
            assert!(["port_closed", "port_range"].contains(&code(by_member(&outbound, host, port))));
        }
    }
}

#[test]
fn the_operator_may_name_a_private_host_and_any_port() {
    for outbound in [quiet(Mode::Open, &[]), quiet(Mode::AllowList, &[])] {
        let named = |host, port| outbound.check(Purpose::Smtp, NamedBy::Operator, host, port);
        assert_eq!(named("10.0.0.5", 10025).unwrap().addresses, ["10.0.0.5:10025".parse().unwrap()]);
        assert!(named("localhost", 25).unwrap().addresses.contains(&"127.0.0.1:25".parse().unwrap()));
        assert_eq!(code(named("0.0.0.0", 25)), "not_public");
        assert_eq!(code(named("224.0.0.1", 25)), "not_public");
        assert_eq!(code(named("0x7f.1", 25)), "address_form");
        assert_eq!(code(named("10.0.0.5", 0)), "port_range");
        // What the operator named for the installation is not thereby open to every workspace.
        assert_ne!(code(by_member(&outbound, "10.0.0.5", 25)), "allowed");
    }
}

#[test]
fn the_allow_list_opens_what_it_says_and_no_more() {
    let outbound = quiet(Mode::Open, &["10.1.0.0/16", "10.2.0.7:10025", "localhost:2526", "[fd00::1]:25"]);
    let allowed = |host, port| code(by_member(&outbound, host, port));
    assert_eq!(allowed("10.1.200.3", 25), "allowed");
    assert_eq!(allowed("10.1.200.3", 26), "port_closed");
    assert_eq!(allowed("::ffff:10.1.200.3", 25), "allowed");
    assert_eq!(allowed("10.2.0.7", 10025), "allowed");
    assert_eq!(allowed("10.2.0.7", 25), "not_public");
    assert_eq!(allowed("10.2.0.8", 10025), "port_closed");
    assert_eq!(allowed("localhost", 2526), "allowed");
    assert_eq!(allowed("localhost", 25), "not_public");
    assert_eq!(allowed("localhost", 10025), "not_public");
    assert_eq!(allowed("fd00::1", 25), "allowed");
    assert_eq!(allowed("fd00::2", 25), "not_public");
    assert_eq!(allowed("9.9.9.9", 25), "allowed");
}

#[test]
fn out_6_in_an_air_gap_only_the_list_counts() {
    let outbound = quiet(Mode::AllowList, &["localhost", "9.9.9.9", "10.0.0.0/8"]);
    let allowed = |host, port| code(by_member(&outbound, host, port));
    assert_eq!(allowed("localhost", 25), "allowed");
    assert_eq!(allowed("9.9.9.9", 25), "allowed");
    assert_eq!(allowed("10.3.2.1", 587), "allowed");
    assert_eq!(allowed("1.1.1.1", 25), "not_listed");
    // Refused before any name server would hear of it.
    assert_eq!(allowed("mail.example.org", 25), "not_listed");
}

#[test]
fn allow_list_lines_that_mean_nothing_are_refused() {
    for line in [
        "",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "::/129",
        "mail.example.org:0",
        "mail.example.org:+25",
        "mail:99999",
        "010.0.0.1",
        "a b",
        "10.0.0.1/8:x",
        "*",
    ] {
        assert!(Allowed::parse(line).is_err(), "{line}");
    }
    assert!(Range::parse("0.0.0.0/0").unwrap().contains("1.2.3.4".parse().unwrap()));
    assert!(!Range::parse("0.0.0.0/0").unwrap().contains("::1".parse().unwrap()));
    assert!(Range::parse("::/0").unwrap().contains("fd00::1".parse().unwrap()));
}

/// A name server that answers A questions with the next of `answers` each time, and AAAA with nothing.
fn name_server(answers: Vec<Vec<Ipv4Addr>>) -> (SocketAddr, Arc<AtomicUsize>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        let mut packet = [0_u8; 1500];
        while let Ok((length, client)) = socket.recv_from(&mut packet) {
            let end = 12 + packet[12..length].iter().position(|&byte| byte == 0).unwrap() + 5;
            let is_a = packet[end - 4..end - 2] == [0, 1];
            let addresses = if is_a {
                answers[count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1)].clone()
            } else {
                vec![]
            };
            let mut reply = packet[..end].to_vec();
            reply[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, u8::try_from(addresses.len()).unwrap(), 0, 0, 0, 0]);
            for address in addresses {
                reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
                reply.extend(address.octets());
            }
            socket.send_to(&reply, client).unwrap();
        }
    });
    (address, asked)
}

fn asking(mode: Mode, allow: &[&str], server: SocketAddr) -> Outbound {
    let allow = allow.iter().map(|line| Allowed::parse(line).unwrap()).collect();
    Outbound::new(Policy { mode, allow, name_servers: NameServers::These(vec![server]) })
}

#[test]
fn out_2_a_name_that_turns_private_is_asked_again_and_refused() {
    let (server, asked) = name_server(vec![vec![Ipv4Addr::new(9, 9, 9, 9)], vec![Ipv4Addr::LOCALHOST]]);
    let outbound = asking(Mode::Open, &[], server);
    let checked = by_member(&outbound, "rebind.example.org", 25).unwrap();
    assert_eq!(checked.addresses, ["9.9.9.9:25".parse().unwrap()]);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "one check asks once");
    assert_eq!(code(by_member(&outbound, "rebind.example.org", 25)), "not_public");
}

#[test]
fn one_private_address_among_public_ones_refuses_the_name() {
    let (server, _) = name_server(vec![vec![Ipv4Addr::new(9, 9, 9, 9), Ipv4Addr::new(169, 254, 169, 254)]]);
    assert_eq!(code(by_member(&asking(Mode::Open, &[], server), "mixed.example.org", 25)), "not_public");
}

#[test]
fn a_range_with_a_port_opens_it_for_names_that_lead_into_the_range() {
    let (server, _) = name_server(vec![vec![Ipv4Addr::new(10, 4, 0, 1)], vec![Ipv4Addr::new(9, 9, 9, 9)]]);
    let outbound = asking(Mode::Open, &["10.4.0.0/16", "10.4.0.1:10025"], server);
    assert_eq!(code(by_member(&outbound, "relay.example.org", 10025)), "allowed");
    assert_eq!(code(by_member(&outbound, "relay.example.org", 10025)), "not_public");
}

#[test]
fn a_name_server_outside_the_list_is_not_asked_in_an_air_gap() {
    let (server, asked) = name_server(vec![vec![Ipv4Addr::new(10, 0, 0, 1)]]);
    let unlisted = asking(Mode::AllowList, &["mail.example.org"], server);
    assert_eq!(code(by_member(&unlisted, "mail.example.org", 25)), "unavailable");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let line = server.to_string();
    let listed = asking(Mode::AllowList, &["mail.example.org", &line], server);
    assert_eq!(code(by_member(&listed, "mail.example.org", 25)), "allowed");
}

#[test]
fn a_name_without_an_address_is_said_to_have_none() {
    let (server, _) = name_server(vec![vec![]]);
    let answer = by_member(&asking(Mode::Open, &[], server), "nothing.example.org", 25);
    assert_eq!(answer.unwrap_err().to_string(), "the name nothing.example.org has no address");
    assert_eq!(code(by_member(&quiet(Mode::Open, &[]), "nothing.example.org", 25)), "unavailable");
}

fn closed_v4() -> impl Strategy<Value = Ipv4Addr> {
    any::<u32>().prop_map(Ipv4Addr::from_bits).prop_filter("closed", |address| !is_public((*address).into()))
}

/// The spellings that some resolver somewhere reads as `address`.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let bits = address.to_bits();
    let [high, low] = [(bits >> 16) as u16, bits as u16];
    vec![
        format!("{a}.{b}.{c}.{d}"),
        format!("{a}.{b}.{c}.{d}."),
        format!("{bits}"),
        format!("0x{bits:x}"),
        format!("0{bits:o}"),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a}.{}", bits & 0xff_ffff),
        format!("{a}.{b}.{}", bits & 0xffff),
        format!("::ffff:{a}.{b}.{c}.{d}"),
        format!("[::ffff:{high:x}:{low:x}]"),
        format!("::{high:x}:{low:x}"),
        format!("64:ff9b::{high:x}:{low:x}"),
        format!("2002:{high:x}:{low:x}::1"),
        format!("2001:0:1:2:3:4:{:x}:{:x}", !high, !low),
        format!("2606:4700::5efe:{high:x}:{low:x}"),
        format!("{a}。{b}。{c}。{d}"),
        format!("{a}.{b}.{c}.{d}:25"),
        format!("x@{a}.{b}.{c}.{d}"),
    ]
}

proptest! {
    #[test]
    fn out_1_no_spelling_of_a_closed_address_gets_through(address in closed_v4()) {
        let outbound = quiet(Mode::Open, &[]);
        for text in spellings(address) {
            prop_assert!(by_member(&outbound, &text, 25).is_err(), "{}", text);
        }
    }

    #[test]
    fn parsing_a_host_never_panics_and_is_stable(text in "\\PC{0,40}|[0-9a-fx.:\\[\\]%@-]{0,30}") {
        if let Ok(host) = Host::parse(&text) {
            prop_assert_eq!(Host::parse(&host.to_string()).unwrap(), host.clone());
            if let Host::Name(name) = host {
                prop_assert!(name.parse::<IpAddr>().is_err());
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)));
            }
        }
    }

    #[test]
    fn allow_list_lines_never_panic(text in "\\PC{0,30}|[0-9a-f.:/\\[\\]]{0,30}") {
        let _ = Allowed::parse(&text);
    }

    #[test]
    fn outside_global_unicast_no_ipv6_address_is_public(bits in any::<u128>()) {
        let address = Ipv6Addr::from_bits(bits);
        prop_assert!(!is_public(address.into()) || bits >> 125 == 0b001);
    }
}
