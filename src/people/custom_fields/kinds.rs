//! What each kind of field accepts, the one form in which a value is kept, and how people read it.

use iso_currency::Currency;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rusqlite::ToSql;
use rusqlite::types::ToSqlOutput;

use super::{CustomField, Kind};
use crate::clock::Timestamp;
use crate::people::text::{Faults, clean, sort_key};
use crate::people::{email, phone};

/// Letters of one line, and of a long text.
const LINE: usize = 500;
const LONG: usize = 10_000;
/// Digits that every program keeps exactly.
const DIGITS: usize = 15;

/// A value in the one form of its kind, and what lists compare.
#[derive(Debug, Clone, PartialEq)]
pub struct Canonical {
    pub value: String,
    pub sort: Sort,
}

/// What a list compares: numbers by size, text folded.
#[derive(Debug, Clone, PartialEq)]
pub enum Sort {
    Text(String),
    Integer(i64),
    Real(f64),
}

impl ToSql for Sort {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Sort::Text(text) => text.to_sql(),
            Sort::Integer(number) => number.to_sql(),
            Sort::Real(number) => number.to_sql(),
        }
    }
}

/// Why a text is no value of the field: the rule as a word, and a sentence that says what to do.
pub type Refusal = (&'static str, String);

fn refused<T>(code: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err((code, message.into()))
}

/// Reads what somebody typed. `country` is where phone numbers without a country code are. Choices and
/// relations need the database and are read elsewhere.
pub fn read(field: &CustomField, text: &str, country: &str) -> Result<Canonical, Refusal> {
    let folded = |value: String| Canonical { sort: Sort::Text(sort_key(&value)), value };
    match field.kind {
        Kind::Text => line(field, text).map(folded),
        Kind::LongText => paragraphs(field, text).map(folded),
        Kind::Number => number(text),
        Kind::Currency => amount(text, &field.currency),
        Kind::Date => match date(text) {
            Some(date) => {
                let value = date.to_string();
                Ok(Canonical { sort: Sort::Text(value.clone()), value })
            }
            None => refused("invalid_date", "Enter a date as year, month and day, like 2026-11-17."),
        },
        Kind::DateTime => match moment(text) {
            Some(moment) => Ok(Canonical { value: moment.rfc3339(), sort: Sort::Integer(moment.0) }),
            None => refused("invalid_moment", "Enter a date and a time, like 2026-11-17T09:30:00Z."),
        },
        Kind::YesNo => match yes_or_no(text) {
            Some(yes) => Ok(Canonical { value: yes.to_string(), sort: Sort::Integer(yes.into()) }),
            None => refused("invalid_choice", "Enter yes or no."),
        },
        Kind::Url => url(text).map(folded),
        Kind::Email => match email::normalise(text) {
            Some(address) => Ok(Canonical { value: clean(text), sort: Sort::Text(address) }),
            None => refused("invalid_email", email::RULE),
        },
        Kind::Phone => match phone::normalise(text, country) {
            Some(number) => Ok(Canonical { sort: Sort::Text(number.clone()), value: number }),
            None => refused("invalid_phone", phone::RULE),
        },
        Kind::Choice | Kind::Choices | Kind::Relation => refused("wrong_type", "Choose from the list."),
    }
}

fn line(field: &CustomField, text: &str) -> Result<String, Refusal> {
    let mut faults = Faults::default();
    let line = faults.line("", &field.label, text, LINE);
    first_of(faults, line)
}

fn paragraphs(field: &CustomField, text: &str) -> Result<String, Refusal> {
    let mut faults = Faults::default();
    let paragraphs = faults.paragraphs("", &field.label, text, LONG);
    first_of(faults, paragraphs)
}

fn first_of(faults: Faults, value: String) -> Result<String, Refusal> {
    faults.none_or(value).map_err(|errors| {
        errors.into_iter().next().map_or(("invalid", String::new()), |error| (error.code, error.message))
    })
}

/// A decimal number. Exact: what is kept is the digits, and [`DIGITS`] of them survive every program.
fn number(text: &str) -> Result<Canonical, Refusal> {
    let value = decimal(text)?;
    let sort = Sort::Real(value.parse().unwrap_or(0.0));
    Ok(Canonical { value, sort })
}

/// The digits of a number as people write it: spaces and apostrophes between groups are dropped, a comma may
/// stand for the point where it cannot mean a thousand.
fn decimal(text: &str) -> Result<String, Refusal> {
    let bare: String = clean(text).chars().filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’' | '_')).collect();
    let bare = bare.replace('\u{2212}', "-");
    let unsigned = bare.strip_prefix(['-', '+']).unwrap_or(&bare);
    let negative = bare.starts_with('-');
    let pointed = match (unsigned.matches(',').count(), unsigned.contains('.')) {
        (0, _) => unsigned.to_owned(),
        (1, false) if unsigned.rsplit(',').next().is_some_and(|decimals| decimals.len() != 3) => {
            unsigned.replace(',', ".")
        }
        (_, true) if is_grouped(unsigned) => unsigned.replace(',', ""),
        _ => {
            return refused(
                "ambiguous_number",
                "The comma could mean a thousand or a fraction. Write the number without groups, like 1234.5.",
            );
        }
    };
    let (whole, fraction) = pointed.split_once('.').unwrap_or((&pointed, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return refused("invalid_number", "Enter a number, like 1234.5.");
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if whole.len() + fraction.len() > DIGITS {
        return refused("too_long", format!("A number can have {DIGITS} digits at most."));
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if negative && (whole != "0" || !fraction.is_empty()) { "-" } else { "" };
    Ok(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// True for `1,234,567.8`: commas every three digits before the point.
fn is_grouped(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or("");
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or("");
    (1..=3).contains(&first.len())
        && groups.all(|group| group.len() == 3)
        && !text.rsplit('.').next().is_some_and(|d| d.contains(','))
}

/// An amount with its currency in front or behind, kept as `EUR 12.50`.
fn amount(text: &str, default: &str) -> Result<Canonical, Refusal> {
    let text = clean(text);
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase();
    let code = if letters.is_empty() { default } else { &letters };
    let Some(currency) = Currency::from_code(code) else {
        return refused("unknown_currency", "Enter the amount with its currency as three letters, like EUR 12.50.");
    };
    let digits: String = text.chars().filter(|c| !c.is_ascii_alphabetic()).collect();
    let value = decimal(digits.trim())?;
    let decimals = usize::from(currency.exponent().unwrap_or(2));
    let (whole, fraction) = value.split_once('.').unwrap_or((&value, ""));
    if fraction.len() > decimals {
        return refused("too_precise", format!("{code} has {decimals} decimal places at most."));
    }
    let sort = Sort::Real(value.parse().unwrap_or(0.0));
    let value =
        if decimals == 0 { format!("{code} {whole}") } else { format!("{code} {whole}.{fraction:0<decimals$}") };
    Ok(Canonical { value, sort })
}

/// True for a currency in use or once in use (ISO 4217).
pub fn is_currency(code: &str) -> bool {
    Currency::from_code(code).is_some()
}

/// The currency and the digits of a kept amount.
pub fn parts_of_amount(value: &str) -> (&str, &str) {
    value.split_once(' ').unwrap_or(("", value))
}

/// A day. Files write it in more ways than forms: with dots it is day first, as everywhere where dots are used.
pub fn date(text: &str) -> Option<Date> {
    let text = clean(text);
    let text = text.split(['T', ' ']).next().unwrap_or("");
    if let Ok(date) = text.parse::<Date>() {
        return Some(date).filter(|date| date.year() >= 1);
    }
    let mut parts = text.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (parts.next().is_none() && date.year() >= 1000).then_some(date)
}

/// A moment; one without a zone is read as UTC.
pub fn moment(text: &str) -> Option<Timestamp> {
    let text = clean(text);
    if let Some(moment) = Timestamp::parse(&text) {
        return Some(moment);
    }
    let local: DateTime = text.parse().ok()?;
    let moment = local.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp(moment.timestamp().as_millisecond()))
}

/// A yes or a no in the words of several languages.
pub fn yes_or_no(text: &str) -> Option<bool> {
    match clean(text).to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "on" | "x" | "ja" | "oui" | "si" | "sí" => Some(true),
        "false" | "no" | "n" | "0" | "off" | "nein" | "non" => Some(false),
        _ => None,
    }
}

/// A web address. Only the two schemes that a browser opens without running anything.
fn url(text: &str) -> Result<String, Refusal> {
    let text = clean(text);
    let full = if text.contains("://") { text } else { format!("https://{text}") };
    let good = url::Url::parse(&full)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| host.contains('.')))
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .map(String::from)
        .filter(|url| url.len() <= 2_000);
    good.ok_or(("invalid_url", "Enter a web address, like https://example.org/page.".into()))
}

/// For people to read.
pub fn shown(kind: Kind, value: &str) -> String {
    match kind {
        Kind::YesNo => (if value == "true" { "Yes" } else { "No" }).to_owned(),
        Kind::Phone => phone::display(value),
        Kind::Currency => {
            let (currency, digits) = parts_of_amount(value);
            format!("{} {currency}", grouped(digits))
        }
        Kind::Number => grouped(value),
        _ => value.to_owned(),
    }
}

/// Commas between thousands.
fn grouped(digits: &str) -> String {
    let (sign, unsigned) = digits.strip_prefix('-').map_or(("", digits), |rest| ("−", rest));
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(fraction) = fraction {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}
