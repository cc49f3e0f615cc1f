//! What a browser says of itself, in words; and a keyed hash by which it is known again.

use std::net::IpAddr;

use crate::crypto::Key;
use crate::crypto::derive::mac;
use crate::id::AccountId;

/// Tells browsers apart by the first that fits; later ones call themselves like earlier ones.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
    ("curl/", "curl"),
    ("python", "Python"),
];
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
    ("BSD", "BSD"),
];

fn first(table: &[(&'static str, &'static str)], user_agent: &str) -> Option<&'static str> {
    table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
}

/// "Firefox on Linux", "Chrome", "A browser on Windows", "An unknown program".
pub fn label(user_agent: &str) -> String {
    match (first(&BROWSERS, user_agent), first(&SYSTEMS, user_agent)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.into(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "An unknown program".into(),
    }
}

/// A phone, for the icon beside it.
pub fn is_handheld(user_agent: &str) -> bool {
    matches!(first(&SYSTEMS, user_agent), Some("iPhone" | "iPad" | "Android"))
}

/// Known again: the same account, kind of browser and network (/24 or /48). Versions change and do not count.
pub fn hash(key: &Key, account: AccountId, user_agent: &str, address: Option<IpAddr>) -> [u8; 32] {
    let network = match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(v4)) => v4.octets()[..3].to_vec(),
        Some(IpAddr::V6(v6)) => v6.octets()[..6].to_vec(),
        None => Vec::new(),
    };
    let label = label(user_agent);
    mac(
        key,
        &[
            b"holdfast/device/v1",
            &account.0.to_be_bytes(),
            &(label.len() as u64).to_be_bytes(),
            label.as_bytes(),
            &network,
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";
    const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36";
    const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36 Edg/129.0";
    const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";

    #[test]
    fn browsers_are_told_in_words() {
        for (agent, words) in [
            (FIREFOX, "Firefox on Linux"),
            (CHROME, "Chrome on Windows"),
            (EDGE, "Edge on Windows"),
            (PHONE, "Safari on iPhone"),
            ("curl/8.5.0", "curl"),
            ("", "An unknown program"),
        ] {
            assert_eq!(label(agent), words);
        }
        assert!(is_handheld(PHONE) && !is_handheld(FIREFOX));
    }

    #[test]
    fn a_newer_version_is_the_same_browser_and_another_network_is_not() {
        let key = crate::crypto::random_key();
        let at = |text: &str| text.parse().ok();
        let known = hash(&key, AccountId(1), FIREFOX, at("192.0.2.7"));
        assert_eq!(known, hash(&key, AccountId(1), &FIREFOX.replace("131", "140"), at("192.0.2.200")));
        assert_ne!(known, hash(&key, AccountId(1), FIREFOX, at("192.0.3.7")));
        assert_ne!(known, hash(&key, AccountId(1), CHROME, at("192.0.2.7")));
        assert_ne!(known, hash(&key, AccountId(2), FIREFOX, at("192.0.2.7")));
    }
}
