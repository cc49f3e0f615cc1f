//! A request as it comes in: its body bounded in size and in patience with whoever sends it (LIM-1, LIM-2), its
//! headers kept no longer than it lasts (KEY-7).

use std::io::ErrorKind;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::HeaderMap;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::{Stream, StreamExt, stream};

use crate::error::Error;

/// A sender who has said nothing for so long has gone away, or means to keep us waiting.
const PATIENCE: Duration = Duration::from_secs(30);

/// The headers of one request.
struct Headers(HeaderMap);

/// Takes the headers out of actix's own record of a request and hangs them on the request itself.
///
/// actix keeps that record for a later request, and with its headers the whole buffer they came in: cookies,
/// tokens, the password in the body behind them. What hangs on the request goes with it.
pub fn detach_headers(request: &mut ServiceRequest) {
    let headers = std::mem::take(request.headers_mut());
    request.extensions_mut().insert(Headers(headers));
}

/// The headers that [`detach_headers`] has hung on the request.
pub fn headers(request: &HttpRequest) -> HeaderMap {
    request.extensions().get::<Headers>().map_or_else(|| request.headers().clone(), |detached| detached.0.clone())
}

/// The pieces of a body; an error instead of the next one when it does not come in time.
pub type Incoming = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

/// The body, with [`PATIENCE`].
pub fn patient(payload: Payload) -> Incoming {
    let pieces = stream::unfold(payload, |mut payload| async move {
        let next = tokio::time::timeout(PATIENCE, payload.next()).await;
        let piece = next.unwrap_or_else(|_| Some(Err(PayloadError::Io(ErrorKind::TimedOut.into()))))?;
        Some((piece, payload))
    });
    // Readers of multipart ask again after the end.
    Box::pin(pieces.fuse())
}

/// The whole body, when it has at most `limit` bytes.
pub async fn read(payload: Payload, limit: usize) -> Result<Vec<u8>, Error> {
    let mut pieces = patient(payload);
    let mut body = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| Error::BadRequest(format!("the request broke off: {error}")))?;
        if body.len() + piece.len() > limit {
            return Err(Error::TooLarge(limit as u64));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
