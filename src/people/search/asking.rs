//! A question as somebody types it: words, and conditions in words among them, such as `tag:vip`.

use super::words::Asked;
use super::{Index, matching, store};
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::id::{CompanyId, MemberId, TagId};
use crate::members::directory::{Directory, Person};
use crate::people::list::filter::COMPANIES;
use crate::people::list::{self, Filter, Sort, SortKey, language};
use crate::people::text::fold;
use crate::people::{companies, tags};
use crate::permission::words;
use crate::visitor::Reach;

words! {
    /// What can be found.
    Kind {
        Contact = "contact",
        Company = "company",
        Note = "note",
        File = "file",
    }
}

/// For the OpenAPI document.
pub const DESCRIPTION: &str = "Words to look for, and conditions among them: tag:vip, tag:\"key account\", owner:me, \
    owner:\"Ada Byron\", owner:ada@example.org, company:skelwick, type:note (contact, company, note or file).";

/// As many companies may fit what stands after `company:`.
const COMPANIES_MEANT: usize = 5;
/// Companies that are looked at to find those.
const COMPANIES_SEEN: i64 = 100;

/// Who asks, and what they may see.
pub struct Asker {
    pub me: MemberId,
    pub people: Reach,
    pub organisations: Reach,
    pub directory: Directory,
}

/// What to look for.
#[derive(Debug, Default)]
pub struct Question {
    /// What is left of the text without the conditions.
    pub words: String,
    pub kind: Option<Kind>,
    pub tag: Option<TagId>,
    pub owner: Option<MemberId>,
    pub companies: Option<Vec<CompanyId>>,
}

impl Question {
    /// Reads what was typed. Fails on the field `q` for a condition that names nothing there is, or nothing
    /// the asker may see.
    pub fn read(db: &Db, asker: &Asker, text: &str) -> Result<Question, Error> {
        let mut question = Question::default();
        let mut words: Vec<String> = Vec::new();
        let mut errors = Vec::new();
        for part in language::parts(text) {
            match part.split_once(':') {
                Some((name, value)) if is_condition(name) => {
                    let (name, value) = (name.to_lowercase(), value.trim_matches('"').trim());
                    if let Err(error) = question.narrow(db, asker, &name, value)? {
                        errors.push(error);
                    }
                }
                _ => words.push(part.trim_matches('"').to_owned()),
            }
        }
        question.words = words.join(" ");
        if matches!(question.kind, Some(Kind::Note | Kind::File)) && Asked::read(&question.words).is_none() {
            errors.push(fault("needs_words", "Notes and files are found by their words. Write one more word.".into()));
        }
        if errors.is_empty() { Ok(question) } else { Err(Error::Invalid(errors)) }
    }

    /// True when something besides words says what is meant.
    pub fn has_conditions(&self) -> bool {
        self.kind.is_some() || self.tag.is_some() || self.owner.is_some() || self.companies.is_some()
    }

    pub fn wants(&self, kind: Kind) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
    }

    /// Takes one condition; the inner error is what to tell the asker.
    fn narrow(&mut self, db: &Db, asker: &Asker, name: &str, value: &str) -> Result<Result<(), FieldError>, Error> {
        if value.is_empty() {
            return Ok(Err(fault("empty_condition", format!("Write what you mean right after {name}:"))));
        }
        let is_given = match name {
            "tag" => self.tag.is_some(),
            "owner" => self.owner.is_some(),
            "company" => self.companies.is_some(),
            _ => self.kind.is_some(),
        };
        if is_given {
            return Ok(Err(fault("doubled_filter", format!("Write {name}: once."))));
        }
        match name {
            "tag" => {
                self.tag = tags::service::find_by_name(db, value)?;
                if self.tag.is_none() {
                    return Ok(Err(fault("unknown_tag", format!("There is no tag {value}."))));
                }
            }
            "owner" => match owner(asker, value) {
                Ok(owner) => self.owner = Some(owner),
                Err(error) => return Ok(Err(error)),
            },
            "company" => {
                let meant = companies_called(db, asker, value)?;
                if meant.is_empty() {
                    let message = format!("There is no company {value} that you may see.");
                    return Ok(Err(fault("unknown_company", message)));
                }
                self.companies = Some(meant);
            }
            _ => match kind(value) {
                Some(kind) => self.kind = Some(kind),
                None => {
                    let message = "After type: goes contact, company, note or file.".to_owned();
                    return Ok(Err(fault("unknown_type", message)));
                }
            },
        }
        Ok(Ok(()))
    }
}

