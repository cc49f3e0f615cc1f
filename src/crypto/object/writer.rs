//! Writes a sealed file as a stream.

use std::io::{self, Write};

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

use super::header::{HEADER_BYTES, Header, Kind};
use super::{CHUNK, SEALED_CHUNK, chunk_nonce, file_key};
use crate::crypto::{Key, aead, random};
use crate::id::WorkspaceId;

/// Seals what is written to it, chunk by chunk.
///
/// Only [`Writer::finish`] makes the file whole; one that was merely dropped is refused by every reader.
pub struct Writer<W: Write> {
    out: W,
    cipher: Aes256Gcm,
    header: [u8; HEADER_BYTES],
    /// Plaintext of the chunk being filled. A full one waits until it is known whether it is the last.
    chunk: Zeroizing<Vec<u8>>,
    index: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the header. The nonce in it is new each time, so one parent key may seal any number of files.
    pub fn new(
        out: W,
        key: &Key,
        kind: Kind,
        workspace: WorkspaceId,
        object: [u8; 16],
        key_version: u32,
    ) -> io::Result<Writer<W>> {
        Writer::with_header(out, key, &Header { kind, workspace, object, key_version, nonce: random() })
    }

    /// For the frozen vectors. Two files under one header and key would repeat every nonce.
    pub(super) fn with_header(mut out: W, key: &Key, header: &Header) -> io::Result<Writer<W>> {
        let header = header.bytes();
        out.write_all(&header)?;
        Ok(Writer {
            out,
            cipher: aead::cipher(&file_key(key, &header)),
            header,
            chunk: Zeroizing::new(Vec::with_capacity(SEALED_CHUNK)),
            index: 0,
        })
    }

    /// Seals the last chunk and gives back what was written to, not yet synced.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal_chunk(true)?;
        Ok(self.out)
    }

    fn seal_chunk(&mut self, last: bool) -> io::Result<()> {
        let nonce = Nonce::from(chunk_nonce(self.index, last));
        self.cipher
            .encrypt_in_place(&nonce, &self.header, &mut *self.chunk)
            .map_err(|_| io::Error::other("a chunk could not be sealed"))?;
        // Counted before writing: were the write tried again after an error, no nonce would repeat.
        self.index += 1;
        let written = self.out.write_all(&self.chunk);
        self.chunk.clear();
        written
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk.len() == CHUNK && !bytes.is_empty() {
            self.seal_chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Passes on what is sealed; an unfinished chunk stays here.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
