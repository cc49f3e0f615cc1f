//! A filter tree of three conditions over all people, beside the same question in SQL written by hand.

use holdfast::gate;
use holdfast::people::list::filter::CONTACTS;
use holdfast::people::list::tree::{self, Asking, json};
use holdfast::people::list::{self, Filter, Sort, SortKey};
use holdfast::people::record::Object;
use holdfast::visitor::Reach;

use crate::installation::{self, Place};
use crate::people::{SOURCES, TAGS, scatter};
use crate::report::{Aim, Report};
use crate::timing::{in_turns, speed};
use crate::{Options, Outcome};

const SECTION: &str = "Filters: a tree of three conditions";
const PAGE: i64 = 50;
/// Questions of one round.
const BATCH: usize = 24;
const COUNTRIES: [&str; 6] = ["DE", "PL", "DK", "GB", "FR", "BE"];

/// What somebody would write who knows the tables: SQLite chooses the way.
const BY_HAND: &str = "SELECT c.id FROM contacts c WHERE c.archived_at IS NULL AND c.country = :country AND c.source = :source
    AND EXISTS (SELECT 1 FROM contact_tags x JOIN tags t ON t.id = x.tag_id WHERE x.contact_id = c.id AND t.name_key = :tag)
    ORDER BY c.sort_name, c.id LIMIT :limit";

/// A question by its number: common tags and rare ones, all sources, all countries.
fn question(number: usize) -> (&'static str, &'static str, &'static str) {
    let chance = scatter(number as u64) as usize;
    (TAGS[chance % TAGS.len()], SOURCES[(chance >> 8) % SOURCES.len()], COUNTRIES[(chance >> 16) % COUNTRIES.len()])
}

pub fn measure(options: &Options, place: &Place, report: &mut Report) -> Outcome<()> {
    eprintln!("filters");
    let app = installation::open(&place.data)?;
    let workspace = gate::for_job(&app, place.workspace)?;
    let asking = Asking { me: place.members[0], zone: jiff::tz::TimeZone::UTC };
    // As a program asks: the tree comes as text, and is read against the fields of the moment.
    let mut ours = |number: usize| {
        let (tag, source, country) = question(number % BATCH);
        let text = format!(
            r#"{{"and":[{{"field":"tags","op":"is","value":"{tag}"}},{{"field":"source","op":"is","value":"{source}"}},{{"field":"country","op":"is","value":"{country}"}}]}}"#
        );
        workspace.file.read(app.now(), |db| {
            let mut filter = Filter::within(&Reach::Everything);
            let group = json::parse(&text, "filter")?;
            filter.tree = Some(tree::read(db, Object::Contact, &group, &asking, "filter")?);
            list::page(db, &CONTACTS, &filter, Sort::up(SortKey::Name), None, PAGE).map(drop)
        })
    };
    let mut by_hand = |number: usize| {
        let (tag, source, country) = question(number % BATCH);
        workspace.file.read(app.now(), |db| {
            let asked: [(&str, &dyn rusqlite::ToSql); 4] =
                [(":tag", &tag), (":source", &source), (":country", &country), (":limit", &(PAGE + 1))];
            db.rows(BY_HAND, &asked, |row| row.get::<_, i64>(0)).map(drop)
        })
    };
    let (ours, by_hand) = in_turns(options.rounds(), BATCH, &mut ours, &mut by_hand)?;
    let detail = format!("{}; {} questions; by hand {}", ours.text(), ours.len(), by_hand.text());
    report.add(SECTION, "tag, source and country, a page by name", ours.p99(), "ms p99", Aim::None, detail);
    let detail = "the tree read and the page found, beside one statement written by hand";
    report.add(SECTION, "the same", speed(&ours, &by_hand, BATCH), "of the speed of SQL by hand", Aim::None, detail);
    drop(workspace);
    installation::close(app)
}
