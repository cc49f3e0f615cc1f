//! Phone numbers: read in the way of the workspace's country, kept as E.164.

use std::str::FromStr;

use phonenumber::country;

use super::text::clean;

/// What to tell somebody whose number does not pass.
pub const RULE: &str = "Enter a phone number with its country code, like +44 1632 960144.";

/// Marks an extension behind the number, as in RFC 3966.
const EXTENSION: &str = ";ext=";

/// The number as E.164 (`+441632960144`), with `;ext=12` behind it when it has an extension.
///
/// `default_country` (ISO, two letters) is where numbers without `+` are; without it such a number
/// cannot be read. Numbers that no plan knows yet are taken when their length is possible: plans grow.
pub fn normalise(text: &str, default_country: &str) -> Option<String> {
    let typed = clean(text);
    let (number, extension) = match typed.split_once(EXTENSION) {
        Some((number, extension)) => (number, Some(extension.to_owned())),
        None => (typed.as_str(), None),
    };
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_plausible = number.is_ascii()
        && (5..=25).contains(&digits)
        && number.len() <= 60
        && number.bytes().all(|byte| byte.is_ascii_digit() || b" +-()./#xXeEtT,:\t".contains(&byte));
    if !is_plausible {
        return None;
    }
    // Many write 00 for +.
    let number = match number.trim_start_matches(['(', ' ']).strip_prefix("00") {
        Some(rest) if !rest.starts_with('0') => format!("+{rest}"),
        _ => number.to_owned(),
    };
    // +44 (0)1632: the trunk prefix in brackets is for callers inside the country.
    let number =
        if number.trim_start_matches(['(', ' ']).starts_with('+') { number.replace("(0)", "") } else { number };
    let country = if number.trim_start_matches(['(', ' ']).starts_with('+') {
        None // It says itself where it is.
    } else {
        Some(country::Id::from_str(default_country).ok()?)
    };
    let parsed = phonenumber::parse(country, &number).ok()?;
    let e164 = e164(&parsed)?;
    // A number that reads differently the second time is no number one could dial. One that was read as it
    // is kept does not.
    if e164 != number
        && phonenumber::parse(None, &e164).ok().and_then(|again| self::e164(&again)).as_ref() != Some(&e164)
    {
        return None;
    }
    let extension = extension.or_else(|| parsed.extension().map(|extension| extension.to_string()));
    match extension {
        None => Some(e164),
        Some(extension) => {
            let is_good = (1..=10).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_digit());
            is_good.then(|| format!("{e164}{EXTENSION}{extension}"))
        }
    }
}

/// `None` for what E.164 has no room for: it allows 15 digits, and nothing shorter than seven with its
/// country code is dialled from abroad.
fn e164(number: &phonenumber::PhoneNumber) -> Option<String> {
    let e164 = format!("+{}{}", number.code().value(), number.national());
    (8..=16).contains(&e164.len()).then_some(e164)
}

/// The digits by which a number is found: with the country code, and as dialled inside the country.
pub fn search_digits(normalised: &str) -> Vec<String> {
    let e164 = normalised.split(EXTENSION).next().unwrap_or("").trim_start_matches('+');
    let national = e164.get(country_code_length(e164)..).unwrap_or("");
    [e164, national].iter().filter(|digits| !digits.is_empty()).map(|digits| (*digits).to_owned()).collect()
}

/// How many digits the country code has. The plan of E.164 is built so that the first two tell.
fn country_code_length(e164: &str) -> usize {
    const TWO: [&str; 44] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
        "86", "90", "91", "92", "93", "94", "95", "98",
    ];
    match e164.get(..2) {
        Some(start) if start.starts_with(['1', '7']) => 1,
        Some(start) if TWO.contains(&start) => 2,
        _ => 3.min(e164.len()),
    }
}

/// A number as people read it: `+44 1632 960144`.
pub fn display(normalised: &str) -> String {
    let (e164, extension) = normalised.split_once(EXTENSION).unwrap_or((normalised, ""));
    let shown = match phonenumber::parse(None, e164) {
        Ok(parsed) => parsed.format().mode(phonenumber::Mode::International).to_string(),
        Err(_) => e164.to_owned(),
    };
    if extension.is_empty() { shown } else { format!("{shown} ext. {extension}") }
}
