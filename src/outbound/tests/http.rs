//! Requests go where the gate agrees, are answered as they are, and cost no more than was allowed.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::error::Error;
use crate::outbound::Outbound;
use crate::outbound::call::Patience;
use crate::outbound::connect::trust;
use crate::outbound::http::{Body, Http};
use crate::outbound::policy::{NamedBy, Policy, Purpose};

const PATIENCE: Patience = Patience { step: Duration::from_millis(200), whole: Duration::from_secs(2) };

fn client(outbound: &Outbound, named_by: NamedBy) -> Http {
    Http::new(outbound, Purpose::Mirror, named_by, trust(None).unwrap(), PATIENCE)
}

/// A server that gives these answers in turn over as many connections as it takes; says what it was asked.
fn server(answers: &'static [&'static str]) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, asked) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answers = answers.iter();
        for mut stream in listener.incoming().flatten() {
            // One connection serves until the other side closes it or an answer says so.
            while let Some(request) = request(&mut stream) {
                let _ = tell.send(request);
                let Some(answer) = answers.next() else { return };
                let _ = stream.write_all(answer.as_bytes());
                if answer.contains("connection: close") {
                    break;
                }
            }
        }
    });
    (port, asked)
}

/// One request with all of its body; `None` at the end of the connection.
fn request(stream: &mut TcpStream) -> Option<String> {
    let (mut heard, mut buffer) = (String::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        heard.push_str(&String::from_utf8_lossy(&buffer[..count]));
        let (head, body) = heard.split_once("\r\n\r\n").unwrap_or((&heard, ""));
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        if heard.contains("\r\n\r\n") && body.len() >= length.unwrap_or(0) {
            return Some(heard);
        }
    }
}

#[test]
fn a_request_is_sent_once_and_its_answer_comes_as_it_is() {
    let outbound = Outbound::default();
    let (port, asked) = server(&[
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/elsewhere\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nx-word: nothing\r\ncontent-length: 5\r\nconnection: close\r\n\r\nwords",
    ]);
    let http = client(&outbound, NamedBy::Operator);
    let url = format!("http://127.0.0.1:{port}/a?b=c");
    let moved = http.send("GET", &url, &[], Body::None).unwrap();
    assert_eq!((moved.status(), moved.header("location")), (302, Some("http://127.0.0.1:1/elsewhere")));
    assert_eq!(moved.bytes(10).unwrap(), b"");
    let headers = [("x-one".to_owned(), "1".to_owned())];
    let missing = http.send("PUT", &url, &headers, Body::Bytes(b"body")).unwrap();
    assert_eq!((missing.status(), missing.header("x-word")), (404, Some("nothing")));
    assert_eq!(missing.bytes(5).unwrap(), b"words");
    let (first, second) = (asked.recv().unwrap(), asked.recv().unwrap());
    assert!(first.starts_with("GET /a?b=c HTTP/1.1\r\n") && first.contains("user-agent: holdfast"), "{first}");
    assert!(second.starts_with("PUT /a?b=c HTTP/1.1\r\n") && second.contains("x-one: 1"), "{second}");
    assert!(second.ends_with("\r\n\r\nbody"), "{second}");
    drop(http);
    let counts = outbound.traffic(Purpose::Mirror);
    assert_eq!(counts.calls, 1, "one connection carried both");
    assert!(counts.sent > 100 && counts.received > 100, "{counts:?}");
    assert_eq!(outbound.traffic(Purpose::Smtp).calls, 0);
}

#[test]
fn what_is_too_long_too_slow_or_no_http_is_an_error_and_never_a_wait() {
    let (port, _asked) = server(&[
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n123456",
        "HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\nonly this",
        "220 mail.example.org ESMTP\r\n",
    ]);
    let http = client(&Outbound::default(), NamedBy::Operator);
    let url = format!("http://127.0.0.1:{port}/");
    let words = |result: Result<Vec<u8>, Error>| match result {
        Err(Error::Unavailable(words)) => words,
        other => panic!("{other:?}"),
    };
    let ask = || http.send("GET", &url, &[], Body::None);
    assert!(words(ask().unwrap().bytes(5)).contains("longer than 5 bytes"));
    assert!(words(ask().unwrap().bytes(100)).contains("no answer came in time"));
    assert!(!words(ask().and_then(|response| response.bytes(100))).is_empty());
    // Nobody reads what was asked, and nobody listens at all.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/", silent.local_addr().unwrap().port());
    assert_eq!(words(http.send("GET", &url, &[], Body::None).map(|_| Vec::new())), "no answer came in time");
    drop(silent);
    assert!(words(http.send("GET", &url, &[], Body::None).map(|_| Vec::new())).contains("cannot be reached"));
    // A server without a certificate is not spoken to.
    let plain = url.replace("http:", "https:");
    let (port, _asked) = server(&["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]);
    let plain = plain.replace(plain.rsplit(':').next().unwrap(), &format!("{port}/"));
    let refused = words(http.send("GET", &plain, &[], Body::None).map(|_| Vec::new()));
    assert!(refused.contains("could not be encrypted to"), "{refused}");
    for wrong in ["/path", "ftp://example.org/", "http://", "http://a b/"] {
        assert!(http.send("GET", wrong, &[], Body::None).is_err(), "{wrong}");
    }
}

#[test]
fn the_gate_is_asked_before_anything_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    // A member named it: this machine itself is not for members, by whatever name.
    let http = client(&Outbound::new(Policy::default()), NamedBy::Workspace);
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}"), "0x7f.1".into()] {
        let sent = http.send("GET", &format!("http://{host}/"), &[], Body::None).map(|_| ());
        assert!(matches!(sent, Err(Error::Invalid(_) | Error::Unavailable(_))), "{host}: {sent:?}");
    }
    let heard: std::io::Result<(TcpStream, _)> = listener.accept();
    assert!(heard.is_err(), "somebody connected");
}
