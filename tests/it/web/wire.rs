//! What stands below a request: requests that two servers could read in two ways (LIM-4), clients that take
//! their time (LIM-1), versions of TLS (OPS-3).

use std::time::{Duration, Instant};

use crate::support::wire::{Wire, socket};
use crate::support::{Ask, Start, TestApp};
use crate::tidy::none;

/// A second request, hidden in the body of the first: it must never be answered.
const HIDDEN: &str = "GET /healthz?hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Requests whose end is a matter of opinion, or whose form is broken. `#` becomes the hidden request.
///
/// LF alone ends a line of the head, as RFC 9112 (2.2) lets a server have it; what stands behind it is a header
/// like any other and hides nothing. In a chunked body it is refused.
const DOUBTFUL: &[(&str, &str)] = &[
    ("both lengths", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n#"),
    ("both lengths, the other order", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n#"),
    ("two lengths", "Content-Length: 0\r\nContent-Length: 44\r\n\r\n#"),
    ("a list of lengths", "Content-Length: 0, 44\r\n\r\n#"),
    ("a length with a sign", "Content-Length: +0\r\n\r\n#"),
    ("a negative length", "Content-Length: -1\r\n\r\n#"),
    ("a length in hexadecimal", "Content-Length: 0x0\r\n\r\n#"),
    ("a length with a letter", "Content-Length: 0a\r\n\r\n#"),
    ("a length beyond counting", "Content-Length: 99999999999999999999999\r\n\r\n#"),
    ("an empty length", "Content-Length: \r\n\r\n#"),
    ("an unknown encoding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n#"),
    ("chunked, then something else", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n#"),
    ("two encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n#"),
    ("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n#"),
    ("a space before the colon", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n#"),
    ("a vertical tab in the encoding", "Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n#"),
    ("a folded header", "Content-Length: 0\r\nX-Folded: one\r\n two\r\n\r\n#"),
    ("a folded encoding", "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n#"),
    ("a space before the first header", " Content-Length: 44\r\n\r\n#"),
    ("a header without a colon", "Content-Length 0\r\n\r\n#"),
    ("a header without a name", ": 0\r\n\r\n#"),
    ("a space in a name", "X Odd: 1\r\nContent-Length: 0\r\n\r\n#"),
    ("a zero byte in a header", "X-Odd: a\0b\r\nContent-Length: 0\r\n\r\n#"),
    ("a bare CR in a header", "X-Odd: a\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n#"),
    ("a chunk of no size", "Transfer-Encoding: chunked\r\n\r\n\r\n\r\n#"),
    ("a chunk size with a prefix", "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n#"),
    ("a chunk size with a sign", "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n#"),
    ("a chunk size beyond counting", "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff0\r\n\r\n#"),
    ("a chunk longer than it says", "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n#"),
    ("a chunk size that ends in a bare CR", "Transfer-Encoding: chunked\r\n\r\n0\r\r\n#"),
    ("a chunk size that ends without CR", "Transfer-Encoding: chunked\r\n\r\n0\n\n#"),
    ("both lengths, parted by LF alone", "Content-Length: 6\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n#"),
    ("two lengths, parted by LF alone", "X-Odd: 1\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n#"),
    ("two hosts", "Host: evil.example\r\nContent-Length: 0\r\n\r\n#"),
];

/// Broken first lines, whole requests.
const BROKEN: &[(&str, &str)] = &[
    ("no version", "GET /healthz\r\n\r\n"),
    ("an unknown version", "GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n"),
    ("a tab for a space", "GET\t/healthz\tHTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("a method with a letter no method has", "GE(T /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("a zero byte in the path", "GET /health\0z HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("no host", "GET /healthz HTTP/1.1\r\n\r\n"),
    ("nothing but noise", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\u{fc}\r\n\r\n"),
];

/// Refused with a 4xx (or no answer at all), nothing behind it answered, and hung up.
fn fault(app: &TestApp, bytes: &[u8]) -> Option<String> {
    let mut wire = Wire::open(app);
    wire.say(bytes);
    let (heard, ended) = wire.hear(Duration::from_secs(8));
    let answers = heard.matches("HTTP/1.").count();
    let refused = heard.is_empty() || heard.starts_with("HTTP/1.1 4") || heard.starts_with("HTTP/1.0 4");
    let beginning: String = heard.chars().take(60).collect();
    (!refused || answers > 1 || !ended).then(|| format!("{answers} answers, hung up: {ended}, {beginning:?}"))
}

#[test]
fn lim_4_a_request_that_can_be_read_in_two_ways_is_refused_and_ends_the_connection() {
    let app = TestApp::start();
    let mut cases = Vec::new();
    for (name, rest) in DOUBTFUL {
        let head = "POST /sign-in HTTP/1.1\r\nHost: localhost\r\n";
        cases.push(((*name).to_owned(), format!("{head}{}", rest.replace('#', HIDDEN))));
    }
    cases.extend(BROKEN.iter().map(|(name, whole)| ((*name).to_owned(), format!("{whole}{HIDDEN}"))));
    let long = "x".repeat(1 << 20);
    cases.push(("a header of a mebibyte".into(), format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n")));
    cases.push(("an address of a mebibyte".into(), format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    let many: String = (0..5_000).map(|number| format!("X-{number}: 1\r\n")).collect();
    cases.push(("five thousand headers".into(), format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n")));
    // Each waits for the other side to hang up, so they wait together.
    let broken: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = cases
            .iter()
            .map(|(name, bytes)| {
                let app = &app;
                scope.spawn(move || fault(app, bytes.as_bytes()).map(|fault| format!("{name}: {fault}")))
            })
            .collect();
        running.into_iter().filter_map(|running| running.join().expect("no panic")).collect()
    });
    none("Requests in doubt:", &broken);
    app.stranger().get("/healthz").expect(200);
}

/// The harness itself: a good request on the same connection is answered, and a second one too.
#[test]
fn lim_4_two_good_requests_on_one_connection_are_both_answered() {
    let app = TestApp::start();
    let mut wire = Wire::open(&app);
    wire.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let (heard, ended) = wire.hear(Duration::from_secs(10));
    assert!(ended && heard.matches("HTTP/1.1 200").count() == 2, "{heard}");
}

/// Thousands of idle connections, and clients that say one byte at a time.
#[test]
fn lim_1_slow_and_idle_clients_hold_nobody_up() {
    const IDLE: usize = 5_000;
    let app = TestApp::start();
    let program = app.program_of("owner@alpha.example", "alpha");
    program.get("/api/v1/contacts").expect(200);
    let idle: Vec<_> = (0..IDLE).map(|_| socket(&app)).collect();
    let mut slow: Vec<(Wire, &str)> = Vec::new();
    for _ in 0..20 {
        slow.push((Wire::open(&app), "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "));
        slow.push((Wire::open(&app), "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"));
    }
    for (wire, head) in &mut slow {
        assert!(wire.say(head.as_bytes()));
    }
    let (mut took, begun) = (Vec::new(), Instant::now());
    while begun.elapsed() < Duration::from_secs(5) {
        for (wire, _) in &mut slow {
            wire.say("x");
        }
        for _ in 0..20 {
            let watch = Instant::now();
            program.get("/api/v1/contacts").expect(200);
            took.push(watch.elapsed());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    took.sort_unstable();
    let slowest = took[took.len() * 99 / 100];
    assert!(slowest < Duration::from_millis(500), "of {} answers one in a hundred took {slowest:?}", took.len());
    // New connections get in as well.
    let watch = Instant::now();
    Wire::open(&app).say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(watch.elapsed() < Duration::from_secs(2), "a new connection took {:?}", watch.elapsed());
    drop(idle);
    // Whoever never comes to the end of the headers is hung up on.
    let (mut wire, _) = slow.swap_remove(0);
    let (heard, ended) = wire.hear(Duration::from_secs(20));
    assert!(ended, "a client without an end of headers is kept: {heard}");
}

/// A body that stops coming is given up, and the connection with it.
#[test]
fn lim_1_a_body_that_never_comes_is_given_up() {
    let app = TestApp::start();
    let mut wire = Wire::open(&app);
    wire.say("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\nemail=");
    let (heard, ended) = wire.hear(Duration::from_secs(45));
    assert!(ended, "a client without a body is kept: {heard}");
    assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 4"), "{heard}");
}

#[test]
fn ops_3_tls_1_3_alone_unless_1_2_is_switched_on() {
    let (old, new) = (&[&rustls::version::TLS12], &[&rustls::version::TLS13]);
    let app = TestApp::start();
    assert_eq!(Wire::open_with(&app, new).map(|wire| wire.version()).as_deref(), Ok("TLSv1_3"));
    let refused = Wire::open_with(&app, old).err().expect("TLS 1.2 is not spoken");
    assert!(refused.contains("ProtocolVersion"), "{refused}");
    drop(app);
    let environment = vec![("HOLDFAST_TLS__ALLOW_1_2".to_owned(), "true".to_owned())];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    assert_eq!(Wire::open_with(&app, old).map(|wire| wire.version()).as_deref(), Ok("TLSv1_2"));
    assert_eq!(Wire::open_with(&app, new).map(|wire| wire.version()).as_deref(), Ok("TLSv1_3"));
    // Nothing is said in plain.
    let mut plain = socket(&app);
    std::io::Write::write_all(&mut plain, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is sent");
    let mut heard = Vec::new();
    plain.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    let _ = std::io::Read::read_to_end(&mut plain, &mut heard);
    assert!(!heard.starts_with(b"HTTP"), "{:?}", String::from_utf8_lossy(&heard));
}

/// The address that counts is the peer's, unless the peer is a proxy that the operator named (LIM-3).
#[test]
fn lim_3_a_forwarded_address_is_believed_from_named_proxies_only() {
    for (proxies, shown, hidden) in [("", "127.0.0.1", "198.51.100.7"), ("127.0.0.1/32", "198.51.100.7", "203.0.113.9")]
    {
        let environment = vec![("HOLDFAST_SERVER__TRUSTED_PROXIES".to_owned(), proxies.to_owned())];
        let app = TestApp::start_with(Start { environment, ..Start::default() });
        let client = app.stranger();
        client.get("/sign-in").expect(200);
        let fields: Vec<(String, String)> = [
            ("email", "owner@alpha.example"),
            ("password", crate::support::PASSWORD),
            ("next", ""),
            ("_csrf", &client.form_token()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let ask = Ask::new("POST", "/sign-in")
            .header("sec-fetch-site", "same-origin")
            .header("x-forwarded-for", "203.0.113.9, 198.51.100.7");
        client.send(ask.form(&fields)).expect(303);
        let page = client.get("/account/sessions").expect(200).text();
        assert!(page.contains(shown) && !page.contains(hidden), "with proxies {proxies:?}:\n{page}");
    }
}
