//! What is said to a server, and what its answers mean.

use zeroize::Zeroizing;

use super::sink::{Manners, Sink};
use super::{mail, outbound, sender};
use crate::clock::Timestamp;
use crate::mail::SendError;
use crate::mail::message::build;
use crate::mail::smtp::{Encryption, SmtpTarget, probe, send};
use crate::outbound::policy::{NamedBy, Purpose};

fn send_to(target: &SmtpTarget) -> Result<(), SendError> {
    send(&outbound(), target, &build(&sender(), &mail("ana@example.net"), Timestamp(0)).unwrap())
}

fn unreachable(result: Result<(), SendError>) -> String {
    match result {
        Err(SendError::Unreachable(words)) => words,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mail_arrives_over_starttls_and_over_implicit_tls() {
    for encryption in [Encryption::StartTls, Encryption::Implicit] {
        let sink = Sink::start(Manners { encryption, ..Manners::default() });
        send_to(&sink.target(encryption)).unwrap();
        let heard = sink.heard();
        assert!(heard.contains(&"EHLO crm.example.org".to_owned()));
        assert!(heard.iter().any(|line| line.starts_with("MAIL FROM:<holdfast@example.org>")));
        assert!(heard.contains(&"RCPT TO:<ana@example.net>".to_owned()));
        assert!(sink.messages()[0].contains("Subject: Sign in to crm.example.org\r\n"));
    }
}

#[test]
fn a_mail_is_counted_in_bytes_with_its_encryption() {
    for encryption in [Encryption::StartTls, Encryption::Implicit] {
        let sink = Sink::start(Manners { encryption, ..Manners::default() });
        let (outbound, message) = (outbound(), build(&sender(), &mail("ana@example.net"), Timestamp(0)).unwrap());
        send(&outbound, &sink.target(encryption), &message).unwrap();
        let counts = outbound.traffic(Purpose::Smtp);
        assert_eq!(counts.calls, 1);
        assert!(counts.sent > message.formatted().len() as u64, "{counts:?}");
        // At least a certificate and the greeting came back.
        assert!(counts.received > 500, "{counts:?}");
    }
}

#[test]
fn p_054_a_server_without_tls_hears_nothing_but_hello() {
    let sink = Sink::start(Manners { offers_starttls: false, ..Manners::default() });
    let mut target = sink.target(Encryption::StartTls);
    target.credentials = Some(("crm".to_owned(), Zeroizing::new("secret".to_owned())));
    unreachable(send_to(&target));
    let heard = sink.heard();
    assert!(heard.iter().all(|line| line.starts_with("EHLO") || line == "QUIT"), "{heard:?}");
}

/// What stands behind the answer to STARTTLS was said in the open, by anybody: it must not count as said by
/// the server under encryption, or every later answer would be taken for the one before.
#[test]
fn p_054_answers_injected_before_encryption_are_never_heard() {
    let whole = "250-evil.example\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 taken\r\n221 bye\r\n";
    for injected in [whole, "250 evil.example\r\n", "2", "\r\n"] {
        let sink = Sink::start(Manners { injected, ..Manners::default() });
        let mut target = sink.target(Encryption::StartTls);
        target.credentials = Some(("crm".to_owned(), Zeroizing::new("secret".to_owned())));
        unreachable(send_to(&target));
        let heard = sink.heard();
        assert_eq!(heard, ["EHLO crm.example.org", "STARTTLS"], "after {injected:?}");
    }
}

#[test]
fn an_answer_without_end_is_not_waited_for() {
    let long: &'static str = Box::leak("250-x\r\n".repeat(20_000).into_boxed_str());
    let line: &'static str = Box::leak(format!("250 {}", "x".repeat(5_000)).into_boxed_str());
    for answer in [long, line, "25", "no code at all", "250-open\r\n251 other code"] {
        let sink = Sink::start(Manners { answers: vec![("MAIL", answer)], ..Manners::default() });
        let result = send_to(&sink.target(Encryption::StartTls));
        assert!(matches!(result, Err(SendError::Temporary(_))), "{:.40}: {result:?}", answer);
        assert!(sink.messages().is_empty());
    }
}

#[test]
fn without_tls_a_mail_goes_only_when_that_was_asked_for() {
    let sink = Sink::start(Manners { encryption: Encryption::Plain, offers_starttls: false, ..Manners::default() });
    send_to(&sink.target(Encryption::Plain)).unwrap();
    assert_eq!(sink.messages().len(), 1);
}

#[test]
fn a_certificate_nobody_vouches_for_or_with_another_name_is_refused() {
    for encryption in [Encryption::StartTls, Encryption::Implicit] {
        let stranger = Sink::start(Manners { encryption, ..Manners::default() });
        let mut target = stranger.target(encryption);
        target.ca_file = None;
        assert!(unreachable(send_to(&target)).contains("certificate"));
        let other = Sink::start(Manners { encryption, certified_name: "other.example.org", ..Manners::default() });
        assert!(unreachable(send_to(&other.target(encryption))).contains("certificate"));
        assert!(stranger.messages().is_empty() && other.messages().is_empty());
    }
}

#[test]
fn both_versions_of_tls_that_are_good_enough_work() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let versions: &'static [_] = Box::leak(Box::new([version]));
        let sink = Sink::start(Manners { versions, ..Manners::default() });
        probe(&outbound(), &sink.target(Encryption::StartTls)).unwrap();
    }
}

