//! Tests of the sealed container: round trips, frozen vectors, and every kind of damage.

use std::io::{Read, Write};

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::crypto::random_key;

const WORKSPACE: WorkspaceId = WorkspaceId([0x57; 16]);

fn seal(key: &Key, plain: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), key, Kind::Attachment, WORKSPACE, new_id(), 3).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn open_all(key: &Key, mut sealed: &[u8]) -> Result<Vec<u8>, ObjectError> {
    let header = Header::read(&mut sealed)?;
    header.expect(Kind::Attachment, WORKSPACE)?;
    Reader::new(sealed, key, header).read_all(usize::MAX).map(|all| all.to_vec())
}

/// `length` bytes that a rule of one line gives, so that the vectors need not hold them.
fn pattern(seed: &str, length: usize) -> Vec<u8> {
    let blocks = (0_u64..).flat_map(|block| Sha256::digest([seed.as_bytes(), &block.to_be_bytes()].concat()));
    blocks.take(length).collect()
}

fn hex<const N: usize>(value: &serde_json::Value) -> [u8; N] {
    data_encoding::HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap().try_into().unwrap()
}

/// KEY-5: the files were sealed by `tests/oracles/vectors.py`; ours must be the same, byte for byte.
#[test]
fn key_5_agrees_with_the_frozen_vectors() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../tests/vectors/hfso.json")).unwrap();
    let cases = vectors["objects"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let key = Key::new(hex(&case["parent_key"]));
        let header = Header::parse(&hex(&case["header"])).unwrap();
        assert_eq!(header.bytes(), hex::<HEADER_BYTES>(&case["header"]));
        let plain = pattern(case["seed"].as_str().unwrap(), case["length"].as_u64().unwrap() as usize);
        let mut writer = Writer::with_header(Vec::new(), &key, &header).unwrap();
        writer.write_all(&plain).unwrap();
        let sealed = writer.finish().unwrap();
        assert_eq!(<[u8; 32]>::from(Sha256::digest(&sealed)), hex::<32>(&case["sealed_sha256"]), "{}", case["length"]);
        let mut rest = &sealed[HEADER_BYTES..];
        assert_eq!(*Reader::new(&mut rest, &key, header).read_all(usize::MAX).unwrap(), plain);
    }
}

#[test]
fn every_length_around_a_chunk_comes_back() {
    let key = random_key();
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7] {
        let plain = pattern("lengths", length);
        let sealed = seal(&key, &plain);
        let chunks = length.div_ceil(CHUNK).max(1);
        assert_eq!(sealed.len(), HEADER_BYTES + length + chunks * TAG);
        assert_eq!(open_all(&key, &sealed).unwrap(), plain);
    }
    assert_ne!(seal(&key, b"same")[48..], seal(&key, b"same")[48..], "each file has a nonce and a key of its own");
}

#[test]
fn reading_as_a_stream_gives_an_error_before_an_end() {
    let key = random_key();
    let plain = pattern("stream", 2 * CHUNK + 5);
    let sealed = seal(&key, &plain);
    let mut whole = Vec::new();
    let mut rest = sealed.as_slice();
    let header = Header::read(&mut rest).unwrap();
    let mut reader = Reader::new(rest, &key, header);
    assert_eq!(reader.header().key_version, 3);
    reader.read_to_end(&mut whole).unwrap();
    assert_eq!(whole, plain);
    assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0, "the end stays the end");

    let mut rest = &sealed[..sealed.len() - 1];
    let header = Header::read(&mut rest).unwrap();
    let mut reader = Reader::new(rest, &key, header);
    let mut genuine = Vec::new();
    let error = reader.read_to_end(&mut genuine).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(genuine, plain[..2 * CHUNK], "what was given before is genuine");
    assert!(reader.read(&mut [0; 4]).is_err(), "an error stays an error");
}

#[test]
fn reading_can_begin_anywhere() {
    let key = random_key();
    let plain = pattern("anywhere", 2 * CHUNK + 5);
    let sealed = seal(&key, &plain);
    let reader = |sealed: &[u8]| {
        let mut input = io::Cursor::new(sealed.to_vec());
        let header = Header::read(&mut input).unwrap();
        Reader::new(input, &key, header)
    };
    for at in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, plain.len() - 1, plain.len()] {
        let mut reader = reader(&sealed);
        reader.seek_to(at as u64).unwrap();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, plain[at..], "from {at}");
    }
    // Back to the beginning after the end, and never behind the end.
    let mut again = reader(&sealed);
    io::copy(&mut again, &mut io::sink()).unwrap();
    again.seek_to(3).unwrap();
    let mut four = [0; 4];
    again.read_exact(&mut four).unwrap();
    assert_eq!(four, plain[3..7]);
    assert!(reader(&sealed).seek_to(plain.len() as u64 + 1).is_err());
    let mut behind = reader(&sealed);
    assert!(behind.seek_to(4 * CHUNK as u64).and_then(|()| behind.next_chunk().map(drop)).is_err());
    // A file that was cut at the end of a chunk is noticed by whoever reads to that end.
    let mut cut = reader(&sealed[..HEADER_BYTES + 2 * SEALED_CHUNK]);
    let error = cut.seek_to(CHUNK as u64 + 1).and_then(|()| Ok(io::copy(&mut cut, &mut io::sink())?));
    assert!(error.is_err());
}

