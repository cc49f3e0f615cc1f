//! The files the browser needs (stylesheet, script, icons, fonts), embedded in the binary.
//!
//! All of them live under one address that carries a hash over all of them: `/assets/<hash>/app.css`.
//! So relative addresses inside the stylesheet work, and everything may be cached for ever.

use std::borrow::Cow;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// The block list of passwords lives in `assets/` too, but is nothing a browser may fetch.
#[derive(rust_embed::Embed)]
#[folder = "assets/"]
#[exclude = "blocklist/*"]
struct Embedded;

/// Hash over the names and bytes of all files, computed once. A debug build reads the files from
/// the disk on every request, so there a changed file needs a reload past the browser's cache.
static BUILD: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<Cow<'static, str>> = Embedded::iter().collect();
    names.sort();
    let mut hash = Sha256::new();
    for name in names {
        let bytes = Embedded::get(&name).map(|file| file.data).unwrap_or_default();
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name.as_bytes());
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(&bytes);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..6])
});

/// The address of a file below `assets/`, such as `app.css`.
pub fn asset_url(path: &str) -> String {
    format!("/assets/{}/{path}", *BUILD)
}

/// The bytes and the media type of a file below `assets/`; `None` when there is no such file.
///
/// The hash in the address is not looked at: during an upgrade a page of the old build may still
/// ask for its files, and the new ones serve it better than none.
pub fn find(path: &str) -> Option<(Cow<'static, [u8]>, &'static str)> {
    let file = Embedded::get(path)?;
    Some((file.data, media_type(path)))
}

/// How long an answer under `hash` may be kept: for ever under the hash of this build, since the
/// address changes whenever a byte does; under any other hash it is asked for again.
pub fn cache_control(hash: &str) -> &'static str {
    if hash == *BUILD { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_with_their_media_type() {
        let (css, kind) = find("app.css").expect("the stylesheet");
        assert!(!css.is_empty());
        assert_eq!(kind, "text/css; charset=utf-8");
        assert_eq!(find("vendor/htmx.min.js").expect("htmx").1, "text/javascript; charset=utf-8");
        assert_eq!(find("fonts/geist-latin-wght-normal.woff2").expect("a font").1, "font/woff2");
    }

    #[test]
    fn nothing_else_can_be_fetched() {
        for path in ["", "nothing.css", "../Cargo.toml", "fonts/../../Cargo.toml", "/etc/hosts"] {
            assert!(find(path).is_none(), "{path}");
        }
        assert!(Embedded::iter().all(|name| !name.starts_with("blocklist/")));
    }

    #[test]
    fn addresses_carry_the_hash_of_the_build() {
        let url = asset_url("app.css");
        let hash = url.strip_prefix("/assets/").and_then(|rest| rest.strip_suffix("/app.css")).expect("the pattern");
        assert_eq!(hash.len(), 12);
        assert!(cache_control(hash).contains("immutable"));
        assert_eq!(cache_control("000000000000"), "no-cache");
    }

    /// A font or an image that the stylesheet names must exist, or pages ask for it in vain for ever.
    #[test]
    fn every_file_the_stylesheet_names_exists() {
        let (css, _) = find("app.css").expect("the stylesheet");
        let css = String::from_utf8(css.into_owned()).expect("text");
        let mut named = 0;
        for part in css.split("url(").skip(1) {
            let path = part.split(')').next().unwrap_or_default().trim_matches('"');
            assert!(find(path).is_some(), "{path}");
            named += 1;
        }
        assert!(named >= 6);
    }
}