#[test]
fn a_ca_file_that_holds_no_certificate_says_so() {
    let sink = Sink::start(Manners::default());
    let mut target = sink.target(Encryption::StartTls);
    std::fs::write(&sink.ca_file, "nothing").unwrap();
    assert!(unreachable(send_to(&target)).contains("there is no certificate in it"));
    target.ca_file = Some("/nowhere/ca.pem".into());
    assert!(unreachable(send_to(&target)).contains("/nowhere/ca.pem"));
}

#[test]
fn the_password_is_sent_after_encryption_only() {
    let sink = Sink::start(Manners::default());
    let mut target = sink.target(Encryption::StartTls);
    target.credentials = Some(("crm".to_owned(), Zeroizing::new("secret".to_owned())));
    send_to(&target).unwrap();
    let heard = sink.heard();
    let at = |begin: &str| heard.iter().position(|line| line.starts_with(begin)).unwrap();
    assert!(at("STARTTLS") < at("AUTH PLAIN"));
    assert!(!format!("{target:?}").contains("secret"));
}

#[test]
fn answers_are_sorted_into_never_and_later() {
    let cases = [
        ("RCPT", "550 5.1.1 <ana@example.net> unknown", Some(true)),
        ("RCPT", "451 4.7.1 greylisted, come back", Some(false)),
        ("RCPT", "530 5.7.0 sign in first", Some(false)),
        ("MAIL", "552 5.3.4 too large", Some(true)),
        (".", "554 5.7.1 looks like spam", Some(true)),
        (".", "452 4.3.1 disk full", Some(false)),
        (".", "hang up", Some(false)),
        ("AUTH", "535 5.7.8 wrong password", None),
        ("AUTH", "454 4.7.0 later", None),
        ("EHLO", "550 go away", None),
    ];
    for (command, answer, permanent) in cases {
        let sink = Sink::start(Manners { answers: vec![(command, answer)], ..Manners::default() });
        let mut target = sink.target(Encryption::StartTls);
        target.credentials = Some(("crm".to_owned(), Zeroizing::new("secret".to_owned())));
        let error = send_to(&target).unwrap_err();
        match permanent {
            Some(true) => assert!(matches!(error, SendError::Permanent(_)), "{answer}: {error:?}"),
            Some(false) => assert!(matches!(error, SendError::Temporary(_)), "{answer}: {error:?}"),
            None => assert!(matches!(error, SendError::Unreachable(_)), "{answer}: {error:?}"),
        }
        if answer != "hang up" {
            assert!(error.words().contains(&answer[4..]), "the server's own words: {error:?}");
            assert!(error.words().contains(&answer[..3]));
        }
    }
}

#[test]
fn a_member_cannot_point_mail_at_this_machine() {
    let sink = Sink::start(Manners::default());
    for host in ["localhost", "127.0.0.1", "::1"] {
        let mut target = sink.target(Encryption::StartTls);
        target.host = host.to_owned();
        target.named_by = NamedBy::Workspace;
        unreachable(send_to(&target));
        target.port = 25;
        unreachable(send_to(&target));
    }
    assert!(sink.heard().is_empty());
}

#[test]
fn a_closed_port_and_a_bad_hello_name_are_unreachable() {
    let sink = Sink::start(Manners::default());
    let mut target = sink.target(Encryption::StartTls);
    target.hello_name = "crm\r\nMAIL FROM:<eve@example.net>".to_owned();
    unreachable(send_to(&target));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    target = sink.target(Encryption::StartTls);
    target.port = free;
    unreachable(send_to(&target));
    assert!(sink.heard().is_empty());
}
