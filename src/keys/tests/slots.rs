//! Tests of the slots and of the recovery code.

use super::*;
use crate::error::Error;

const PASSPHRASE: &str = "nine grey geese walk home";
/// Where the passphrase slot begins when the recovery slot was written first, and what a slot holds.
const SHARED: usize = 33 + 1;
const SLOT: usize = 89;

fn slots_with_both() -> (Slots, MasterKey, RecoveryCode) {
    let (master, code) = (MasterKey::generate(), RecoveryCode::generate());
    let mut slots = Slots::new([3; 16], &master, 1);
    slots.set_recovery_code(&master, &code);
    slots.set_passphrase(&master, PASSPHRASE, SlotCost::FLOOR).unwrap();
    (slots, master, code)
}

fn same(left: &MasterKey, right: &MasterKey) -> bool {
    left.0 == right.0
}

#[test]
fn key_3_slots_come_back_from_the_file_and_open_with_their_secret_only() {
    let place = Place::new();
    let path = place.file("data/keys/slots");
    let (slots, master, code) = slots_with_both();
    slots.write(&path).unwrap();
    let slots = Slots::read(&path).unwrap().unwrap();
    assert!(slots.has_passphrase() && slots.is_right(&master));
    assert!(same(&slots.open_with_passphrase(PASSPHRASE).unwrap(), &master));
    assert!(same(&slots.open_with_recovery_code(&code).unwrap(), &master));
    assert!(refusal(slots.open_with_passphrase("nine grey geese walk hom")).contains("not the passphrase"));
    assert!(refusal(slots.open_with_recovery_code(&RecoveryCode::generate())).contains("another installation"));
    assert_eq!(names_in(&place.file("data/keys")), ["slots"]);
}

#[test]
fn a_changed_passphrase_or_code_replaces_the_one_before() {
    let (mut slots, master, code) = slots_with_both();
    slots.set_passphrase(&master, "eleven blue herons stand", SlotCost::FLOOR).unwrap();
    let next = RecoveryCode::generate();
    slots.set_recovery_code(&master, &next);
    assert!(slots.open_with_passphrase(PASSPHRASE).is_err());
    assert!(same(&slots.open_with_passphrase("eleven blue herons stand").unwrap(), &master));
    assert!(slots.open_with_recovery_code(&code).is_err());
    assert!(same(&slots.open_with_recovery_code(&next).unwrap(), &master));
    let weak = slots.set_passphrase(&master, "password1234567", SlotCost::FLOOR);
    assert!(matches!(weak, Err(Error::Invalid(_))));
}

#[test]
fn key_3_a_cost_below_the_floor_or_above_all_reason_is_refused() {
    let place = Place::new();
    let path = place.file("data/keys/slots");
    let (slots, master, _) = slots_with_both();
    slots.write(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let passphrase_slot = SHARED + SLOT;
    let with_cost = |at: usize, value: u32| {
        let mut changed = bytes.clone();
        changed[passphrase_slot + at..][..4].copy_from_slice(&value.to_be_bytes());
        std::fs::write(&path, changed).unwrap();
        Slots::read(&path).unwrap().unwrap()
    };
    for (at, value) in [(1, 0), (1, 8), (1, 64 * 1024 - 1), (1, u32::MAX), (5, 2), (5, 1_000), (9, 0), (9, 255)] {
        let reason = refusal(with_cost(at, value).open_with_passphrase(PASSPHRASE));
        assert!(reason.contains("less work on the passphrase"), "{at} {value}: {reason}");
    }
    let raised = with_cost(1, 64 * 1024 + 8);
    assert!(refusal(raised.open_with_passphrase(PASSPHRASE)).contains("was changed"), "the cost is bound to the slot");
    let mut slots = slots;
    let cheap = SlotCost { memory_kib: 32 * 1024, ..SlotCost::FLOOR };
    assert!(slots.set_passphrase(&master, PASSPHRASE, cheap).is_err());
}

#[test]
fn key_3_every_byte_of_the_file_counts() {
    let place = Place::new();
    let path = place.file("data/keys/slots");
    let (master, code) = (MasterKey::generate(), RecoveryCode::generate());
    let mut slots = Slots::new([3; 16], &master, 1);
    slots.set_recovery_code(&master, &code);
    slots.write(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len(), SHARED + SLOT);
    let opens = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Slots::read(&path).ok().flatten().and_then(|slots| slots.open_with_recovery_code(&code).ok()).is_some()
    };
    assert!(opens(&bytes));
    for at in 0..bytes.len() {
        for bit in [1, 128] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            assert!(!opens(&changed), "byte {at}");
        }
        assert!(!opens(&bytes[..at]), "cut at {at}");
    }
    assert!(!opens(&[bytes.as_slice(), &[0]].concat()));
    let mut twice = [bytes.as_slice(), &bytes[SHARED..]].concat();
    twice[SHARED - 1] = 2;
    assert!(!opens(&twice), "one slot of a kind");
}

#[test]
fn a_recovery_code_is_read_as_hands_write_it_and_asked_for_by_group() {
    let code = RecoveryCode::generate();
    let text = code.text();
    let typed = text.to_lowercase().replace('-', "  ").replace('0', "O").replace('1', "l");
    assert_eq!(RecoveryCode::parse(&typed).unwrap().0, code.0);
    let groups: Vec<&str> = text.split('-').collect();
    assert_eq!(groups.len(), 1 + RecoveryCode::GROUPS + 1);
    for (number, group) in groups.iter().enumerate().skip(1).take(RecoveryCode::GROUPS) {
        assert!(code.is_group(number, group));
        assert!(code.is_group(number, &format!(" {} ", group.to_lowercase().replace('0', "o"))));
        assert!(!code.is_group(number, &group[..3]));
    }
    assert!(!code.is_group(0, "HFRC1") && !code.is_group(14, groups[14]) && !code.is_group(99, ""));
    let reason = refusal(RecoveryCode::parse(&text[..40]));
    assert!(reason.contains("not whole") && !reason.contains(&text[6..20]), "{reason}");
    let master_text = crate::keys::text::write(crate::keys::text::Purpose::MasterKey, &code.0);
    assert!(refusal(RecoveryCode::parse(&master_text)).contains("HFRC1"));
}
