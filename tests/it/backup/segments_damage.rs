//! Segments that were cut, changed, taken away, doubled, put elsewhere or come from somebody else: always an error that
//! names the object (T-D, T-E, T-F).

use std::path::{Path, PathBuf};

use holdfast::backup::segments::Goal;

use super::bench::{Bench, rows};

/// A line of six segments, the last of which seals.
fn line() -> Bench {
    let mut bench = Bench::new();
    bench.take_base();
    for _ in 0..5 {
        bench.write("INSERT INTO t (b) VALUES (randomblob(2000))");
        bench.shipping().ship().unwrap();
    }
    assert!(bench.file().fold().unwrap());
    assert_eq!(bench.segments().len(), 6);
    bench
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap()
}

#[track_caller]
fn refused(bench: &Bench, goal: &Goal, expected: &[&str]) {
    let words = bench.restore(goal).expect_err("it must be refused").to_string();
    for part in expected {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn pit_6_what_was_taken_from_the_end_is_named() {
    let bench = line();
    let stale = Goal { accepts_stale: true, ..Goal::default() };
    let all = bench.segments();
    for gone in (1..6).rev() {
        std::fs::remove_file(&all[gone]).unwrap();
        refused(&bench, &Goal::default(), &[name(&all[gone]), "6 were shipped", "--accept-stale"]);
        let (file, reached) = bench.restored(&stale);
        assert_eq!((rows(&file), reached.number), (gone.min(5) as i64, gone.min(5) as u64));
    }
    let head = super::files_below(&bench.backup(), "head.json").pop().unwrap();
    let before = std::fs::read(&head).unwrap();
    std::fs::remove_file(&head).unwrap();
    refused(&bench, &Goal::default(), &["list of segments", "--accept-stale"]);
    bench.restored(&stale);
    let mut changed = before;
    changed[20] ^= 1;
    std::fs::write(&head, changed).unwrap();
    refused(&bench, &Goal::default(), &["head.json"]);
    // A later backup knows how far the line had come, whatever the list says.
    let bench = line();
    refused(&bench, &Goal { known: 9, ..Goal::default() }, &["9 were shipped"]);
}

#[test]
fn pit_5_a_segment_cut_anywhere_or_with_one_wrong_bit_is_named() {
    let bench = line();
    let victim = &bench.segments()[2];
    let whole = std::fs::read(victim).unwrap();
    let mut cases = 0;
    for length in (0..whole.len()).step_by(512) {
        std::fs::write(victim, &whole[..length]).unwrap();
        refused(&bench, &Goal::default(), &[name(victim)]);
        cases += 1;
    }
    // Every field of the heading, and one bit in every half kilobyte behind it.
    for at in (0..64).step_by(4).chain((64..whole.len()).step_by(509)).chain([whole.len() - 1]) {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(victim, changed).unwrap();
        refused(&bench, &Goal::default(), &[name(victim)]);
        cases += 1;
    }
    std::fs::write(victim, [&whole[..], b"x"].concat()).unwrap();
    refused(&bench, &Goal::default(), &[name(victim)]);
    assert!(cases > 60, "{cases}");
    std::fs::write(victim, &whole).unwrap();
    assert_eq!(rows(&bench.restored(&Goal::default()).0), 5);
}

#[test]
fn pit_5_segments_in_another_order_or_of_another_line_are_named() {
    let bench = line();
    let all = bench.segments();
    let kept: Vec<Vec<u8>> = all.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let put_back = || {
        for path in bench.segments() {
            std::fs::remove_file(path).unwrap();
        }
        for (path, bytes) in all.iter().zip(&kept) {
            std::fs::write(path, bytes).unwrap();
        }
    };
    let check = |harm: &dyn Fn(), named: &PathBuf, expected: &str| {
        harm();
        refused(&bench, &Goal::default(), &[name(named), expected]);
        put_back();
    };
    check(&|| std::fs::remove_file(&all[2]).unwrap(), &all[2], "later ones are there");
    check(&|| std::fs::write(&all[2], &kept[1]).unwrap(), &all[2], "under its name");
    check(
        &|| {
            std::fs::write(&all[1], &kept[2]).unwrap();
            std::fs::write(&all[2], &kept[1]).unwrap();
        },
        &all[1],
        "under its name",
    );
    // Another file's segment of the same number.
    let other = line();
    let foreign = std::fs::read(&other.segments()[2]).unwrap();
    check(&|| std::fs::write(&all[2], &foreign).unwrap(), &all[2], "does not");
    // Another history of the same file, from the same base on.
    let fork = bench.crash();
    assert_eq!(rows(&fork.restored(&Goal::default()).0), 5);
    fork.write("INSERT INTO t (b) VALUES (randomblob(10))");
    fork.shipping().ship().unwrap();
    let seventh = fork.segments().pop().unwrap();
    let forked = std::fs::read(&seventh).unwrap();
    let mut begun_anew = fork;
    begun_anew.take_base();
    for _ in 0..2 {
        begun_anew.write("INSERT INTO t (b) VALUES (randomblob(10))");
        begun_anew.shipping().ship().unwrap();
    }
    let last = begun_anew.segments().pop().unwrap();
    std::fs::write(&last, forked).unwrap();
    refused(&begun_anew, &Goal::default(), &[name(&last), "under its name"]);
}
