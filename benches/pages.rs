//! The contacts page and search at a million people: the server's own time, as its log says it.

use holdfast::gate;
use holdfast::people::list::{Cursor, Key};

use crate::client::{browser, escape, program};
use crate::installation::{self, Place};
use crate::people::{self, SOURCES, TAGS};
use crate::report::{Aim, Report};
use crate::server::Server;
use crate::timing::{Samples, ms};
use crate::{Options, Outcome};

const SECTION: &str = "Pages: server time";
/// How often every search is asked.
const ROUNDS: usize = 3;

pub fn measure(options: &Options, place: &Place, report: &mut Report) -> Outcome<()> {
    eprintln!("pages");
    let addresses = addresses(place)?;
    let server = Server::product(&place.data)?;
    let base = format!("/w/{}/people/contacts", place.slug);
    let times = if options.quick { 20 } else { 100 };
    let pages: Vec<(String, Vec<u8>)> = addresses
        .into_iter()
        .map(|query| (query.clone(), browser(&format!("{base}?{query}"), &place.cookie)))
        .collect();
    let mut by_address: Vec<(String, Samples)> =
        pages.iter().map(|(query, _)| (query.clone(), Samples::default())).collect();
    for round in 0..=times {
        // The first round is what a server sees that has just started; it is counted too.
        let took = ask(&server, pages.iter().map(|(_, request)| request.clone()))?;
        for ((_, samples), ms) in by_address.iter_mut().zip(took).filter(|_| round > 0 || !options.quick) {
            samples.push_ms(ms);
        }
    }
    let mut all = Samples::default();
    by_address.iter().for_each(|(_, samples)| all.extend(samples));
    by_address.sort_by(|(_, a), (_, b)| b.p99().total_cmp(&a.p99()));
    let slowest: Vec<String> =
        by_address.iter().take(4).map(|(query, s)| format!("?{query} {}", ms(s.p99()))).collect();
    let detail = format!("{}; {} requests; slowest by p99: {}", all.text(), all.len(), slowest.join(", "));
    report.add(SECTION, "contacts page, every sort, filter and depth", all.p99(), "ms p99", Aim::AtMost(20.0), detail);
    let medians: Vec<f64> = by_address.iter().map(|(_, samples)| samples.median()).collect();
    by_median(report, "the same, each address by its median", medians);

    let searches = if options.quick { 400 } else { 2_000 };
    let words: Vec<String> = (0..searches).map(|number| people::search(number, place.people)).collect();
    let pages = words.iter().map(|words| browser(&format!("{base}?q={}", escape(words)), &place.cookie));
    figure(report, "search, on the contacts page", Aim::None, &server, &words, pages)?;
    let programs = words.iter().enumerate().map(|(number, words)| {
        let path = format!("/api/v1/contacts?limit=50&q={}", escape(words));
        program("GET", &path, &place.tokens[number % place.tokens.len()], "")
    });
    figure(report, "search, by the API", Aim::AtMost(10.0), &server, &words, programs)
}

fn figure(
    report: &mut Report,
    name: &str,
    aim: Aim,
    server: &Server,
    words: &[String],
    requests: impl Iterator<Item = Vec<u8>>,
) -> Outcome<()> {
    let requests: Vec<Vec<u8>> = requests.collect();
    let mut by_words = vec![Samples::default(); words.len()];
    let mut all = Samples::default();
    for _ in 0..ROUNDS {
        for (samples, ms) in by_words.iter_mut().zip(ask(server, requests.iter().cloned())?) {
            samples.push_ms(ms);
            all.push_ms(ms);
        }
    }
    let mut slowest: Vec<(f64, &String)> = by_words.iter().map(Samples::median).zip(words).collect();
    slowest.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let slowest: Vec<String> = slowest.iter().take(5).map(|(took, words)| format!("{words} {}", ms(*took))).collect();
    let detail = format!("{}; {} requests; slowest by median: {}", all.text(), all.len(), slowest.join(", "));
    report.add(SECTION, name, all.p99(), "ms p99", aim, detail);
    by_median(report, "the same, each search by its median", by_words.iter().map(Samples::median).collect());
    Ok(())
}

