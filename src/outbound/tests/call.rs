//! A call is counted in bytes, and ends when its time is over.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::{Mode, quiet};
use crate::clock::Stopwatch;
use crate::outbound::Outbound;
use crate::outbound::call::{Call, Counts, Patience};
use crate::outbound::policy::{NamedBy, Purpose};

const CALM: Patience = Patience { step: Duration::from_secs(10), whole: Duration::from_secs(10) };

/// Calls a server on this machine that does `work` with its one visitor.
fn call(patience: Patience, work: impl FnOnce(TcpStream) + Send + 'static) -> (Outbound, Call) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || work(listener.accept().unwrap().0));
    let outbound = quiet(Mode::Open, &[]);
    let checked = outbound.check(Purpose::Smtp, NamedBy::Operator, "127.0.0.1", port).unwrap();
    let call = checked.connect(patience).unwrap();
    (outbound, call)
}

#[test]
fn bytes_are_counted_both_ways_when_a_call_ends() {
    let (outbound, mut call) = call(CALM, |mut visitor| {
        let mut question = [0; 5];
        visitor.read_exact(&mut question).unwrap();
        visitor.write_all(b"welcome").unwrap();
    });
    call.write_all(b"hello").unwrap();
    let mut answer = String::new();
    call.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "welcome");
    assert_eq!(outbound.traffic(Purpose::Smtp), Counts::default(), "it has not ended");
    drop(call);
    assert_eq!(outbound.traffic(Purpose::Smtp), Counts { calls: 1, sent: 5, received: 7 });
    // A copy of the gate counts with the first.
    assert_eq!(outbound.clone().traffic(Purpose::Smtp).calls, 1);
}

#[test]
fn a_server_that_sends_a_byte_now_and_then_does_not_hold_us() {
    let patience = Patience { step: Duration::from_secs(10), whole: Duration::from_millis(300) };
    let (outbound, mut call) = call(patience, |mut visitor| {
        while visitor.write_all(b".").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let watch = Stopwatch::start();
    let mut heard = Vec::new();
    let error = call.read_to_end(&mut heard).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock), "{error:?}");
    assert!(watch.elapsed() < Duration::from_secs(5), "{:?}", watch.elapsed());
    assert!(heard.len() > 1, "it did send");
    // Nothing more goes out either.
    assert_eq!(call.write(b"more").unwrap_err().kind(), ErrorKind::TimedOut);
    drop(call);
    assert_eq!(outbound.traffic(Purpose::Smtp).received, heard.len() as u64);
}

#[test]
fn a_server_that_says_nothing_is_left_after_one_step() {
    let patience = Patience { step: Duration::from_millis(100), whole: Duration::from_secs(60) };
    let (_, mut call) = call(patience, |visitor| {
        std::thread::sleep(Duration::from_secs(3));
        drop(visitor);
    });
    let error = call.read(&mut [0; 10]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock), "{error:?}");
}
