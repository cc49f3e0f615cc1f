//! Fields that each house of the demonstration defined for itself, and values for a part of its records.

use super::random::Random;
use super::{Firm, House, Person};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Error;
use crate::people::custom_fields::{NewField, Typed, service};

/// The key of the field that names another contact.
pub const INTRODUCED_BY: &str = "introduced_by";

const CHANNELS: [&str; 4] = ["Email", "Phone", "Post", "In person"];
const TIERS: [&str; 3] = ["Key account", "Standard", "Occasional"];
const PARTNERS: [&str; 4] = ["Sponsor", "School", "Authority", "Association"];
const TRADE_TOPICS: [&str; 4] = ["Tide gauges", "Calibration", "New instruments", "Training"];
const CHARITY_TOPICS: [&str; 4] = ["Seagrass", "Beach clean-ups", "Schools", "Annual report"];

/// Makes the fields of a house: what it holds beyond the usual about contacts and companies.
pub fn define(tx: &Tx, house: House) -> Result<(), Error> {
    for new in definitions(house) {
        service::create(tx, &new, "GB")?;
    }
    Ok(())
}

fn definitions(house: House) -> Vec<NewField> {
    let channel = personal(choices(field("contact", "Preferred channel", "choice"), &CHANNELS), "preference");
    let topics = |of: &[&str]| {
        let field = field("contact", "Newsletter topics", "choices");
        hint(personal(choices(field, of), "preference"), "What they asked to hear about.")
    };
    let introduced = NewField { target: "contact".into(), ..field("contact", "Introduced by", "relation") };
    let introduced = personal(introduced, "identity");
    match house {
        House::Maker => vec![
            channel,
            topics(&TRADE_TOPICS),
            personal(field("contact", "Last training", "date"), "behaviour"),
            introduced,
            hint(field("company", "Customer number", "text"), "From the order book, like C-1042."),
            choices(field("company", "Tier", "choice"), &TIERS),
            hint(field("company", "Renewal date", "date"), "When the service contract ends."),
            money(field("company", "Yearly budget", "currency")),
            hint(field("company", "Reference customer", "yes_no"), "Others may call them and ask."),
        ],
        House::Foundation => vec![
            channel,
            topics(&CHARITY_TOPICS),
            personal(money(field("contact", "Yearly gift", "currency")), "behaviour"),
            introduced,
            choices(field("company", "Kind of partner", "choice"), &PARTNERS),
            hint(field("company", "Agreement until", "date"), "When the partnership is talked about again."),
            money(field("company", "Yearly contribution", "currency")),
        ],
    }
}

/// Says nothing about a person, until [`personal`] says otherwise.
fn field(object: &str, label: &str, kind: &str) -> NewField {
    let not_personal = "no".to_owned();
    NewField {
        object: object.into(),
        label: label.into(),
        kind: kind.into(),
        is_personal: not_personal,
        ..NewField::default()
    }
}

fn personal(field: NewField, category: &str) -> NewField {
    NewField { is_personal: "yes".into(), category: category.into(), ..field }
}

fn hint(field: NewField, hint: &str) -> NewField {
    NewField { hint: hint.into(), ..field }
}

fn choices(field: NewField, of: &[&str]) -> NewField {
    NewField { choices: of.iter().map(|choice| (*choice).to_owned()).collect(), ..field }
}

fn money(field: NewField) -> NewField {
    NewField { currency: "EUR".into(), ..field }
}

/// Gives values to a part of the records: people fill in what they know, and leave the rest.
pub fn fill_in(random: &mut Random, house: House, now: Timestamp, firms: &mut [Firm], people: &mut [Person]) {
    for (at, firm) in firms.iter_mut().enumerate() {
        let custom = &mut firm.custom;
        match house {
            House::Maker => {
                put(random, 70, custom, "customer_number", |_| format!("C-{}", 1_001 + at));
                put(random, 60, custom, "tier", |random| random.pick_early(&[TIERS[1], TIERS[2], TIERS[0]]).into());
                put(random, 45, custom, "renewal_date", |random| day(now, random.between(-60, 400)));
                put(random, 35, custom, "yearly_budget", |random| format!("EUR {}", random.between(8, 240) * 500));
                put(random, 25, custom, "reference_customer", |random| random.chance(70).to_string());
            }
            House::Foundation => {
                put(random, 75, custom, "kind_of_partner", |random| random.pick(&PARTNERS).into());
                put(random, 40, custom, "agreement_until", |random| day(now, random.between(-30, 700)));
                put(random, 30, custom, "yearly_contribution", |random| format!("EUR {}", random.between(1, 80) * 250));
            }
        }
    }
    for (at, person) in people.iter_mut().enumerate() {
        let custom = &mut person.custom;
        put(random, 40, custom, "preferred_channel", |random| random.pick_early(&CHANNELS).into());
        let offered = if house == House::Maker { &TRADE_TOPICS } else { &CHARITY_TOPICS };
        let topics: Vec<String> =
            offered.iter().filter(|_| random.chance(12)).map(|topic| (*topic).to_owned()).collect();
        if !topics.is_empty() {
            custom.insert("newsletter_topics".into(), topics);
        }
        match house {
            House::Maker => put(random, 10, custom, "last_training", |random| day(now, -random.between(3, 600))),
            House::Foundation => {
                put(random, 22, custom, "yearly_gift", |random| format!("EUR {}", random.between(2, 60) * 10));
            }
        }
        person.introduced_by = (at > 0 && random.chance(12)).then(|| random.below(at));
    }
}

/// Puts a value there in `percent` of a hundred cases.
fn put(random: &mut Random, percent: usize, custom: &mut Typed, key: &str, value: impl FnOnce(&mut Random) -> String) {
    if random.chance(percent) {
        custom.insert(key.into(), vec![value(random)]);
    }
}

/// The day so many days from now, as `2026-11-21`.
fn day(now: Timestamp, days: i64) -> String {
    now.plus(days * Timestamp::DAY).rfc3339().chars().take(10).collect()
}
