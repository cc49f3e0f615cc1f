//! Countries, languages and time zones: which words are allowed, and how they are written.

use super::countries::COUNTRIES;
use super::text::{Faults, fold};

/// A postal address. Every part may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    pub street: String,
    pub postal_code: String,
    pub city: String,
    pub region: String,
    /// ISO 3166-1, two letters.
    pub country: String,
}

impl Address {
    pub fn is_empty(&self) -> bool {
        *self == Address::default()
    }

    /// The address as it is written on a letter, one line each.
    pub fn lines(&self) -> Vec<String> {
        let town = [self.postal_code.as_str(), self.city.as_str()].join(" ").trim().to_owned();
        let country = super::countries::name(&self.country).to_owned();
        self.street
            .lines()
            .map(str::to_owned)
            .chain([town, self.region.clone(), country])
            .filter(|line| !line.is_empty())
            .collect()
    }

    pub(super) fn checked(&self, faults: &mut Faults) -> Address {
        Address {
            street: faults.paragraphs("address/street", "The street", &self.street, 200),
            postal_code: faults.line("address/postal_code", "The postal code", &self.postal_code, 20),
            city: faults.line("address/city", "The city", &self.city, 100),
            region: faults.line("address/region", "The region", &self.region, 100),
            country: country(faults, "address/country", &self.country),
        }
    }
}

/// A country as its two letters. Takes the code in any case, or the English name.
pub fn country(faults: &mut Faults, field: &'static str, text: &str) -> String {
    let text = super::text::clean(text);
    if text.is_empty() {
        return text;
    }
    let wanted = fold(&text);
    let found = COUNTRIES.iter().find(|(code, name)| code.eq_ignore_ascii_case(&text) || fold(name) == wanted);
    match found {
        Some((code, _)) => (*code).to_owned(),
        None => {
            faults.add(field, "unknown_country", "Enter a country as its two letters, like GB or DE.");
            text
        }
    }
}

/// A language tag (BCP 47) in its usual case: `en`, `pt-BR`, `zh-Hant`.
pub fn language(faults: &mut Faults, field: &'static str, text: &str) -> String {
    let text = super::text::clean(text).replace('_', "-");
    let is_good = text.is_empty()
        || (text.len() <= 35
            && text.split('-').enumerate().all(|(index, part)| {
                let fits = if index == 0 { (2..=3).contains(&part.len()) } else { (1..=8).contains(&part.len()) };
                let letters =
                    part.bytes().all(|b| if index == 0 { b.is_ascii_alphabetic() } else { b.is_ascii_alphanumeric() });
                fits && letters
            }));
    if !is_good {
        faults.add(field, "unknown_language", "Enter a language as its code, like en, de or pt-BR.");
        return text;
    }
    let parts = text.split('-').enumerate().map(|(index, part)| match (index, part.len()) {
        (0, _) => part.to_ascii_lowercase(),
        (_, 2) => part.to_ascii_uppercase(),
        (_, 4) if part.bytes().all(|b| b.is_ascii_alphabetic()) => {
            let lower = part.to_ascii_lowercase();
            lower[..1].to_ascii_uppercase() + &lower[1..]
        }
        _ => part.to_ascii_lowercase(),
    });
    parts.collect::<Vec<_>>().join("-")
}

/// A time zone of the IANA list, in the list's own spelling.
pub fn time_zone(faults: &mut Faults, field: &'static str, text: &str) -> String {
    let text = super::text::clean(text);
    if text.is_empty() {
        return text;
    }
    match jiff::tz::TimeZone::get(&text) {
        Ok(zone) => zone.iana_name().unwrap_or("UTC").to_owned(),
        Err(_) => {
            faults.add(field, "unknown_time_zone", "Enter a time zone as region and city, like Europe/Berlin.");
            text
        }
    }
}