/// What stands before a colon may also be a word like any other, as in 10:30.
fn is_condition(name: &str) -> bool {
    ["tag", "owner", "company", "type"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// A type by its word or the plural of it.
pub fn kind(value: &str) -> Option<Kind> {
    match value.to_lowercase().as_str() {
        "person" | "people" | "contacts" => Some(Kind::Contact),
        "companies" => Some(Kind::Company),
        word => Kind::from_word(word.strip_suffix('s').unwrap_or(word)),
    }
}

fn fault(code: &'static str, message: String) -> FieldError {
    FieldError::new("q", code, message)
}

/// The member meant: oneself, or by id, address, name or the beginning of one.
fn owner(asker: &Asker, value: &str) -> Result<MemberId, FieldError> {
    if value.eq_ignore_ascii_case("me") {
        return Ok(asker.me);
    }
    let by_id = value.parse().ok().and_then(|id| asker.directory.find(id));
    let by_address = || asker.directory.list().iter().find(|person| person.email.eq_ignore_ascii_case(value));
    if let Some(person) = by_id.or_else(by_address) {
        return Ok(person.id);
    }
    let wanted = fold(value);
    let named = |fits: &dyn Fn(&str) -> bool| -> Vec<&Person> {
        asker.directory.list().iter().filter(|person| fits(&fold(&person.name))).collect()
    };
    let exact = named(&|name| name == wanted);
    let found = match exact.is_empty() {
        true => named(&|name| name.match_indices(&wanted).any(|(at, _)| at == 0 || name[..at].ends_with(' '))),
        false => exact,
    };
    match found.as_slice() {
        [one] => Ok(one.id),
        [] => Err(fault("unknown_owner", format!("There is no member {value}. Write a name, an email address or me."))),
        _ => Err(fault("ambiguous_owner", format!("More than one member fits {value}. Write the email address."))),
    }
}

/// The companies in sight that are called so: those of exactly this name, or else those whose names begin so.
fn companies_called(db: &Db, asker: &Asker, value: &str) -> Result<Vec<CompanyId>, Error> {
    if asker.organisations == Reach::Nothing {
        return Ok(Vec::new());
    }
    if let Ok(id) = value.parse::<CompanyId>()
        && companies::service::owner(db, id)?.is_some_and(|owner| asker.organisations.covers(owner))
    {
        return Ok(vec![id]);
    }
    let Some(matching) = matching(db, Index::Companies, value)? else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    for archived in [false, true] {
        let mut filter = Filter::within(&asker.organisations);
        (filter.matching, filter.archived) = (Some(matching.clone()), archived);
        ids.extend(list::page(db, &COMPANIES, &filter, Sort::down(SortKey::Created), None, COMPANIES_SEEN)?.ids);
    }
    let rows = store::companies(db, &ids)?;
    let wanted = fold(value);
    let mut meant: Vec<_> = rows.iter().filter(|row| fold(&row.name) == wanted).collect();
    if meant.is_empty() {
        let asked = Asked::read(value);
        meant =
            rows.iter().filter(|row| asked.as_ref().is_some_and(|asked| asked.begins_words_of(&row.name))).collect();
    }
    if meant.is_empty() {
        meant = rows.iter().collect();
    }
    Ok(meant.into_iter().take(COMPANIES_MEANT).map(|row| CompanyId(row.id)).collect())
}
