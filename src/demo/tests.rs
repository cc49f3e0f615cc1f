//! The invented data is the same every time, and nobody in it is real.

use super::*;

const SIZE: Size = Size { firms: 380, people: 3_200, members: 6 };

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T09:00:00Z").unwrap()
}

#[test]
fn the_same_seed_gives_the_same_people() {
    let first = invent(7, House::Maker, SIZE, now());
    assert_eq!(first, invent(7, House::Maker, SIZE, now()));
    assert_ne!(first, invent(8, House::Maker, SIZE, now()));
    assert_eq!((first.firms.len(), first.people.len()), (380, 3_200));
}

#[test]
fn nobody_can_be_reached() {
    for house in [House::Maker, House::Foundation] {
        let invented = invent(3, house, SIZE, now());
        let emails =
            invented.people.iter().flat_map(|person| std::iter::once(&person.email).chain(&person.second_email));
        let mut seen = std::collections::HashSet::new();
        for email in emails {
            assert!(
                email.ends_with(".example") && email.is_ascii() && !email.contains(".@") && !email.starts_with('.'),
                "{email}"
            );
            assert!(crate::people::email::normalise(email).is_some(), "{email}");
            assert!(seen.insert(email), "{email} twice");
        }
        // The ranges that regulators keep for fiction.
        let fiction = [
            "+441632960",
            "+447700900",
            "+1",
            "+4930231",
            "+4940669",
            "+4989999",
            "+4922147",
            "+4969900",
            "+3319900",
            "+3326191",
            "+3335301",
            "+3346571",
            "+3353649",
            "+3363998",
            "+463139006",
            "+464062804",
            "+468465",
            "+4670174",
            "+6125550",
            "+6135550",
            "+6175550",
            "+6185550",
        ];
        let phones = invented.people.iter().filter_map(|person| person.phone.as_ref());
        for phone in phones.chain(invented.firms.iter().map(|firm| &firm.phone)) {
            assert!(fiction.iter().any(|start| phone.starts_with(start)), "{phone}");
            assert!(!phone.starts_with("+1") || phone[5..].starts_with("55501"), "{phone}");
            assert_eq!(crate::people::phone::normalise(phone, "GB").as_deref(), Some(phone.as_str()));
        }
    }
}

#[test]
fn history_is_in_order_and_in_the_last_two_years() {
    let invented = invent(7, House::Foundation, SIZE, now());
    let oldest = now().plus(-YEARS_MS - Timestamp::DAY);
    for person in &invented.people {
        assert!(oldest <= person.created_at && person.created_at <= now());
        assert!(person.notes.iter().all(|note| person.created_at <= note.at && note.at <= now()));
        assert!(person.firm.is_none_or(|at| invented.firms[at].created_at <= person.created_at));
    }
    let scripts = invented.people.iter().filter(|person| !person.given_name.is_ascii()).count();
    assert!(scripts > 400, "only {scripts} names beyond ASCII");
}

#[test]
fn latin_spellings_have_nothing_else() {
    for (name, spelled) in [
        ("Łucja", "lucja"),
        ("Søren", "soren"),
        ("Weißenfels", "weissenfels"),
        ("Okafor-Lind", "okaforlind"),
        ("Adébáyọ̀", "adebayo"),
    ] {
        assert_eq!(latin(name), spelled);
    }
}
