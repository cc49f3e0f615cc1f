//! Tests of the password rules and of hashing.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::permits::Permits;
use super::*;
use crate::crypto::random_key;

fn code(password: &str, second_factor: bool, words: &[&str]) -> &'static str {
    check("password", password, second_factor, words).err().map_or("good", |error| error.code)
}

#[test]
fn aut_1_length_is_the_only_demand() {
    assert_eq!(code("", false, &[]), "required");
    assert_eq!(code("kürbis-feld-8q", false, &[]), "too_short");
    assert_eq!(code("kürbis-feld-8qz", false, &[]), "good");
    assert_eq!(code("vq7d-xp", true, &[]), "too_short");
    assert_eq!(code("vq7d-xpz", true, &[]), "good");
    assert_eq!(code("läuft über tausend", false, &[]), "good", "spaces and umlauts are characters like others");
    assert_eq!(code("四つの無関係な言葉をつなげて覚える", false, &[]), "good");
    assert_eq!(code(&"wagon tulip ".repeat(21)[..250], false, &[]), "good");
    assert_eq!(code(&format!("{}x", "vwq 8712 ruxk".repeat(20)), false, &[]), "too_long");
    let message = check("password", "short", true, &[]).unwrap_err().message;
    assert!(message.contains("at least 8 characters"), "{message}");
}

#[test]
fn aut_2_common_passwords_and_names_are_refused_with_the_reason() {
    for common in [
        "password",
        "PASSWORD",
        "qwertyui",
        "12345678",
        "99999999",
        "abababab",
        "hgfedcba",
        "dragon12",
        "ｐａｓｓｗｏｒｄ",
    ] {
        assert_eq!(code(common, true, &[]), "common_password", "{common}");
    }
    for longer in ["password1234567", "aaaaaaaaaaaaaaaa", "123456789012345", "monkeymonkeymonkey", "sunshineprincess"] {
        assert_eq!(code(longer, false, &[]), "common_password", "{longer}");
    }
    for good in ["correct horse battery staple", "correct-8842-staple", "dragon teaches algebra", "zpqm-1987-wxlf-aa"] {
        assert_eq!(code(good, false, &[]), "good", "{good}");
    }
    assert_eq!(code("Holdfast-2026-x", false, &[]), "contains_name");
    let words = ["anna.korvath@northwind.example", "Northwind Traders"];
    assert_eq!(code("northwind2026!!", false, &words), "contains_name");
    assert_eq!(code("KorvathNorthwind1", false, &words), "contains_name");
    assert_eq!(code("anna keeps nine grey geese", false, &words), "good");
    let message = check("password", "northwind2026!!", false, &words).unwrap_err().message;
    assert!(message.contains("northwind"), "{message}");
}

#[test]
fn the_list_is_sorted_lower_case_and_whole() {
    let lines: Vec<&str> = include_str!("../../../assets/blocklist/passwords.txt").lines().collect();
    assert_eq!(lines.len(), 10_000);
    assert!(lines.is_sorted());
    assert!(lines.iter().all(|line| *line == line.to_lowercase() && line.trim() == *line && !line.is_empty()));
}

#[test]
fn aut_3_hashes_verify_and_say_their_cost() {
    let passwords = Passwords::new(&random_key(), Cost::CHEAPEST).unwrap();
    let stored = passwords.hash("correct horse battery staple").unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
    assert!(passwords.verify("correct horse battery staple", &stored).unwrap());
    assert!(!passwords.verify("correct horse battery stapl", &stored).unwrap());
    assert_ne!(stored, passwords.hash("correct horse battery staple").unwrap(), "the salt is new each time");
    assert!(!passwords.needs_rehash(&stored));
    assert!(passwords.verify("x", "$2b$12$abc").is_err());
    passwords.verify_nobody("anything").unwrap();

    let other_pepper = Passwords::new(&random_key(), Cost::CHEAPEST).unwrap();
    assert!(!other_pepper.verify("correct horse battery staple", &stored).unwrap());
}

#[test]
fn aut_3_the_standard_cost_is_the_floor_and_old_hashes_are_noticed() {
    let pepper = random_key();
    let stored = Passwords::new(&pepper, Cost::CHEAPEST).unwrap().hash("a password").unwrap();
    let today = Passwords::new(&pepper, Cost::STANDARD).unwrap();
    assert!(today.needs_rehash(&stored));
    assert!(today.verify("a password", &stored).unwrap(), "the old hash still opens the door once");
    let stored = today.hash("a password").unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert!(!today.needs_rehash(&stored));
}

#[test]
fn one_password_typed_two_ways_is_one_password() {
    let passwords = Passwords::new(&random_key(), Cost::CHEAPEST).unwrap();
    let stored = passwords.hash("Ångström-straße").unwrap();
    assert!(passwords.verify("A\u{30a}ngstro\u{308}m-straße", &stored).unwrap());
    assert!(!passwords.verify("ångström-straße", &stored).unwrap(), "case counts");
}

#[test]
fn no_more_than_the_permitted_number_at_once() {
    let permits = Permits::new(2);
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let _permit = permits.take();
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert!(most.load(Ordering::SeqCst) <= 2);
}
