//! Reads a tree against the fields of the moment: every condition becomes a test, or an error that names it.

use jiff::tz::TimeZone;

use super::days::{self, Days};
use super::fields::{CUSTOM, Field, Fields, Holds, Place};
use super::operators::{Operator, Takes};
use super::{Condition, Group, MOST_VALUES, Node, json};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::id::MemberId;
use crate::people::countries::COUNTRIES;
use crate::people::custom_fields::{Definitions, Refusal, Sort, compared};
use crate::people::record::{Object, Record};
use crate::people::text::{fold, sort_key};
use crate::people::{email, merging, phone, settings, tags};

/// Who asks, and where they are: what `me` and `today` mean.
#[derive(Debug, Clone)]
pub struct Asking {
    pub me: MemberId,
    pub zone: TimeZone,
}

/// A tree whose conditions can be answered.
#[derive(Debug)]
pub(super) enum Checked {
    All(Vec<Checked>),
    Any(Vec<Checked>),
    Test(Test),
}

/// One question to one field.
#[derive(Debug)]
pub(super) struct Test {
    pub place: Place,
    pub ask: Ask,
    /// The opposite is meant, which holds without a value too.
    pub negated: bool,
}

/// What a value must be.
#[derive(Debug)]
pub(super) enum Ask {
    Empty,
    /// The flag is set.
    Set,
    OneOf(Vec<Sort>),
    Contains(String),
    Begins(String),
    Range(Range),
}

/// From here to there; an end that is absent is open.
#[derive(Debug, Default)]
pub(super) struct Range {
    pub from: Option<Sort>,
    /// The end itself is left out.
    pub without_from: bool,
    pub until: Option<Sort>,
    pub without_until: bool,
    /// Amounts in others are left out.
    pub currency: Option<String>,
}

/// Reads the tree. Fails with one error for each condition that cannot be answered, placed below `at`.
pub fn read(db: &Db, object: Object, group: &Group, asking: &Asking, at: &str) -> Result<super::sql::Compiled, Error> {
    let fields = Fields::of(object, &Definitions::load(db, object)?);
    let country = settings::service::default_country(db)?;
    let mut reader = Reader { db, fields, country, asking, errors: Vec::new() };
    json::check_size(group, at, &mut reader.errors);
    let checked = reader.group(group, at)?;
    if !reader.errors.is_empty() {
        return Err(Error::Invalid(reader.errors));
    }
    let asks_archived = group.conditions().iter().any(|condition| condition.field == "archived");
    Ok(super::sql::Compiled::new(object, &checked, asks_archived))
}

