//! Finds what a question asks for among all that the asker may see, the likeliest first.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::asking::{Asker, Kind, Question};
use super::marking::{Piece, marked, snippet};
use super::store::{self, FileRow, Narrowing, NoteRow, RecordRow};
use super::words::{Asked, notes_matching, notes_matching_whole, split};
use super::{matching, slips};
use crate::db::Db;
use crate::error::Error;
use crate::id::{CompanyId, ContactId};
use crate::people::attachments::media;
use crate::people::list::filter::{COMPANIES, CONTACTS, Table};
use crate::people::list::{self, Filter, Sort, SortKey};
use crate::people::mentions;
use crate::people::record::Record;
use crate::people::text::fold;
use crate::visitor::Reach;

/// As many of one kind are put in order; of more, the newest.
pub const POOL: i64 = 200;
/// The same of notes and files, which are read whole.
const POOL_OF_TEXTS: i64 = 50;
/// With fewer hits than these, words a slip away are looked for too.
const FEW: usize = 5;

/// What was found.
pub struct Found {
    /// By kind, and within each the likeliest first.
    pub hits: Vec<Hit>,
    /// Wordings that were looked for as well, since the question found little.
    pub instead: Vec<String>,
    /// The question as it was typed found nothing.
    pub is_instead: bool,
}

/// Something that was found.
pub struct Hit {
    pub kind: Kind,
    pub id: i64,
    /// The record itself, or the one that the note or file is on.
    pub on: Record,
    /// Below `/w/{slug}`.
    pub path: String,
    pub icon: &'static str,
    pub label: Vec<Piece>,
    /// What is said beside the label.
    pub more: Vec<Piece>,
    pub is_archived: bool,
    /// By another wording than was typed.
    pub is_corrected: bool,
}

/// Smaller comes first. The order of the fields is the order in which they count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    kind: Kind,
    is_archived: bool,
    is_corrected: bool,
    /// Some word stands there only as the beginning of another.
    is_begun: bool,
    /// Some word is not in the name.
    is_elsewhere: bool,
    activity: Reverse<i64>,
    id: Reverse<i64>,
}

enum Row {
    Record(RecordRow),
    Note(NoteRow),
    File(FileRow),
}

struct Ranked {
    rank: Rank,
    row: Row,
    /// By which of the wordings.
    wording: usize,
}

/// One way to put the question.
struct Wording {
    text: String,
    asked: Option<Asked>,
}

struct Search<'a> {
    db: &'a Db<'a>,
    asker: &'a Asker,
    question: &'a Question,
    wordings: Vec<Wording>,
    seen: HashSet<(Kind, i64)>,
    found: Vec<Ranked>,
}

/// At most `most` hits of each kind.
pub fn find(db: &Db, asker: &Asker, question: &Question, most: usize) -> Result<Found, Error> {
    let asked = Asked::read(&question.words);
    let mut search = Search { db, asker, question, wordings: Vec::new(), seen: HashSet::new(), found: Vec::new() };
    let is_blank = question.words.trim().is_empty();
    if asked.is_some() || is_blank && question.has_conditions() {
        search.gather(Wording { text: question.words.clone(), asked: asked.clone() })?;
    }
    let is_instead = search.found.is_empty();
    let mut instead = Vec::new();
    if let Some(asked) = asked
        && search.found.len() < FEW
    {
        let near = slips::corrections(db, &asked, &|text| search.finds_a_record(text))?;
        for text in near {
            let before = search.found.len();
            search.gather(Wording { asked: Asked::read(&text), text: text.clone() })?;
            if search.found.len() > before {
                instead.push(text);
            }
        }
    }
    let hits = search.hits(most);
    Ok(Found { hits, is_instead: is_instead && !instead.is_empty(), instead })
}