/// Says what the questions themselves cost, without the moments in which the machine had something else to
/// do. It has no aim: who waits, waits for those too.
fn by_median(report: &mut Report, name: &str, medians: Vec<f64>) {
    let mut samples = Samples::default();
    medians.into_iter().for_each(|ms| samples.push_ms(ms));
    report.add(SECTION, name, samples.p99(), "ms p99", Aim::None, samples.text());
}

/// Asks one after the other; returns how long the server says each took.
fn ask(server: &Server, requests: impl Iterator<Item = Vec<u8>>) -> Outcome<Vec<f64>> {
    let since = server.log_length()?;
    let mut connection = server.connect()?;
    let mut asked = 0;
    for request in requests {
        let status = connection.send(&request)?;
        if status != 200 {
            let start = String::from_utf8_lossy(&request[..request.len().min(120)]).into_owned();
            return Err(format!("{status} for {start}: {}", String::from_utf8_lossy(connection.body())).into());
        }
        asked += 1;
    }
    let times = server.times(since)?;
    if times.len() != asked {
        Err(format!("{asked} requests, but {} lines in the log", times.len()).into())
    } else {
        Ok(times)
    }
}

/// Every way to sort, at the top, in the middle and near the end; every filter, and filters together.
fn addresses(place: &Place) -> Outcome<Vec<String>> {
    let mut all = vec![String::new()];
    let app = installation::open(&place.data)?;
    let workspace = gate::for_job(&app, place.workspace)?;
    let sorts = [
        ("name", "sort_name"),
        ("company", "company_sort"),
        ("created_at", "id"),
        ("updated_at", "updated_at"),
        ("last_activity_at", "last_activity_at"),
    ];
    for (word, column) in sorts {
        for descending in [false, true] {
            let sort = format!("sort={}{word}", if descending { "-" } else { "" });
            all.push(sort.clone());
            for tenths in [5, 9] {
                let skip = i64::try_from(place.people)? * tenths / 10;
                let order = if descending { "DESC" } else { "ASC" };
                let sql = format!(
                    "SELECT id, {column} FROM contacts WHERE archived_at IS NULL ORDER BY {column} {order}, id {order} LIMIT 1 OFFSET {skip}"
                );
                let found = workspace.file.read(app.now(), |db| {
                    db.row(&sql, &[], |row| {
                        let key = match row.get::<_, rusqlite::types::Value>(1)? {
                            rusqlite::types::Value::Integer(number) => Key::Number(number),
                            rusqlite::types::Value::Text(text) => Key::Text(text),
                            _ => Key::Number(0),
                        };
                        Ok((row.get::<_, i64>(0)?, key))
                    })
                })?;
                let (id, key) = found.ok_or("the workspace has too few people")?;
                for before in [false, true] {
                    let cursor = Cursor { before, key: key.clone(), id, position: skip + 1 };
                    all.push(format!("{sort}&cursor={}", cursor.encode()));
                }
            }
        }
    }
    let company = workspace.file.read(app.now(), |db| db.count("SELECT max(id) / 2 FROM companies", &[]))?;
    drop(workspace);
    installation::close(app)?;
    let (common, rare) = (escape(TAGS[0]), escape(TAGS[TAGS.len() - 1]));
    let member = place.members.get(1).map_or(1, |member| member.0);
    let source = escape(SOURCES[0]);
    all.extend([
        format!("tag={common}"),
        format!("tag={rare}"),
        format!("tag={rare}&sort=name"),
        format!("tag={common}&sort=-created_at"),
        "owner=me".into(),
        format!("owner={member}&sort=name"),
        format!("owner={member}&tag={common}"),
        format!("company={company}"),
        format!("source={source}"),
        format!("source={source}&sort=company"),
        "email=yes".into(),
        "email=no".into(),
        "phone=no".into(),
        "phone=yes&sort=name".into(),
        "archived=true".into(),
        "created_since=2020-01-01".into(),
        "updated_since=2026-01-01&sort=name".into(),
        "created_since=2099-01-01".into(),
        format!("tag={rare}&phone=no&owner=me&sort=name"),
        format!("source={source}&tag={rare}&email=no"),
        format!("q=mar&tag={rare}"),
        format!("q=ne&owner={member}"),
        format!("q=solene&source={source}&sort=name"),
        "q=zzzzzz".into(),
    ]);
    Ok(all)
}