struct Reader<'a> {
    db: &'a Db<'a>,
    fields: Fields,
    country: String,
    asking: &'a Asking,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    fn group(&mut self, group: &Group, at: &str) -> Result<Checked, Error> {
        let key = if group.any { "or" } else { "and" };
        let mut of = Vec::new();
        for (place, node) in group.of.iter().enumerate() {
            let at = format!("{at}/{key}/{place}");
            match node {
                Node::Group(inner) if inner.of.is_empty() => {
                    let message = "A group needs a condition. Add one, or take the group away.";
                    self.errors.push(FieldError::new(at, "required", message));
                }
                Node::Group(inner) => of.push(self.group(inner, &at)?),
                Node::Condition(condition) => of.extend(self.condition(condition, &at)?),
            }
        }
        Ok(if group.any { Checked::Any(of) } else { Checked::All(of) })
    }

    /// `None` once an error was noted.
    fn condition(&mut self, condition: &Condition, at: &str) -> Result<Option<Checked>, Error> {
        let Some(field) = self.fields.find(&condition.field).cloned() else {
            let message = match condition.field.strip_prefix(CUSTOM) {
                Some(key) => format!("There is no field {key} in use any more. Choose another, or take this away."),
                None => format!("There is no field {} to filter by. Choose another.", condition.field),
            };
            self.errors.push(FieldError::new(format!("{at}/field"), "unknown_field", message));
            return Ok(None);
        };
        let operator = Operator::from_word(&condition.operator).filter(|known| field.operators().contains(known));
        let Some(operator) = operator else {
            let known: Vec<&str> = field.operators().iter().map(|operator| operator.word()).collect();
            let message = format!("{} cannot be asked so. Use one of: {}.", field.label, known.join(", "));
            self.errors.push(FieldError::new(format!("{at}/op"), "unknown_operator", message));
            return Ok(None);
        };
        match self.asked(&field, operator, &condition.values)? {
            Ok(asks) => {
                let negated = operator.is_negative();
                let test = |ask: Ask| Checked::Test(Test { place: field.place, ask, negated });
                let mut tests: Vec<Checked> = asks.into_iter().map(test).collect();
                Ok(if tests.len() == 1 { tests.pop() } else { Some(Checked::All(tests)) })
            }
            Err((code, message)) => {
                self.errors.push(FieldError::new(format!("{at}/value"), code, message));
                Ok(None)
            }
        }
    }

    /// What the condition asks; several when all of them must hold.
    fn asked(&self, field: &Field, operator: Operator, values: &[String]) -> Result<Result<Vec<Ask>, Refusal>, Error> {
        let values: Vec<String> =
            values.iter().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect();
        if let Err(refusal) = counted(field, operator.takes(), values.len()) {
            return Ok(Err(refusal));
        }
        if operator.takes() == Takes::Nothing {
            return Ok(Ok(vec![Ask::Empty]));
        }
        match operator {
            Operator::Contains | Operator::ContainsNot => {
                Ok(self.part(field, &values[0]).map(|part| vec![Ask::Contains(part)]))
            }
            Operator::StartsWith => Ok(self.part(field, &values[0]).map(|part| vec![Ask::Begins(part)])),
            _ if matches!(field.holds, Holds::Day | Holds::Moment) => {
                Ok(self.span(field, operator, &values).map(|range| vec![Ask::Range(range)]))
            }
            _ if matches!(field.holds, Holds::Number | Holds::Amount) => {
                Ok(self.size(field, operator, &values).map(|range| vec![Ask::Range(range)]))
            }
            _ if field.holds == Holds::Flag => Ok(flag(&values[0]).map(|is_set| vec![is_set])),
            Operator::AllOf => {
                let asks = self.keys(field, &values)?;
                Ok(asks.map(|keys| keys.into_iter().map(|key| Ask::OneOf(vec![key])).collect()))
            }
            _ => Ok(self.keys(field, &values)?.map(|keys| vec![Ask::OneOf(keys)])),
        }
    }

    /// The values as they are kept, for comparing as a whole.
    fn keys(&self, field: &Field, values: &[String]) -> Result<Result<Vec<Sort>, Refusal>, Error> {
        let mut keys = Vec::new();
        for value in values {
            match self.key(field, value)? {
                Ok(key) => keys.push(key),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        Ok(Ok(keys))
    }

    fn key(&self, field: &Field, value: &str) -> Result<Result<Sort, Refusal>, Error> {
        Ok(match (field.holds, field.place) {
            (Holds::Tags, _) => match tags::service::find_by_name(self.db, value)? {
                Some(tag) => Ok(Sort::Integer(tag.0)),
                None => Err(("unknown_tag", format!("There is no tag {value}. Choose another, or take this away."))),
            },
            (Holds::Member, _) if value == "me" => Ok(Sort::Integer(self.asking.me.0)),
            (Holds::Member, _) => value
                .parse()
                .map(Sort::Integer)
                .map_err(|_| ("unknown_member", "Name a member by their number, or me.".into())),
            (Holds::Record(object), _) => self.record(object, value)?,
            (Holds::Country, _) => country(value),
            (Holds::Email, Place::Identities(_)) => {
                Ok(Sort::Text(email::normalise(value).unwrap_or_else(|| value.to_lowercase())))
            }
            (Holds::Phone, Place::Identities(_)) => {
                phone::normalise(value, &self.country).map(Sort::Text).ok_or(("invalid_phone", phone::RULE.into()))
            }
            (_, Place::Folded { .. }) => Ok(Sort::Text(sort_key(value))),
            (_, Place::Text { .. }) => Ok(Sort::Text(fold(value))),
            _ => match &field.custom {
                Some(custom) => compared(custom, value, &self.country).map(|compared| compared.key),
                None => Err(("unknown_operator", format!("{} cannot be compared so.", field.label))),
            },
        })
    }

    /// A record by its number. One that went into another since is meant as that other.
    fn record(&self, object: Object, value: &str) -> Result<Result<Sort, Refusal>, Error> {
        let Some(record) = value.trim_start_matches('#').parse().ok().and_then(|id| Record::new(object.word(), id))
        else {
            return Ok(Err((
                "unknown_record",
                "Name the record by its number, like 12. It stands in the address of its page.".into(),
            )));
        };
        let successor = if record.find(self.db)?.is_some() { None } else { merging::successor(self.db, record)? };
        Ok(Ok(Sort::Integer(successor.unwrap_or(record).id())))
    }

    /// A part of a text, in the form that is looked at.
    fn part(&self, field: &Field, value: &str) -> Result<String, Refusal> {
        let part = match field.holds {
            Holds::Email => value.to_lowercase(),
            Holds::Phone => value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
            _ => fold(value),
        };
        if part.is_empty() {
            return Err(("required", format!("Enter letters or digits that {} is searched for.", field.label)));
        }
        Ok(part)
    }

    /// Days or moments.
    fn span(&self, field: &Field, operator: Operator, values: &[String]) -> Result<Range, Refusal> {
        if field.holds == Holds::Moment
            && let Some(range) = exact(operator, values)
        {
            return Ok(range);
        }
        let today = self.db.now.zoned(&self.asking.zone).date();
        let asked: Days = days::days(operator, values, today)?;
        if field.holds == Holds::Day {
            let text = |day: jiff::civil::Date| Sort::Text(day.to_string());
            return Ok(Range { from: asked.from.map(text), until: asked.until.map(text), ..Range::default() });
        }
        let (from, until) = asked.moments(&self.asking.zone)?;
        let key = |moment: Timestamp| Sort::Integer(moment.0);
        Ok(Range { from: from.map(key), until: until.map(key), without_until: true, ..Range::default() })
    }

    /// Numbers and amounts.
    fn size(&self, field: &Field, operator: Operator, values: &[String]) -> Result<Range, Refusal> {
        let Some(custom) = &field.custom else {
            return Err(("unknown_operator", format!("{} has no size.", field.label)));
        };
        let with = compared(custom, &values[0], &self.country)?;
        let key = Some(with.key.clone());
        let mut range = Range { currency: with.currency.clone(), ..Range::default() };
        match operator {
            Operator::Greater | Operator::AtLeast => {
                range.from = key;
                range.without_from = operator == Operator::Greater;
            }
            Operator::Less | Operator::AtMost => {
                range.until = key;
                range.without_until = operator == Operator::Less;
            }
            Operator::Between => {
                let to = compared(custom, &values[1], &self.country)?;
                if to.currency != with.currency {
                    return Err(("two_currencies", "Name the same currency at both ends.".into()));
                }
                if let (Sort::Real(from), Sort::Real(until)) = (&with.key, &to.key)
                    && from > until
                {
                    return Err((
                        "out_of_order",
                        "The first number is larger than the second. Turn them round.".into(),
                    ));
                }
                (range.from, range.until) = (key, Some(to.key));
            }
            _ => (range.from, range.until) = (key.clone(), key),
        }
        Ok(range)
    }
}

/// Moments to the second, as programs send them.
fn exact(operator: Operator, values: &[String]) -> Option<Range> {
    let moments: Vec<Sort> =
        values.iter().map(|value| Timestamp::parse(value).map(|at| Sort::Integer(at.0))).collect::<Option<_>>()?;
    let first = moments.first().cloned();
    Some(match operator {
        Operator::Before => Range { until: first, without_until: true, ..Range::default() },
        Operator::AtMost => Range { until: first, ..Range::default() },
        Operator::After => Range { from: first, without_from: true, ..Range::default() },
        Operator::AtLeast => Range { from: first, ..Range::default() },
        Operator::Between => Range { from: first, until: moments.get(1).cloned(), ..Range::default() },
        Operator::Is | Operator::IsNot => Range { from: first.clone(), until: first, ..Range::default() },
        _ => return None,
    })
}

/// Refuses a wrong number of values.
fn counted(field: &Field, takes: Takes, values: usize) -> Result<(), Refusal> {
    let label = &field.label;
    match (takes, values) {
        (Takes::Nothing, 0) | (Takes::Two, 2) | (Takes::One | Takes::Days | Takes::Period, 1) => Ok(()),
        (Takes::Several, 1..=MOST_VALUES) => Ok(()),
        (Takes::Nothing, _) => Err(("too_many", format!("Whether {label} is empty is asked without a value."))),
        (Takes::Several, 0) | (Takes::One | Takes::Days | Takes::Period, 0) => {
            Err(("required", format!("{label} is compared with a value. Enter one.")))
        }
        (Takes::Several, _) => Err(("too_many", format!("{MOST_VALUES} values are the most for one condition."))),
        (Takes::Two, _) => Err(("required", format!("{label} needs two values, from and to."))),
        (Takes::One | Takes::Days | Takes::Period, _) => {
            Err(("too_many", format!("{label} is compared with one value here. Use any_of for several.")))
        }
    }
}

fn flag(value: &str) -> Result<Ask, Refusal> {
    match value.to_lowercase().as_str() {
        "true" | "yes" => Ok(Ask::Set),
        "false" | "no" => Ok(Ask::Empty),
        _ => Err(("invalid_choice", "Enter yes or no.".into())),
    }
}

/// A country by its two letters or its English name.
fn country(value: &str) -> Result<Sort, Refusal> {
    let wanted = fold(value);
    let found = COUNTRIES.iter().find(|(code, name)| code.eq_ignore_ascii_case(value) || fold(name) == wanted);
    found
        .map(|(code, _)| Sort::Text((*code).to_owned()))
        .ok_or(("unknown_country", "Enter a country as its two letters, like GB or DE.".into()))
}