#[test]
fn key_5_chunks_cannot_move_repeat_vanish_or_change_files() {
    let key = random_key();
    let one = seal(&key, &pattern("one", 3 * CHUNK + 9));
    let two = seal(&key, &pattern("two", 3 * CHUNK + 9));
    let chunk = |from: &[u8], index: usize| -> Vec<u8> {
        from[HEADER_BYTES..].chunks(SEALED_CHUNK).nth(index).unwrap().to_vec()
    };
    let build = |parts: &[Vec<u8>]| [&one[..HEADER_BYTES], &parts.concat()].concat();
    let [a, b, c, d] = [0, 1, 2, 3].map(|index| chunk(&one, index));
    assert!(open_all(&key, &build(&[a.clone(), b.clone(), c.clone(), d.clone()])).is_ok());
    for (what, parts) in [
        ("swapped", vec![b.clone(), a.clone(), c.clone(), d.clone()]),
        ("repeated", vec![a.clone(), a.clone(), b.clone(), c.clone(), d.clone()]),
        ("missing in the middle", vec![a.clone(), c.clone(), d.clone()]),
        ("missing at the end", vec![a.clone(), b.clone(), c.clone()]),
        ("only the last", vec![d.clone()]),
        ("from another file", vec![a.clone(), chunk(&two, 1), c.clone(), d.clone()]),
        ("the other file's end", vec![a.clone(), b.clone(), c.clone(), chunk(&two, 3)]),
        ("something after the end", vec![a.clone(), b.clone(), c.clone(), d.clone(), vec![0]]),
        ("the end twice", vec![a, b, c, d.clone(), d]),
        ("nothing", vec![]),
    ] {
        assert!(open_all(&key, &build(&parts)).is_err(), "{what}");
    }
    let other_header = [&two[..HEADER_BYTES], &one[HEADER_BYTES..]].concat();
    assert!(open_all(&key, &other_header).is_err());
    assert!(open_all(&random_key(), &one).is_err());
}

#[test]
fn an_empty_last_chunk_is_only_for_an_empty_file() {
    let key = random_key();
    let header =
        Header { kind: Kind::Attachment, workspace: WORKSPACE, object: new_id(), key_version: 3, nonce: [9; 16] };
    let mut sealed = header.bytes().to_vec();
    let cipher_key = file_key(&key, &header.bytes());
    let full = crate::crypto::aead::seal(&cipher_key, &chunk_nonce(0, false), &header.bytes(), &[1; CHUNK]);
    let empty = crate::crypto::aead::seal(&cipher_key, &chunk_nonce(1, true), &header.bytes(), &[]);
    sealed.extend([full, empty].concat());
    assert!(open_all(&key, &sealed).is_err(), "one content has one form");
}

#[test]
fn files_say_what_they_are() {
    let folder = std::env::temp_dir().join(data_encoding::HEXLOWER.encode(&new_id()));
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("an.export");
    let key = random_key();
    let mut writer = create(&path, &key, Kind::Export, WORKSPACE, new_id(), 2).unwrap();
    writer.write_all(b"everything").unwrap();
    writer.finish().unwrap().sync_all().unwrap();
    let again = create(&path, &key, Kind::Export, WORKSPACE, new_id(), 2);
    assert_eq!(again.err().unwrap().kind(), io::ErrorKind::AlreadyExists);

    let key_for = |version: u32| {
        assert_eq!(version, 2);
        Ok(key.clone())
    };
    let all = open(&path, Kind::Export, WORKSPACE, key_for).unwrap().read_all(100).unwrap();
    assert_eq!(all.as_slice(), b"everything");
    let refused = |result: Result<Reader<File>, Error>| matches!(result, Err(Error::Refused(_)));
    assert!(refused(open(&path, Kind::Segment, WORKSPACE, key_for)));
    assert!(refused(open(&path, Kind::Export, WorkspaceId::CONTROL, key_for)));
    assert!(open(&path, Kind::Export, WORKSPACE, key_for).unwrap().read_all(9).is_err());
    std::fs::remove_dir_all(folder).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn key_5_every_change_of_a_bit_and_every_cut_is_noticed(
        length in prop_oneof![0_usize..300, (CHUNK - 3)..(CHUNK + 3)],
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
        tail in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let key = random_key();
        let sealed = seal(&key, &pattern("changes", length));
        let mut changed = sealed.clone();
        changed[at.index(sealed.len())] ^= 1 << bit;
        prop_assert!(open_all(&key, &changed).is_err());
        prop_assert!(open_all(&key, &sealed[..at.index(sealed.len())]).is_err());
        prop_assert!(open_all(&key, &[sealed.as_slice(), &tail].concat()).is_err());
    }

    #[test]
    fn writing_in_pieces_gives_the_same_content(cuts in proptest::collection::vec(0_usize..90_000, 0..6)) {
        let key = random_key();
        let plain = pattern("pieces", 150_000);
        let mut writer = Writer::new(Vec::new(), &key, Kind::Attachment, WORKSPACE, new_id(), 3).unwrap();
        let mut rest = plain.as_slice();
        for cut in cuts {
            let (piece, left) = rest.split_at(cut.min(rest.len()));
            writer.write_all(piece).unwrap();
            writer.flush().unwrap();
            rest = left;
        }
        writer.write_all(rest).unwrap();
        prop_assert_eq!(open_all(&key, &writer.finish().unwrap()).unwrap(), plain);
    }
}

/// Small files exhaustively: every bit of every byte, every length.
#[test]
fn key_5_no_bit_of_a_small_file_can_change() {
    let key = random_key();
    let sealed = seal(&key, b"nineteen small bytes");
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << bit;
            assert!(open_all(&key, &changed).is_err(), "byte {at}, bit {bit}");
        }
        assert!(open_all(&key, &sealed[..at]).is_err(), "cut at {at}");
    }
}