impl Search<'_> {
    /// Adds what one wording finds and none before it found.
    fn gather(&mut self, wording: Wording) -> Result<(), Error> {
        self.wordings.push(wording);
        if self.question.wants(Kind::Contact) {
            let ids = self.contacts(POOL)?;
            self.add_records(Kind::Contact, store::contacts(self.db, &ids)?);
        }
        if self.question.wants(Kind::Company) {
            let rows = match &self.question.companies {
                Some(meant) => self.meant(meant)?,
                None => {
                    let ids = self.companies(POOL)?;
                    store::companies(self.db, &ids)?
                }
            };
            self.add_records(Kind::Company, rows);
        }
        if self.question.wants(Kind::Note) || self.question.wants(Kind::File) {
            self.texts()?;
        }
        Ok(())
    }

    fn wording(&self) -> &Wording {
        &self.wordings[self.wordings.len() - 1]
    }

    fn contacts(&self, limit: i64) -> Result<Vec<i64>, Error> {
        if self.asker.people == Reach::Nothing {
            return Ok(Vec::new());
        }
        let filter = self.filter(&self.asker.people);
        let filters: Vec<Filter> = match &self.question.companies {
            None => vec![filter],
            Some(meant) => {
                let at = |company: &CompanyId| {
                    let mut filter = filter.clone();
                    filter.company = Some(*company);
                    filter
                };
                meant.iter().map(at).collect()
            }
        };
        self.pool(&CONTACTS, &filters, self.wording(), limit)
    }

    fn companies(&self, limit: i64) -> Result<Vec<i64>, Error> {
        if self.asker.organisations == Reach::Nothing {
            return Ok(Vec::new());
        }
        self.pool(&COMPANIES, &[self.filter(&self.asker.organisations)], self.wording(), limit)
    }

    fn filter(&self, reach: &Reach) -> Filter {
        let mut filter = Filter::within(reach);
        (filter.owner, filter.tag) = (self.question.owner, self.question.tag);
        filter
    }

    /// Those that have the words as they stand, then those that have them as beginnings; the archived ones last.
    fn pool(&self, table: &Table, filters: &[Filter], wording: &Wording, limit: i64) -> Result<Vec<i64>, Error> {
        let mut matchings = Vec::new();
        if let Some(asked) = &wording.asked {
            matchings.push(Some(asked.clone().complete().into()));
            let begun = matching(self.db, table.index, &wording.text)?;
            if !matchings.contains(&begun) {
                matchings.push(begun);
            }
        } else {
            matchings.push(None);
        }
        let latest = if table.sorts.contains(&SortKey::Activity) { SortKey::Activity } else { SortKey::Updated };
        let mut ids = Vec::new();
        for archived in [false, true] {
            for matching in &matchings {
                for filter in filters {
                    let left = limit - ids.len() as i64;
                    if left <= 0 {
                        return Ok(ids);
                    }
                    let mut filter = filter.clone();
                    (filter.archived, filter.matching) = (archived, matching.clone());
                    let page = list::page(self.db, table, &filter, Sort::down(latest), None, left)?;
                    for id in page.ids {
                        if !ids.contains(&id) {
                            ids.push(id);
                        }
                    }
                }
            }
        }
        Ok(ids)
    }

    /// The companies that were named themselves, as far as they keep the rest of the question.
    fn meant(&self, companies: &[CompanyId]) -> Result<Vec<RecordRow>, Error> {
        let mut ids: Vec<i64> = companies.iter().map(|id| id.0).collect();
        if let Some(tag) = self.question.tag {
            ids = store::companies_with(self.db, &ids, tag)?;
        }
        let mut rows = store::companies(self.db, &ids)?;
        rows.retain(|row| self.question.owner.is_none_or(|owner| row.owner == Some(owner)));
        if let Some(asked) = &self.wording().asked {
            rows.retain(|row| asked.begins_words_of(&row.words));
        }
        Ok(rows)
    }

    fn add_records(&mut self, kind: Kind, rows: Vec<RecordRow>) {
        for row in rows {
            let asked = self.wording().asked.as_ref();
            let rank = Rank {
                kind,
                is_archived: row.is_archived,
                is_corrected: self.wordings.len() > 1,
                is_begun: asked.is_some_and(|asked| !asked.are_words_of(&row.words)),
                is_elsewhere: asked.is_some_and(|asked| !asked.begins_words_of(&row.name)),
                activity: Reverse(row.activity),
                id: Reverse(row.id),
            };
            self.add(rank, Row::Record(row));
        }
    }

    /// Notes and files; their whole words come first.
    fn texts(&mut self) -> Result<(), Error> {
        let narrowing = Narrowing {
            contact_owners: self.asker.people.owners_json(),
            company_owners: self.asker.organisations.owners_json(),
            owner: self.question.owner,
            tag: self.question.tag,
            companies: self.question.companies.as_ref().map(|ids| {
                let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
                store::json(&ids)
            }),
        };
        let text = self.wording().text.clone();
        let expressions = [(notes_matching_whole(&text), false), (notes_matching(&text), true)];
        for (expression, is_begun) in expressions {
            let Some(expression) = expression else { continue };
            let rank = |kind, is_archived, activity, id| Rank {
                kind,
                is_archived,
                is_corrected: false,
                is_begun,
                is_elsewhere: false,
                activity: Reverse(activity),
                id: Reverse(id),
            };
            if self.question.wants(Kind::Note) {
                for row in store::notes(self.db, &expression, &narrowing, POOL_OF_TEXTS)? {
                    let rank = rank(Kind::Note, row.on.is_archived, row.written, row.id.0);
                    self.add(Rank { is_corrected: self.wordings.len() > 1, ..rank }, Row::Note(row));
                }
            }
            if self.question.wants(Kind::File) {
                for row in store::files(self.db, &expression, &narrowing, POOL_OF_TEXTS)? {
                    let rank = rank(Kind::File, row.on.is_archived, row.added, row.id.0);
                    self.add(Rank { is_corrected: self.wordings.len() > 1, ..rank }, Row::File(row));
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, rank: Rank, row: Row) {
        if self.seen.insert((rank.kind, rank.id.0)) {
            self.found.push(Ranked { rank, row, wording: self.wordings.len() - 1 });
        }
    }

    /// True when a person or company in sight, and within the conditions, has the words.
    fn finds_a_record(&self, text: &str) -> Result<bool, Error> {
        let wording = Wording { asked: Asked::read(text), text: text.to_owned() };
        let mut probe = Search {
            db: self.db,
            asker: self.asker,
            question: self.question,
            wordings: Vec::new(),
            seen: HashSet::new(),
            found: Vec::new(),
        };
        probe.wordings.push(wording);
        Ok(!probe.contacts(1)?.is_empty() || !probe.companies(1)?.is_empty())
    }

    fn hits(mut self, most: usize) -> Vec<Hit> {
        self.found.sort_by_key(|found| found.rank);
        let mut taken = [0; Kind::ALL.len()];
        let mut hits = Vec::new();
        for Ranked { rank, row, wording } in self.found {
            let place = &mut taken[rank.kind as usize];
            if *place == most {
                continue;
            }
            *place += 1;
            let asked = self.wordings[wording].asked.clone().map(Asked::loosened);
            hits.push(hit(rank, row, asked.as_ref(), self.asker));
        }
        hits
    }
}

fn hit(rank: Rank, row: Row, asked: Option<&Asked>, asker: &Asker) -> Hit {
    let Rank { kind, is_archived, is_corrected, id: Reverse(id), .. } = rank;
    let (on, path, icon, label, more) = match row {
        Row::Record(row) => {
            let (on, icon) = match kind {
                Kind::Company => (Record::Company(CompanyId(id)), "building-2"),
                _ => (Record::Contact(ContactId(id)), "contact"),
            };
            (on, on.path(), icon, marked(&row.name, asked), marked(&row.more, asked))
        }
        Row::Note(row) => {
            let words = snippet(&mentions::plain(&row.body, &asker.directory), asked);
            (row.on.record, row.on.record.path(), "sticky-note", words, Piece::plain(&row.on.name))
        }
        Row::File(row) => {
            let icon = media::by_type(&row.media_type).icon;
            (row.on.record, row.object.path(), icon, marked(&row.name, asked), Piece::plain(&row.on.name))
        }
    };
    Hit { kind, id, on, path, icon, label, more, is_archived, is_corrected }
}

impl Asked {
    /// Every word is the beginning of a word of `text`.
    pub fn begins_words_of(&self, text: &str) -> bool {
        let text = fold(text);
        self.words().iter().all(|asked| split(&text).any(|word| word.starts_with(&asked.text)))
    }

    /// Every word stands in `text` as it is; that is folded already.
    fn are_words_of(&self, text: &str) -> bool {
        self.words().iter().all(|asked| split(text).any(|word| word == asked.text))
    }
}
