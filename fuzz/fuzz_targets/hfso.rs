//! KEY-5: the reader of sealed files never panics and never takes changed bytes for a file.
//!
//! How to run it stands in `fuzz/README.md`.
#![no_main]

use std::io::Write;

use holdfast::crypto::Key;
use holdfast::crypto::object::{HEADER_BYTES, Header, Kind, Reader, Writer};
use holdfast::id::WorkspaceId;
use libfuzzer_sys::fuzz_target;

const WORKSPACE: WorkspaceId = WorkspaceId([5; 16]);

fn open(key: &Key, mut sealed: &[u8]) -> Option<Vec<u8>> {
    let header = Header::read(&mut sealed).ok()?;
    header.expect(Kind::Attachment, WORKSPACE).ok()?;
    Reader::new(sealed, key, header).read_all(1 << 20).ok().map(|all| all.to_vec())
}

fuzz_target!(|data: &[u8]| {
    let key = Key::new([7; 32]);
    // Raw bytes: without the key nobody can make a file that opens.
    assert!(open(&key, data).is_none());
    if let Some(header) = data.first_chunk::<HEADER_BYTES>() {
        if let Ok(parsed) = Header::parse(header) {
            assert_eq!(parsed.bytes(), *header, "one header, one form");
        }
    }

    // A genuine file, then edited as the input says: (position, operation, value) again and again.
    let Some((length, edits)) = data.split_first_chunk::<2>() else { return };
    let plain = vec![0xA5; usize::from(u16::from_be_bytes(*length)) * 3];
    let mut writer = Writer::new(Vec::new(), &key, Kind::Attachment, WORKSPACE, [9; 16], 1).unwrap();
    writer.write_all(&plain).unwrap();
    let genuine = writer.finish().unwrap();
    assert_eq!(open(&key, &genuine).unwrap(), plain);
    let mut edited = genuine.clone();
    for edit in edits.as_chunks::<5>().0 {
        let at = u32::from_be_bytes([0, edit[0], edit[1], edit[2]]) as usize % (edited.len() + 1);
        match edit[3] % 4 {
            0 => edited.truncate(at),
            1 => edited.insert(at, edit[4]),
            2 => edited.rotate_left(at),
            _ => edited.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= edit[4]),
        }
    }
    assert_eq!(open(&key, &edited).is_some(), edited == genuine);
});
