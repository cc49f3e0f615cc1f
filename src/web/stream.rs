//! A body of any size, sent while it is written.

use actix_web::web;
use tokio::sync::mpsc;

use super::BodyWriter;
use crate::error::Error;

/// Runs the writer on a thread of its own; a failure breaks the connection off, so that half a file is never taken for a whole.
pub fn stream(write: BodyWriter) -> impl futures_util::Stream<Item = Result<web::Bytes, std::io::Error>> {
    let (send, mut receive) = mpsc::channel::<Result<web::Bytes, std::io::Error>>(8);
    tokio::task::spawn_blocking(move || {
        let mut out = ChunkWriter { send: send.clone(), buffer: Vec::with_capacity(CHUNK) };
        let result = write(&mut out).and_then(|()| std::io::Write::flush(&mut out).map_err(Error::from));
        if let Err(error) = result {
            tracing::error!(%error, "a download broke off");
            let _ = send.blocking_send(Err(std::io::Error::other("broken off")));
        }
    });
    futures_util::stream::poll_fn(move |cx| receive.poll_recv(cx))
}

const CHUNK: usize = 64 * 1024;

struct ChunkWriter {
    send: mpsc::Sender<Result<web::Bytes, std::io::Error>>,
    buffer: Vec<u8>,
}

impl std::io::Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        self.send
            .blocking_send(Ok(chunk.into()))
            .map_err(|_| std::io::Error::new(std::io::ErrorKind::BrokenPipe, "the client went away"))
    }
}
