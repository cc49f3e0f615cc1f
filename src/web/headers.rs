//! The security headers that every answer carries (WEB-3), and the headers that came.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderMap, HeaderName, HeaderValue};

use super::incoming;

/// No inline script or style, nothing from elsewhere, no framing. Proven on every page by the browser tests.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// For what people put in: should a browser ever show it as a page, it is one of no origin, without scripts.
pub const SANDBOX: &str = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; sandbox";

const ALWAYS: [(&str, &str); 8] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // Our own pages learn where somebody came from, to lead them back after a step-up; nobody else does.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
];

/// Adds what is missing; `no-store` unless the answer says otherwise, since pages hold people's data.
pub fn complete(headers: &mut HeaderMap) {
    let is_sandboxed = headers.get("content-security-policy").is_some_and(|value| value == SANDBOX);
    for (name, value) in ALWAYS {
        if is_sandboxed && name == "content-security-policy" {
            continue;
        }
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key("cache-control") {
        headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store"));
    }
}

/// The headers of a request, with `Host` in HTTP/2 too: there the address carries it.
pub fn of(http: &HttpRequest) -> HeaderMap {
    let mut headers = incoming::headers(http);
    let authority = http.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let (false, Some(authority)) = (headers.contains_key(HOST), authority) {
        headers.insert(HOST, authority);
    }
    headers
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// Without it every form of an older browser, which sends `Origin` alone, would look like another site's.
    #[test]
    fn web_1_the_host_is_known_in_http_2_too() {
        let host = |request: TestRequest| {
            of(&request.to_http_request()).get(HOST).map(HeaderValue::as_bytes).map(<[u8]>::to_vec)
        };
        assert_eq!(
            host(TestRequest::with_uri("https://desk.example:8443/sign-in")),
            Some(b"desk.example:8443".to_vec())
        );
        assert_eq!(
            host(TestRequest::with_uri("/sign-in").insert_header((HOST, "desk.example"))),
            Some(b"desk.example".to_vec())
        );
        assert_eq!(host(TestRequest::with_uri("/sign-in")), None);
    }
}
