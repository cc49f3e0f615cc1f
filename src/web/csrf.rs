//! Refuses what another web page makes a browser send (T11, WEB-1).

use super::cookie;
use super::request::Head;
use crate::error::Error;

/// The form field and the header that carry the token.
pub const FIELD: &str = "_csrf";
pub const HEADER: &str = "x-csrf-token";

/// First look, on headers alone, before any body is read: an unsafe request must come from a page of ours.
///
/// `Sec-Fetch-Site` decides when the browser sends it; else `Origin` must be this host. With neither,
/// the token decides alone ([`check_token`]), as OWASP asks of a fallback.
pub fn check_origin(head: &Head) -> Result<(), Error> {
    if let Some(site) = head.header("sec-fetch-site") {
        return if matches!(site, "same-origin" | "none") { Ok(()) } else { Err(Error::Forbidden) };
    }
    match head.header("origin") {
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            if host.is_some() && host == head.header("host") { Ok(()) } else { Err(Error::Forbidden) }
        }
        None => Ok(()),
    }
}

/// Second look: the token of this cookie's holder, from the header or the form.
pub fn check_token(key: &[u8; 32], head: &Head, form_token: Option<&str>) -> Result<(), Error> {
    let sent = head.header(HEADER).or(form_token);
    match (head.cookie(), sent) {
        (Some(cookie), Some(sent)) if cookie::csrf_matches(key, cookie, sent) => Ok(()),
        _ => Err(Error::Forbidden),
    }
}
