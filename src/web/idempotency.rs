//! `Idempotency-Key`: the same POST with the same key happens once, however often it is sent.

use sha2::{Digest, Sha256};

use super::reply::{Body, JSON};
use super::{Reply, Request};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::visitor::Visitor;

/// Answers are kept this long.
const KEPT_MS: i64 = Timestamp::DAY;
/// The longest key, in bytes.
pub const LONGEST_KEY: usize = 255;

/// What was answered before.
struct Kept {
    body_hash: Vec<u8>,
    status: u16,
    location: String,
    answer: Vec<u8>,
}

/// Changes the workspace as [`Request::write`] does, once for each key.
///
/// The answer is kept in the transaction of the change: after a crash either both are there or neither
/// is. The same key with another body or path is a [`Error::Conflict`]. A failed request keeps nothing,
/// so it can be tried again with the same key.
pub fn write(request: &Request, work: impl FnOnce(&Tx) -> Result<Reply, Error>) -> Result<Reply, Error> {
    request.write(|tx| within(request, tx, || work(tx)))
}

/// Like [`write`], for what leaves no audit entry: work that is asked of a job.
pub fn write_unaudited(request: &Request, work: impl FnOnce(&Tx) -> Result<Reply, Error>) -> Result<Reply, Error> {
    let file = &request.member()?.workspace.file;
    file.write_unaudited(request.now(), &request.origin(), |tx| within(request, tx, || work(tx)))
}

/// Like [`write`], and also in a workspace that is being closed: for what changes no record, such as an export.
pub fn write_while_closing(request: &Request, work: impl FnOnce(&Tx) -> Result<Reply, Error>) -> Result<Reply, Error> {
    let file = &request.member()?.workspace.file;
    file.write(request.now(), &request.origin(), |tx| within(request, tx, || work(tx)))
}

/// Changes `control.db` as [`Request::write_control`] does, once for each key.
///
/// The answer lies with the others in the workspace's file, so that one key means one thing. These are two
/// files: a crash between their commits forgets the answer, and the same request is judged anew.
pub fn write_control(request: &Request, work: impl FnOnce(&Tx) -> Result<Reply, Error>) -> Result<Reply, Error> {
    if Asked::of_member(request)?.is_none() {
        return request.write_control(work);
    }
    let file = &request.member()?.workspace.file;
    let origin = request.origin();
    file.write_unaudited(request.now(), &origin, |tx| within(request, tx, || request.write_control(work)))
}

/// The answer of before, or that of `work`, which is kept. `tx` changes the file of the request's workspace.
pub fn within(request: &Request, tx: &Tx, work: impl FnOnce() -> Result<Reply, Error>) -> Result<Reply, Error> {
    let Some(asked) = Asked::of_member(request)? else { return work() };
    if let Some(reply) = asked.answered(tx)? {
        return Ok(reply);
    }
    forget_old(tx)?;
    let reply = work()?;
    asked.keep(tx, &reply)?;
    Ok(reply)
}

/// Does what a program of the operator asks for, once for each key.
///
/// Such work is more than one transaction, so its answer is kept after it: when the process dies in
/// between, the same request is judged anew by what it finds. What it asks for must bear that.
pub fn once(request: &Request, work: impl FnOnce() -> Result<Reply, Error>) -> Result<Reply, Error> {
    let Visitor::OperatorProgram(token, _) = &request.visitor else { return work() };
    let Some(asked) = Asked::read(request, token.0)? else { return work() };
    if let Some(reply) = request.read_control(|db| asked.answered(db))? {
        return Ok(reply);
    }
    let reply = work()?;
    let kept = request.app.control.write_unaudited(request.now(), &request.origin(), |tx| {
        forget_old(tx)?;
        asked.keep(tx, &reply)
    });
    match kept {
        // What was asked for is done: a disk that filled up since must not make it look undone.
        Ok(()) | Err(Error::DiskFull) => Ok(reply),
        Err(error) => Err(error),
    }
}

/// A request with a key: whose it is, and what it asks for.
struct Asked {
    token: i64,
    key_hash: [u8; 32],
    body_hash: [u8; 32],
}

