//! The queue over time: retries, crashes, giving up, forgetting.

use std::path::PathBuf;

use super::sink::{Manners, Sink};
use super::{outbound, sender};
use crate::clock::{Clock, Timestamp};
use crate::db::{Actor, DbFile, Origin, open_control};
use crate::error::Error;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::smtp::Encryption;
use crate::mail::templates::{AccountChanged, Content, SignInLink, Until};
use crate::mail::{Delivery, Entry, Mailer, State, store};
use crate::privacy::retention;

const LINK: &str = "https://crm.example.org/sign-in/abcdef";

struct Post {
    control: DbFile,
    folder: PathBuf,
    mailer: Mailer,
}

impl Post {
    fn with(delivery: Delivery) -> Post {
        let name = data_encoding::HEXLOWER.encode(&crate::crypto::random::<8>());
        let folder = std::env::temp_dir().join(format!("holdfast-mail-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        let key = zeroize::Zeroizing::new(format!("x'{}'", "cd".repeat(32)));
        let control = open_control(&folder.join("control.db"), key).unwrap();
        Post { control, folder, mailer: Mailer { sender: sender(), delivery, outbound: outbound() } }
    }

    fn to(sink: &Sink) -> Post {
        Post::with(Delivery::Smtp(sink.target(Encryption::StartTls)))
    }

    fn add(&self, content: &Content, now: Timestamp) -> Result<i64, Error> {
        let recipient = Recipient { address: "ana@example.net", whom: Whom::Guest, workspace: None };
        self.control.write_unaudited(now, &origin(), |tx| queue::add(tx, &self.mailer, recipient, content))
    }

    fn deliver(&self) -> queue::Delivered {
        queue::deliver_due(&self.control, &self.mailer, Clock, &origin()).unwrap()
    }

    /// Lets the rules run; says how many rows they changed.
    fn discard(&self, now: Timestamp) -> i64 {
        let run = retention::Run {
            modules: crate::modules::MODULES,
            file: &self.control,
            workspace: None,
            now,
            origin: origin(),
            is_stopping: &|| false,
            tell: &|_| Ok(()),
        };
        run.work().unwrap().acted
    }

    fn entry(&self, id: i64) -> Option<Entry> {
        let entries = self.control.read(Clock.now(), |db| queue::list(db, 100)).unwrap();
        entries.into_iter().find(|entry| entry.id == id)
    }

    fn words(&self, id: i64) -> Option<String> {
        let sql = "SELECT body_text FROM outgoing_mail WHERE id = :id";
        self.control.read(Clock.now(), |db| db.value::<Option<String>>(sql, &[(":id", &id)])).unwrap().flatten()
    }

    fn set(&self, sql: &str) {
        self.control.write_unaudited(Clock.now(), &origin(), |tx| tx.execute(sql, &[])).unwrap();
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn origin() -> Origin {
    Origin::local(Actor::Job("mail.outgoing.deliver"))
}

fn link() -> Content {
    SignInLink { site: "crm.example.org", link: LINK, until: Until::utc(Timestamp(0)) }.content().unwrap()
}

fn notice() -> Content {
    let at = Until::utc(Timestamp(0));
    AccountChanged { site: "crm.example.org", change: "Your password was changed.", at, contact: "desk@example.org" }
        .content()
        .unwrap()
}

#[test]
fn a_queued_mail_is_sent_once_and_its_words_go_at_once() {
    let sink = Sink::start(Manners::default());
    let post = Post::to(&sink);
    let id = post.add(&link(), Clock.now()).unwrap();
    assert_eq!(post.deliver().sent, 1);
    assert_eq!(post.deliver().sent, 0);
    let entry = post.entry(id).unwrap();
    assert_eq!((entry.state, entry.attempts, post.words(id)), (State::Sent, 1, None));
    assert!(entry.sent_at.is_some());
    assert_eq!(sink.messages().len(), 1);
}

#[test]
fn a_rolled_back_change_mails_nobody() {
    let sink = Sink::start(Manners::default());
    let post = Post::to(&sink);
    let recipient = Recipient { address: "ana@example.net", whom: Whom::Guest, workspace: None };
    let failed = post.control.write_unaudited(Clock.now(), &origin(), |tx| {
        queue::add(tx, &post.mailer, recipient, &link())?;
        Err::<(), Error>(Error::Forbidden)
    });
    assert!(failed.is_err());
    assert_eq!(post.deliver(), queue::Delivered::default());
    let bad = Recipient { address: "ana@example.net\r\nRCPT TO:<eve@example.net>", ..recipient };
    let refused = post.control.write_unaudited(Clock.now(), &origin(), |tx| queue::add(tx, &post.mailer, bad, &link()));
    assert!(matches!(refused, Err(Error::Invalid(_))));
}

#[test]
fn a_busy_server_is_asked_again_later_and_later_until_a_day_has_passed() {
    let sink = Sink::start(Manners { answers: vec![("RCPT", "451 later")], ..Manners::default() });
    let post = Post::to(&sink);
    let id = post.add(&notice(), Clock.now()).unwrap();
    for minutes in [1, 5, 15, 60, 240, 240] {
        post.set("UPDATE outgoing_mail SET next_attempt_at = 0");
        let before = Clock.now();
        assert_eq!(post.deliver().put_back, 1);
        let entry = post.entry(id).unwrap();
        let wait = entry.next_attempt_at.unwrap().since(before);
        assert_eq!(entry.state, State::Queued);
        assert!((minutes * Timestamp::MINUTE..(minutes + 1) * Timestamp::MINUTE).contains(&wait), "{minutes}: {wait}");
        assert!(entry.last_error.contains("451 later"));
        assert_eq!(post.deliver(), queue::Delivered::default(), "not before its time");
    }
    post.set("UPDATE outgoing_mail SET next_attempt_at = 0, give_up_at = 1");
    assert_eq!(post.deliver().failed, 1);
    assert_eq!(post.entry(id).unwrap().state, State::Failed);
    let retried = post.control.write_unaudited(Clock.now(), &origin(), |tx| queue::retry(tx, id));
    assert!(retried.is_ok());
    assert_eq!(post.entry(id).unwrap().state, State::Queued);
}

#[test]
fn a_refused_mail_is_given_up_at_once_and_says_why() {
    let sink = Sink::start(Manners { answers: vec![("RCPT", "550 no such user")], ..Manners::default() });
    let post = Post::to(&sink);
    let id = post.add(&notice(), Clock.now()).unwrap();
    assert_eq!(post.deliver().failed, 1);
    let entry = post.entry(id).unwrap();
    assert_eq!(entry.state, State::Failed);
    assert!(entry.last_error.contains("550 no such user"));
    let backlog = post.control.read(Clock.now(), queue::backlog).unwrap();
    assert_eq!((backlog.waiting, backlog.oldest_waiting, backlog.failed), (0, None, 1));
}

#[test]
fn when_the_server_is_gone_the_rest_of_the_queue_waits_untouched() {
    let sink = Sink::start(Manners { answers: vec![("EHLO", "421 closing")], ..Manners::default() });
    let post = Post::to(&sink);
    let first = post.add(&notice(), Clock.now()).unwrap();
    let second = post.add(&notice(), Clock.now()).unwrap();
    assert_eq!(post.deliver(), queue::Delivered { sent: 0, put_back: 1, failed: 0 });
    assert_eq!(post.entry(first).unwrap().attempts, 1);
    assert_eq!(post.entry(second).unwrap().attempts, 0);
}

/// A process that dies after taking a mail: nobody else takes it before the lease ends, then it goes out
/// under the Message-ID it always had.
#[test]
fn mai_6_a_crash_while_sending_repeats_the_same_message_id() {
    let sink = Sink::start(Manners { answers: vec![(".", "hang up")], ..Manners::default() });
    let post = Post::to(&sink);
    let id = post.add(&notice(), Clock.now()).unwrap();
    let take = |now: Timestamp| {
        let lease_end = now.plus(Timestamp::MINUTE);
        post.control.write_unaudited(now, &origin(), |tx| store::take_due(tx, lease_end)).unwrap()
    };
    let now = Clock.now();
    let first = take(now).unwrap();
    assert!(take(now.plus(Timestamp::SECOND)).is_none());
    assert_eq!(post.entry(id).unwrap().state, State::Sending);
    let again = take(now.plus(Timestamp::MINUTE)).unwrap();
    assert_eq!((first.id, &first.mail.message_id), (again.id, &again.mail.message_id));
    assert_eq!(again.attempts, 2);

    // The same when the server hangs up after the last byte: it may have the mail.
    post.set("UPDATE outgoing_mail SET next_attempt_at = 0");
    assert_eq!(post.deliver().put_back, 1);
    let copy = sink.messages().remove(0);
    assert!(copy.contains(&format!("Message-ID: {}\r\n", first.mail.message_id)));
}

#[test]
fn without_a_server_mail_is_kept_for_the_console() {
    let post = Post::with(Delivery::Kept);
    let id = post.add(&link(), Clock.now()).unwrap();
    assert_eq!(post.entry(id).unwrap().state, State::Kept);
    assert_eq!(post.deliver(), queue::Delivered::default());
    let text = post.control.read(Clock.now(), |db| queue::kept_text(db, id)).unwrap();
    assert!(text.contains(LINK));
}

#[test]
fn the_console_shows_no_words_of_mail_that_goes_by_a_server() {
    let sink = Sink::start(Manners { answers: vec![("RCPT", "451 later")], ..Manners::default() });
    let mut post = Post::to(&sink);
    let id = post.add(&link(), Clock.now()).unwrap();
    let read = |post: &Post| post.control.read(Clock.now(), |db| queue::kept_text(db, id));
    assert!(matches!(read(&post), Err(Error::NotFound("mail"))));
    assert!(!format!("{:?}", post.entry(id)).contains(LINK));
    // Taking the server away turns what waits into kept mail: it would otherwise reach nobody.
    post.mailer.delivery = Delivery::Kept;
    post.deliver();
    assert!(read(&post).unwrap().contains(LINK));
}

#[test]
fn a_folder_gets_one_private_file_for_each_mail() {
    use std::os::unix::fs::PermissionsExt;
    let mut post = Post::with(Delivery::Kept);
    let folder = post.folder.join("out");
    std::fs::create_dir(&folder).unwrap();
    post.mailer.delivery = Delivery::Folder(folder.clone());
    let id = post.add(&link(), Clock.now()).unwrap();
    assert_eq!(post.deliver().sent, 1);
    assert_eq!((post.entry(id).unwrap().state, post.words(id)), (State::Sent, None));
    let files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].extension().unwrap(), "eml");
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&files[0]).unwrap().contains("To: ana@example.net\r\n"));

