//! Headers stay what they are, whatever people write (MAI-4).

use proptest::prelude::*;

use super::{mail, sender};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::mail::message::{OutgoingMail, Sender, address, build};

const WRITTEN_AT: Timestamp = Timestamp(1_795_000_000_000);

fn bytes(mail: &OutgoingMail) -> Result<String, Error> {
    build(&sender(), mail, WRITTEN_AT).map(|message| String::from_utf8(message.formatted()).unwrap())
}

/// Header names with their unfolded values.
fn headers(message: &str) -> Vec<(String, String)> {
    let (head, _) = message.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    head.split("\r\n").map(|line| line.split_once(": ").unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

#[test]
fn a_mail_carries_exactly_the_headers_it_should() {
    let mut mail = mail("ana@example.net");
    mail.message_id = "<0123456789abcdef@crm.example.org>".to_owned();
    mail.reply_to = Some("desk@example.org".to_owned());
    let headers = headers(&bytes(&mail).unwrap());
    let value = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(value("From"), Some("Holdfast <holdfast@example.org>"));
    assert_eq!(value("To"), Some("ana@example.net"));
    assert_eq!(value("Reply-To"), Some("desk@example.org"));
    assert_eq!(value("Subject"), Some("Sign in to crm.example.org"));
    assert_eq!(value("Message-ID"), Some("<0123456789abcdef@crm.example.org>"));
    assert_eq!(value("Auto-Submitted"), Some("auto-generated"));
    assert_eq!(value("Date"), Some("Wed, 18 Nov 2026 11:06:40 +0000"));
    assert_eq!(value("MIME-Version"), Some("1.0"));
    assert!(value("Content-Type").unwrap().starts_with("multipart/alternative;"));
    assert_eq!(headers.len(), 9);
}

#[test]
fn message_ids_are_at_the_domain_and_never_repeat() {
    let (one, two) = (sender().new_message_id(), sender().new_message_id());
    assert_ne!(one, two);
    assert!(one.starts_with('<') && one.ends_with("@crm.example.org>") && one.len() == 1 + 32 + 17, "{one}");
}

#[test]
fn lines_cannot_be_smuggled_into_a_header() {
    for bad in ["a\r\nBcc: eve@example.net", "a\nb", "a\rb", "a\0b", "a\u{85}b", "a\u{2028}b", "a\x0bb", "a\x1b[2Jb"] {
        let refused = |change: &dyn Fn(&mut OutgoingMail)| {
            let mut mail = mail("ana@example.net");
            change(&mut mail);
            assert!(bytes(&mail).is_err(), "{bad:?}");
        };
        refused(&|mail| mail.title = bad.to_owned());
        refused(&|mail| mail.to = format!("{bad}@example.net"));
        refused(&|mail| mail.to = format!("ana@{bad}.example.net"));
        refused(&|mail| mail.reply_to = Some(format!("{bad}@example.net")));
        refused(&|mail| mail.message_id = format!("<{bad}@example.org>"));
        assert!(Sender::new(bad, "holdfast@example.org", "example.org").is_err());
        assert!(Sender::new("Holdfast", &format!("{bad}@example.org"), "example.org").is_err());
        assert!(Sender::new("Holdfast", "holdfast@example.org", bad).is_err());
    }
}

#[test]
fn an_encoded_word_typed_by_a_person_stays_text() {
    let mut mail = mail("ana@example.net");
    mail.title = "=?utf-8?q?Your_bank?= writes".to_owned();
    let written = bytes(&mail).unwrap();
    assert!(written.contains("Subject: = ?utf-8?q?Your_bank?= writes\r\n"), "{written}");
}

#[test]
fn addresses_that_servers_read_differently_are_refused() {
    let long_local = format!("{}@example.net", "a".repeat(65));
    for bad in [
        "",
        "@",
        "ana",
        "ana@",
        "@example.net",
        "a b@example.net",
        "\"a b\"@example.net",
        "ana@example.net,eve@example.net",
        "ana@example.net eve@example.net",
        "Ana <ana@example.net>",
        "<ana@example.net>",
        "ana@[127.0.0.1]",
        "ana@127.0.0.1",
        "ana@eve@example.net",
        "ana@example..net",
        "ana;eve@example.net",
        "ana@-example.net",
        "ana:x@example.net",
        "ana(comment)@example.net",
        "ana\\@example.net",
        ".@example.net",
        long_local.as_str(),
    ] {
        assert!(address("to", bad).is_err(), "{bad:?}");
    }
    for (text, read) in [
        ("ana@example.net", "ana@example.net"),
        ("ana+crm@Example.NET", "ana+crm@example.net"),
        ("o'neil_1.x@example.net", "o'neil_1.x@example.net"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("root@localhost", "root@localhost"),
    ] {
        assert_eq!(AsRef::<str>::as_ref(&address("to", text).unwrap()), read);
    }
}

#[test]
fn international_titles_and_names_are_encoded() {
    let mut mail = mail("ana@example.net");
    mail.title = "Zoë lädt dich ein".to_owned();
    let sender = Sender::new("Käthe & Söhne, \"die\" Firma", "holdfast@example.org", "example.org").unwrap();
    let written = String::from_utf8(build(&sender, &mail, WRITTEN_AT).unwrap().formatted()).unwrap();
    assert!(written.is_ascii());
    assert!(written.contains("Subject: =?utf-8?b?"), "{written}");
    let names: Vec<String> = headers(&written).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.iter().filter(|name| *name == "From").count(), 1);
}

#[test]
fn a_lone_carriage_return_in_the_text_ends_no_line() {
    let mut mail = mail("ana@example.net");
    mail.html = None;
    mail.text = "one\r.\rtwo\r\n.\r\nthree\n.\nfour\0".to_owned();
    let written = bytes(&mail).unwrap();
    assert_eq!(written.matches('\r').count(), written.matches("\r\n").count());
    assert_eq!(written.matches('\n').count(), written.matches("\r\n").count());
    assert!(!written.contains('\0'));
}

#[test]
fn a_date_outside_the_calendar_of_mail_does_not_panic() {
    for moment in [i64::MIN, -1, 0, i64::MAX] {
        build(&sender(), &mail("ana@example.net"), Timestamp(moment)).unwrap();
    }
}

proptest! {
    /// Whatever goes into the fields, the message has the headers it should have and no other.
    #[test]
    fn mai_4_no_text_adds_a_header(
        title in "(\\PC|[\r\n\t:=?<>]){0,300}",
        to in "([a-z.<>\"\r\n @,]){1,30}@example.net|\\PC{0,40}",
        text in "(\\PC|[\r\n.]){0,200}",
    ) {
        let mut mail = mail(&to);
        mail.title = title;
        mail.text = text;
        if let Ok(written) = bytes(&mail) {
            let mut names: Vec<String> = headers(&written).into_iter().map(|(name, _)| name).collect();
            names.sort();
            prop_assert_eq!(names, ["Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"]);
            prop_assert!(written.split("\r\n").all(|line| line.len() <= 998));
            prop_assert!(!written.replace("\r\n", "").contains(['\r', '\n', '\0']));
        }
    }
}
