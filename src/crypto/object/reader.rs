//! Reads a sealed file as a stream of proven chunks.

use std::io::{self, Read, Seek, SeekFrom};

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

use super::header::{HEADER_BYTES, Header};
use super::{CHUNK, ObjectError, SEALED_CHUNK, chunk_nonce, file_key};
use crate::crypto::Key;
use crate::crypto::aead::{self, TAG};

#[derive(PartialEq)]
enum State {
    Reading,
    /// The last chunk has been proven, and nothing follows it.
    Done,
    Failed,
}

/// Hands out plaintext only after its chunk has been proven.
///
/// The end (`None`, or `Ok(0)` from `read`) is reported only after the last chunk: whoever reaches it
/// has the whole file. Until then what was read is genuine but may not be all.
pub struct Reader<R: Read> {
    input: R,
    cipher: Aes256Gcm,
    header: Header,
    header_bytes: [u8; HEADER_BYTES],
    /// A sealed chunk and one byte more; after opening, the plaintext.
    buffer: Zeroizing<Vec<u8>>,
    /// The byte read ahead to learn whether a chunk is the last.
    ahead: Option<u8>,
    /// How much of the plaintext in `buffer` `read` has handed out.
    taken: usize,
    index: u64,
    state: State,
}

impl<R: Read> Reader<R> {
    /// `input` stands right after the header; `key` is the parent key of the version the header names.
    pub fn new(input: R, key: &Key, header: Header) -> Reader<R> {
        let header_bytes = header.bytes();
        Reader {
            input,
            cipher: aead::cipher(&file_key(key, &header_bytes)),
            header,
            header_bytes,
            buffer: Zeroizing::new(Vec::with_capacity(SEALED_CHUNK + 1)),
            ahead: None,
            taken: 0,
            index: 0,
            state: State::Reading,
        }
    }

    /// What the file says of itself; proven once a chunk has opened.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What is read from, as far as it was read.
    pub fn into_inner(self) -> R {
        self.input
    }

    /// The next proven chunk; `None` at the proven end. After an error nothing more is given.
    pub fn next_chunk(&mut self) -> Result<Option<&[u8]>, ObjectError> {
        match self.state {
            State::Done => return Ok(None),
            State::Failed => return Err(ObjectError::Damaged("reading it already failed")),
            State::Reading => {}
        }
        // Stands until this chunk has been proven, whichever way this function is left.
        self.state = State::Failed;
        self.buffer.clear();
        self.taken = 0;
        self.buffer.extend(self.ahead.take());
        let missing = SEALED_CHUNK + 1 - self.buffer.len();
        self.input.by_ref().take(missing as u64).read_to_end(&mut self.buffer)?;
        let last = self.buffer.len() <= SEALED_CHUNK;
        if !last {
            self.ahead = self.buffer.pop();
        }
        if self.buffer.len() < TAG {
            return Err(ObjectError::Damaged("it ends too early"));
        }
        let nonce = Nonce::from(chunk_nonce(self.index, last));
        if self.cipher.decrypt_in_place(&nonce, &self.header_bytes, &mut *self.buffer).is_err() {
            self.buffer.clear();
            return Err(ObjectError::Damaged("a part of it does not open"));
        }
        if last && self.buffer.is_empty() && self.index > 0 {
            return Err(ObjectError::Damaged("its last part is empty"));
        }
        self.index += 1;
        self.state = if last { State::Done } else { State::Reading };
        Ok(Some(&self.buffer))
    }

    /// Everything, when it is at most `limit` bytes. For small files.
    pub fn read_all(mut self, limit: usize) -> Result<Zeroizing<Vec<u8>>, ObjectError> {
        let mut all = Zeroizing::new(Vec::with_capacity(limit.min(CHUNK)));
        while let Some(chunk) = self.next_chunk()? {
            if all.len() + chunk.len() > limit {
                return Err(ObjectError::Damaged("it is larger than anything of its kind"));
            }
            all.extend_from_slice(chunk);
        }
        Ok(all)
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Goes to byte `at` of the plaintext; `read` goes on from there. Fails when the file ends before it.
    ///
    /// Chunks are proven one by one, so those that are left out are neither read nor proven.
    pub fn seek_to(&mut self, at: u64) -> Result<(), ObjectError> {
        let (index, within) = (at / CHUNK as u64, (at % CHUNK as u64) as usize);
        self.state = State::Failed;
        self.input.seek(SeekFrom::Start(HEADER_BYTES as u64 + index.saturating_mul(SEALED_CHUNK as u64)))?;
        (self.ahead, self.index, self.taken, self.state) = (None, index, 0, State::Reading);
        self.buffer.clear();
        if within > 0 {
            if self.next_chunk()?.is_none_or(|chunk| chunk.len() < within) {
                self.state = State::Failed;
                return Err(ObjectError::Damaged("it ends before the place that was asked for"));
            }
            self.taken = within;
        }
        Ok(())
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        while self.taken == self.buffer.len() {
            let more = self.next_chunk().map_err(|error| match error {
                ObjectError::Io(source) => source,
                damaged => io::Error::new(io::ErrorKind::InvalidData, damaged),
            })?;
            if more.is_none() {
                return Ok(0);
            }
        }
        let given = into.len().min(self.buffer.len() - self.taken);
        into[..given].copy_from_slice(&self.buffer[self.taken..self.taken + given]);
        self.taken += given;
        Ok(given)
    }
}
