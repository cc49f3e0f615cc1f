//! Reads a database as it lies on the disk, page by page, decrypted without SQLite: the pages of the file, free ones
//! too, and those that wait in its WAL.
//!
//! What SQLite calls deleted may still lie there; whoever proves that something is gone must look at the bytes.
//! A page is 4096 bytes: AES-256-CBC over the first 4016, then its initialisation vector (16) and its HMAC (64). The
//! first 16 bytes of page 1 are the file's salt, in the clear.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use aes::Aes256;
use aes::cipher::{Block, BlockCipherDecrypt, KeyInit};
use zeroize::Zeroizing;

use super::open::RawKey;
use crate::error::Error;

const PAGE: usize = 4096;
const BLOCK: usize = 16;
/// Initialisation vector and HMAC at the end of a page.
const RESERVED: usize = 80;
const BODY: usize = PAGE - RESERVED;
const WAL_HEADING: usize = 32;
const FRAME_HEADING: usize = 24;

/// Hands the plain bytes of every page to `each`. A log that is not there, or is all zeros, has none.
pub fn each(path: &Path, key: &RawKey, each: &mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
    let mut cipher = Decryptor::new(key)?;
    let mut page = [0_u8; PAGE];
    let mut file = BufReader::with_capacity(64 * PAGE, File::open(path)?);
    let mut number = 1_u32;
    while fill(&mut file, &mut page)? {
        each(cipher.open(number, &page))?;
        number = number.wrapping_add(1);
    }
    let Some(log) = open_if_there(&log_of(path))? else { return Ok(()) };
    let mut log = BufReader::with_capacity(64 * PAGE, log);
    let mut heading = [0_u8; FRAME_HEADING];
    if !fill(&mut log, &mut [0_u8; WAL_HEADING])? {
        return Ok(());
    }
    while fill(&mut log, &mut heading)? && fill(&mut log, &mut page)? {
        let number = u32::from_be_bytes([heading[0], heading[1], heading[2], heading[3]]);
        // Room that is kept for what comes is zeros.
        if number != 0 {
            each(cipher.open(number, &page))?;
        }
    }
    Ok(())
}

fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

fn open_if_there(path: &Path) -> Result<Option<File>, Error> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(source.into()),
    }
}

/// `false` at the end of the file; a last part that is no whole page was never written out.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> Result<bool, Error> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(source) if source.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(source) => Err(source.into()),
    }
}

struct Decryptor {
    cipher: Aes256,
    plain: Box<[Block<Aes256>]>,
    bytes: Zeroizing<Vec<u8>>,
}

impl Decryptor {
    fn new(key: &RawKey) -> Result<Decryptor, Error> {
        let wrong = || Error::internal("a raw key has another form");
        let digits = key.strip_prefix("x'").and_then(|key| key.strip_suffix('\'')).ok_or_else(wrong)?;
        let key = Zeroizing::new(data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| wrong())?);
        let cipher = Aes256::new_from_slice(&key).map_err(|_| wrong())?;
        Ok(Decryptor {
            cipher,
            plain: vec![Block::<Aes256>::default(); BODY / BLOCK].into(),
            bytes: Zeroizing::default(),
        })
    }

    /// The plain bytes of a page, without what the cipher keeps at its end.
    fn open(&mut self, number: u32, page: &[u8; PAGE]) -> &[u8] {
        let from = if number == 1 { BLOCK } else { 0 };
        let sealed = &page[from..BODY];
        let blocks = &mut self.plain[..sealed.len() / BLOCK];
        for (block, sealed) in blocks.iter_mut().zip(sealed.chunks_exact(BLOCK)) {
            block.copy_from_slice(sealed);
        }
        self.cipher.decrypt_blocks(blocks);
        self.bytes.clear();
        let mut previous = &page[BODY..BODY + BLOCK];
        for (block, sealed) in blocks.iter().zip(sealed.chunks_exact(BLOCK)) {
            self.bytes.extend(block.iter().zip(previous).map(|(plain, mask)| plain ^ mask));
            previous = sealed;
        }
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicI64;

    use crate::clock::Timestamp;
    use crate::db::open::RawKey;
    use crate::db::{Actor, DbFile, Origin};

    fn count(file: &DbFile, needle: &[u8]) -> usize {
        let mut found = 0;
        file.each_page(&mut |page| {
            found += page.windows(needle.len()).filter(|part| *part == needle).count();
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn what_stands_in_file_and_log_is_read_as_sqlite_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let key = RawKey::new(format!("x'{}'", "5a".repeat(32)));
        let file = DbFile::open(&folder.path().join("data.db"), key, Arc::new(AtomicI64::new(512))).unwrap();
        let write = |sql: &str| {
            file.write_unaudited(Timestamp(0), &Origin::local(Actor::CommandLine), |tx| tx.execute(sql, &[])).unwrap();
        };
        write("CREATE TABLE first_page_marker (text TEXT) STRICT");
        write("INSERT INTO first_page_marker VALUES ('quillon-marker')");
        assert!(count(&file, b"quillon-marker") > 0, "in the log");
        assert!(count(&file, b"first_page_marker") > 0, "page 1 holds the schema");
        assert!(file.fold().unwrap());
        assert_eq!(count(&file, b"quillon-marker"), 1, "in the file");
        write("DELETE FROM first_page_marker");
        assert_eq!(count(&file, b"quillon-marker"), 1, "the file keeps it until the log is folded in");
        assert!(file.fold().unwrap());
        assert_eq!(count(&file, b"quillon-marker"), 0);
    }
}
