//! `Idempotency-Key`: the same POST with the same key happens once, however often it is sent.

use sha2::{Digest, Sha256};

use super::reply::{Body, JSON};
use super::{Reply, Request};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Error;
use crate::id::TokenId;
use crate::visitor::Visitor;

/// Answers are kept this long.
const KEPT_MS: i64 = Timestamp::DAY;
/// The longest key, in bytes.
const KEY: usize = 255;

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
    let Some(key) = request.head.header("idempotency-key") else { return request.write(work) };
    let Visitor::Token(token, _) = &request.visitor else { return request.write(work) };
    if key.is_empty() || key.len() > KEY {
        return Err(Error::BadRequest(format!("Idempotency-Key has 1 to {KEY} characters")));
    }
    let key_hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    let mut body = Sha256::new();
    body.update(request.head.method.name().as_bytes());
    body.update(request.head.path.as_bytes());
    body.update([0]);
    body.update(request.body());
    let body_hash: [u8; 32] = body.finalize().into();
    request.write(|tx| {
        if let Some(kept) = find(tx, *token, &key_hash)? {
            if kept.body_hash != body_hash {
                return Err(Error::Conflict(
                    "this Idempotency-Key was used for another request: send a new key".into(),
                ));
            }
            let reply = Reply::bytes(kept.status, JSON, kept.answer).header("Idempotent-Replayed", "true");
            return Ok(if kept.location.is_empty() { reply } else { reply.header("Location", kept.location) });
        }
        forget_old(tx)?;
        let reply = work(tx)?;
        keep(tx, *token, &key_hash, &body_hash, &reply)?;
        Ok(reply)
    })
}

fn find(tx: &Tx, token: TokenId, key_hash: &[u8]) -> Result<Option<Kept>, Error> {
    tx.row(
        "SELECT body_hash, status, location, answer FROM idempotent_answers
         WHERE token_id = :token AND key_hash = :key AND created_at > :oldest",
        &[(":token", &token), (":key", &key_hash), (":oldest", &tx.now.plus(-KEPT_MS))],
        |row| Ok(Kept { body_hash: row.get(0)?, status: row.get(1)?, location: row.get(2)?, answer: row.get(3)? }),
    )
}

fn keep(tx: &Tx, token: TokenId, key_hash: &[u8], body_hash: &[u8], reply: &Reply) -> Result<(), Error> {
    let Body::Bytes(answer) = &reply.body else { return Ok(()) };
    let location = reply.headers.iter().find(|(name, _)| *name == "Location").map_or("", |(_, value)| value.as_str());
    tx.execute(
        "INSERT INTO idempotent_answers (token_id, key_hash, body_hash, status, location, answer, created_at)
         VALUES (:token, :key, :body, :status, :location, :answer, :now)",
        &[
            (":token", &token),
            (":key", &key_hash),
            (":body", &body_hash),
            (":status", &reply.status),
            (":location", &location),
            (":answer", answer),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

/// Takes away answers older than a day: they may hold personal data.
pub fn forget_old(tx: &Tx) -> Result<(), Error> {
    tx.execute("DELETE FROM idempotent_answers WHERE created_at <= :oldest", &[(":oldest", &tx.now.plus(-KEPT_MS))])?;
    Ok(())
}