    post.mailer.delivery = Delivery::Folder(post.folder.join("missing"));
    post.add(&notice(), Clock.now()).unwrap();
    assert_eq!(post.deliver().put_back, 1);
}

#[test]
fn words_go_after_a_day_or_a_month_then_the_address_then_the_row() {
    let post = Post::with(Delivery::Kept);
    let (secret, plain) = (post.add(&link(), Timestamp(0)).unwrap(), post.add(&notice(), Timestamp(0)).unwrap());
    let day = |days: i64| Timestamp(days * Timestamp::DAY);
    post.discard(day(1).plus(-1));
    assert!(post.words(secret).is_some());
    assert_eq!(post.discard(day(1)), 1);
    assert!(post.words(secret).is_none() && post.words(plain).is_some());
    post.discard(day(30));
    assert!(post.words(plain).is_none());
    for id in [secret, plain] {
        let entry = post.entry(id).unwrap();
        assert_eq!((entry.recipient, entry.title, entry.state), (None, None, State::Kept));
    }
    post.discard(day(365).plus(-1));
    assert!(post.entry(secret).is_some() && post.entry(plain).is_some());
    post.discard(day(365));
    assert_eq!((post.entry(secret), post.entry(plain)), (None, None));
}

#[test]
fn a_link_that_could_not_be_sent_in_a_day_fails_and_is_forgotten() {
    let sink = Sink::start(Manners::default());
    let post = Post::to(&sink);
    let id = post.add(&link(), Timestamp(0)).unwrap();
    post.discard(Timestamp(Timestamp::DAY));
    assert_eq!((post.entry(id).unwrap().state, post.words(id)), (State::Failed, None));
    assert_eq!(post.deliver(), queue::Delivered::default());
    let retried = post.control.write_unaudited(Clock.now(), &origin(), |tx| queue::retry(tx, id));
    assert!(matches!(retried, Err(Error::Conflict(_))));
}
