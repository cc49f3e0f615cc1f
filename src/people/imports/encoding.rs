//! What a text file is written in: its encoding and the character between its fields.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Utf8Detection};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much of a file is looked at to find out how it is written.
pub const SAMPLE: usize = 256 * 1024;
/// The characters that stand between fields in practice, the commonest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Records that decide about the delimiter.
const RECORDS: usize = 40;

/// The encoding of a file by its first bytes: its byte-order mark, else UTF-8 when it is, else a guess.
pub fn detect(sample: &[u8], is_whole: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(sample) {
        return encoding;
    }
    // UTF-16 without a mark shows by its zero bytes: text has one in every other place.
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).take(2_000).filter(|byte| **byte == 0).count();
    let half = sample.len().min(4_000) / 2;
    if half > 8 && zeros(1) * 10 > half * 4 {
        return UTF_16LE;
    }
    if half > 8 && zeros(0) * 10 > half * 4 {
        return UTF_16BE;
    }
    match std::str::from_utf8(sample) {
        Ok(_) => UTF_8,
        // The sample may end inside a character.
        Err(error) if !is_whole && error.error_len().is_none() => UTF_8,
        Err(_) => {
            let mut detector = EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
            detector.feed(sample, is_whole);
            detector.guess(None, Utf8Detection::Deny)
        }
    }
}

/// The delimiter that cuts the first records into the same number of fields, more than one.
pub fn delimiter(text: &str) -> u8 {
    DELIMITERS
        .into_iter()
        .map(|delimiter| (delimiter, consistency(text, delimiter)))
        .fold((b',', 0), |best, found| if found.1 > best.1 { found } else { best })
        .0
}

/// Fields in agreeing records; zero when the delimiter does not occur.
fn consistency(text: &str, delimiter: u8) -> usize {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let lengths: Vec<usize> = reader.records().take(RECORDS).flatten().map(|record| record.len()).collect();
    let Some(first) = lengths.first().copied().filter(|fields| *fields > 1) else { return 0 };
    let agreeing = lengths.iter().filter(|length| **length == first).count();
    // Agreement counts first, then the number of fields.
    agreeing * 1_000 / lengths.len() * 100 + first.min(99)
}

/// Reads bytes in any encoding as UTF-8, a piece at a time. What is not text becomes U+FFFD.
pub struct Utf8Reader<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_filled: usize,
    out: Vec<u8>,
    out_read: usize,
    out_filled: usize,
    ended: bool,
    /// Bytes of the input whose text lies in `out` or was handed out.
    decoded: u64,
    /// How many of these lie in `out`.
    piece: u64,
}

const PIECE: usize = 32 * 1024;

impl<R: Read> Utf8Reader<R> {
    pub fn new(input: R, encoding: &'static Encoding) -> Utf8Reader<R> {
        Utf8Reader {
            input,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; PIECE],
            raw_filled: 0,
            out: vec![0; PIECE * 4],
            out_read: 0,
            out_filled: 0,
            ended: false,
            decoded: 0,
            piece: 0,
        }
    }

    /// Bytes of the input whose text was handed out, to within a character or so.
    pub fn taken(&self) -> u64 {
        let waiting = (self.out_filled - self.out_read) as u64;
        self.decoded - self.piece * waiting / (self.out_filled as u64).max(1)
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.out_read == self.out_filled && !self.ended {
            let count = self.input.read(&mut self.raw[self.raw_filled..])?;
            let available = self.raw_filled + count;
            let is_last = count == 0;
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(&self.raw[..available], &mut self.out, is_last);
            self.raw.copy_within(read..available, 0);
            self.raw_filled = available - read;
            (self.out_read, self.out_filled) = (0, written);
            self.piece = read as u64;
            self.decoded += self.piece;
            self.ended = is_last && result == CoderResult::InputEmpty;
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.refill()?;
        let count = into.len().min(self.out_filled - self.out_read);
        into[..count].copy_from_slice(&self.out[self.out_read..self.out_read + count]);
        self.out_read += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, &'static str) {
        let encoding = detect(bytes, true);
        let mut text = String::new();
        Utf8Reader::new(bytes, encoding).read_to_string(&mut text).unwrap();
        (text, encoding.name())
    }

    #[test]
    fn encodings_are_told_apart() {
        assert_eq!(decoded("name\nJosé Łucja 株式".as_bytes()), ("name\nJosé Łucja 株式".into(), "UTF-8"));
        assert_eq!(decoded(b"\xef\xbb\xbfname\n\xc3\xa9"), ("name\né".into(), "UTF-8"));
        let utf16: Vec<u8> = "name;city\nJosé;Köln\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&utf16), ("name;city\nJosé;Köln\n".into(), "UTF-16LE"));
        let with_mark: Vec<u8> = "\u{feff}name\nJosé".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(&with_mark), ("name\nJosé".into(), "UTF-16BE"));
        assert_eq!(decoded(b"Name;Stra\xdfe\nM\xfcller;Hauptstra\xdfe 3\n").0, "Name;Straße\nMüller;Hauptstraße 3\n");
    }

    #[test]
    fn delimiters_are_told_apart() {
        assert_eq!(delimiter("name,email\n\"Smith, Jo\",a@b.example\n"), b',');
        assert_eq!(delimiter("name;amount\nA;1,50\nB;2,75\n"), b';');
        assert_eq!(delimiter("name\temail\nA, B\tc\n"), b'\t');
        assert_eq!(delimiter("email\na@b.example\n"), b',');
    }

    #[test]
    fn a_long_file_is_read_whole() {
        let text = "é,ß\n".repeat(100_000);
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
        let mut read = String::new();
        Utf8Reader::new(&bytes[..], encoding_rs::WINDOWS_1252).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
    }
}