impl Asked {
    /// Of a program of a member; `None` without a key, and for people.
    fn of_member(request: &Request) -> Result<Option<Asked>, Error> {
        match &request.visitor {
            Visitor::Token(token, _) => Asked::read(request, token.0),
            _ => Ok(None),
        }
    }

    /// `None` without a key.
    fn read(request: &Request, token: i64) -> Result<Option<Asked>, Error> {
        if !request.head.headers.contains_key("idempotency-key") {
            return Ok(None);
        }
        // Doubled, or no text: whoever sent it relies on a key that we did not understand.
        let key = request.head.header("idempotency-key").filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
        let key =
            key.ok_or_else(|| Error::BadRequest(format!("send one Idempotency-Key of 1 to {LONGEST_KEY} characters")))?;
        let mut body = Sha256::new();
        body.update(request.head.method.name().as_bytes());
        body.update(request.head.path.as_bytes());
        body.update([0]);
        body.update(request.body());
        for upload in request.uploads() {
            body.update([0]);
            body.update(upload.file_name.as_bytes());
            body.update(upload.blob.sha256);
        }
        Ok(Some(Asked { token, key_hash: Sha256::digest(key.as_bytes()).into(), body_hash: body.finalize().into() }))
    }

    /// What the same request was answered before.
    fn answered(&self, db: &Db) -> Result<Option<Reply>, Error> {
        let Some(kept) = self.find(db)? else { return Ok(None) };
        if kept.body_hash != self.body_hash {
            return Err(Error::Conflict("this Idempotency-Key was used for another request: send a new key".into()));
        }
        // What had no body has none again.
        let reply = match kept.answer.is_empty() {
            true => Reply::nothing().status(kept.status),
            false => Reply::bytes(kept.status, JSON, kept.answer),
        };
        let reply = reply.header("Idempotent-Replayed", "true");
        Ok(Some(if kept.location.is_empty() { reply } else { reply.header("Location", kept.location) }))
    }

    fn find(&self, db: &Db) -> Result<Option<Kept>, Error> {
        db.row(
            "SELECT body_hash, status, location, answer FROM idempotent_answers
             WHERE token_id = :token AND key_hash = :key AND created_at > :oldest",
            &[(":token", &self.token), (":key", &self.key_hash), (":oldest", &db.now.plus(-KEPT_MS))],
            |row| Ok(Kept { body_hash: row.get(0)?, status: row.get(1)?, location: row.get(2)?, answer: row.get(3)? }),
        )
    }

    fn keep(&self, tx: &Tx, reply: &Reply) -> Result<(), Error> {
        let answer: &[u8] = match &reply.body {
            Body::Bytes(answer) => answer,
            Body::Empty => &[],
            Body::Stream(_) | Body::Sized(..) => return Err(Error::internal("a download cannot be kept as an answer")),
        };
        let location =
            reply.headers.iter().find(|(name, _)| *name == "Location").map_or("", |(_, value)| value.as_str());
        // Of two at the same time the first answer stays.
        tx.execute(
            "INSERT INTO idempotent_answers (token_id, key_hash, body_hash, status, location, answer, created_at)
             VALUES (:token, :key, :body, :status, :location, :answer, :now) ON CONFLICT DO NOTHING",
            &[
                (":token", &self.token),
                (":key", &self.key_hash),
                (":body", &self.body_hash),
                (":status", &reply.status),
                (":location", &location),
                (":answer", &answer),
                (":now", &tx.now),
            ],
        )?;
        Ok(())
    }
}

/// Takes away answers older than a day: they may hold personal data.
pub fn forget_old(tx: &Tx) -> Result<(), Error> {
    tx.execute("DELETE FROM idempotent_answers WHERE created_at <= :oldest", &[(":oldest", &tx.now.plus(-KEPT_MS))])?;
    Ok(())
}

/// After an import: programs of another installation do not ask here.
pub fn arrived(tx: &Tx) -> Result<(), Error> {
    tx.execute("DELETE FROM idempotent_answers", &[]).map(drop)
}
