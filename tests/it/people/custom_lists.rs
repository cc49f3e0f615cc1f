//! Lists with fields of the workspace's own: narrowed by them, sorted by them, shown in columns.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add, id, member_id, names, permit};
use crate::support::client::between;
use crate::support::{Client, TestApp};

const LIST: &str = "/w/alpha/people/contacts";

fn define(program: &Client, label: &str, kind: &str, more: &Value) -> i64 {
    let mut body = json!({ "object": "contact", "label": label, "kind": kind, "personal": false });
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    id(&program.call("POST", "/api/v1/custom-fields", &body).expect(201).json())
}

/// Fields of every kind, and three people: Ada has everything, Bo something else, Cy nothing.
fn begin(app: &TestApp) -> Client {
    let program = app.program_of(OWNER, "alpha");
    for kind in ["text", "long_text", "number", "date", "date_time", "yes_no", "url", "email", "phone"] {
        define(&program, kind, kind, &json!({ "key": kind }));
    }
    define(&program, "Budget", "currency", &json!({ "currency": "EUR" }));
    for kind in ["choice", "choices"] {
        define(&program, kind, kind, &json!({ "choices": ["Red", "Dark green", "Blue"] }));
    }
    define(&program, "Boss", "relation", &json!({ "target": "contact" }));
    let boss = id(&add(&program, &json!({ "given_name": "Zed" })));
    add(
        &program,
        &json!({ "given_name": "Ada", "custom": {
        "text": "Élan vital", "long_text": "One\nTwo", "number": 5, "date": "2026-01-01", "date_time": "2026-01-01T10:00:00Z",
        "yes_no": true, "url": "https://example.org/ada", "email": "Ada@Side.example", "phone": "+441632960777",
        "budget": { "amount": "100", "currency": "EUR" }, "choice": "Dark green", "choices": ["Red", "Blue"], "boss": { "id": boss },
    } }),
    );
    add(
        &program,
        &json!({ "given_name": "Bo", "custom": {
        "text": "Other", "number": 10.5, "date": "2026-02-01", "date_time": "2026-02-01T10:00:00Z", "yes_no": false,
        "budget": { "amount": "100", "currency": "USD" }, "choice": "Red", "choices": ["Blue"],
    } }),
    );
    add(&program, &json!({ "given_name": "Cy" }));
    program
}

/// The names that a filter leaves of the people made here, in the order they were made.
fn found(program: &Client, filter: &str) -> Vec<String> {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
    let answer = program.get(&format!("/api/v1/contacts?{query}&count=true&limit=200")).expect(200);
    let names = names(&answer);
    assert_eq!(answer.json()["total"], names.len(), "{filter}");
    names
}

#[test]
fn every_kind_of_field_narrows_a_list() {
    let app = TestApp::start();
    let program = begin(&app);
    let zed = program.get("/api/v1/contacts?q=zed").expect(200).json()["data"][0]["id"].clone();
    let boss = format!("custom.boss:{zed}");
    for (filter, wanted) in [
        ("custom.text:\"elan  VITAL\"", &["Ada"][..]),
        ("custom.text:elan", &[]),
        ("custom.long_text:\"one two\"", &["Ada"]),
        ("custom.number:5.0", &["Ada"]),
        ("custom.number>5", &["Bo"]),
        ("custom.number>=5", &["Ada", "Bo"]),
        ("custom.number<10.5", &["Ada"]),
        ("custom.number<=10.5", &["Ada", "Bo"]),
        ("custom.number>5 custom.number<10", &[]),
        ("custom.date:2026-01-01", &["Ada"]),
        ("custom.date<2026-01-01", &[]),
        ("custom.date>2026-01-01", &["Bo"]),
        ("custom.date_time>2026-01-01 custom.date_time<2026-01-02", &["Ada"]),
        ("custom.date_time:2026-02-01T10:00:00Z", &["Bo"]),
        ("custom.yes_no:yes", &["Ada"]),
        ("custom.yes_no:no", &["Bo"]),
        ("custom.url:example.org/ada", &["Ada"]),
        ("custom.email:ada@side.example", &["Ada"]),
        ("custom.phone:+441632960777", &["Ada"]),
        ("custom.budget:100", &["Ada", "Bo"]),
        ("custom.budget:\"USD 100\"", &["Bo"]),
        ("custom.budget>=\"EUR 50\"", &["Ada"]),
        ("custom.budget>100", &[]),
        ("custom.choice:\"dark green\"", &["Ada"]),
        ("custom.choices:blue", &["Ada", "Bo"]),
        ("custom.choices:Red", &["Ada"]),
        (&boss, &["Ada"]),
        ("has:custom.choices", &["Ada", "Bo"]),
        ("has:custom.boss", &["Ada"]),
        ("custom.choices:Blue custom.number>6 custom.yes_no:no", &["Bo"]),
        ("custom.choices:Blue no:custom.long_text", &["Bo"]),
    ] {
        assert_eq!(found(&program, filter), wanted, "{filter}");
    }
    let without = found(&program, "no:custom.number");
    assert!(without.contains(&"Cy".to_owned()) && !without.contains(&"Ada".to_owned()), "{without:?}");
    // Together with words, and in the whole of what bulk edits and exports take.
    assert_eq!(names(&program.get("/api/v1/contacts?q=ada&filter=custom.yes_no:yes").expect(200)), ["Ada"]);
    assert!(names(&program.get("/api/v1/contacts?q=ada&filter=custom.yes_no:no").expect(200)).is_empty());
}

#[test]
fn a_condition_that_cannot_be_read_names_its_part_and_the_rule() {
    let app = TestApp::start();
    let program = begin(&app);
    let gone = define(&program, "Gone", "text", &json!({}));
    let path = format!("/api/v1/custom-fields/{gone}");
    program.change("PATCH", &path, 1, &json!({ "archived": true })).expect(200);
    for (filter, code) in [
        ("custom.shoe:5", "unknown_field"),
        ("custom.gone:x", "unknown_field"),
        ("has:custom.shoe", "unknown_field"),
        ("custom.number:many", "invalid_number"),
        ("custom.number>", "required"),
        ("custom.date<soon", "invalid_date"),
        ("custom.date_time>soon", "invalid_moment"),
        ("custom.yes_no:perhaps", "invalid_choice"),
        ("custom.choice:Pink", "unknown_choice"),
        ("custom.text>a", "not_ordered"),
        ("custom.choice<Red", "not_ordered"),
        ("custom.boss:Zed", "unknown_record"),
        ("custom.number>1 custom.number>2", "doubled_filter"),
        ("has:custom.text no:custom.text", "doubled_filter"),
    ] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        let problem = program.get(&format!("/api/v1/contacts?{query}")).expect(422).json();
        let error = &problem["errors"][0];
        assert_eq!((error["code"].as_str(), error["pointer"].as_str()), (Some(code), Some("/filter")), "{filter}");
        let part = filter.split(' ').next_back().expect("a part");
        assert!(error["detail"].as_str().expect("a sentence").contains(part), "{error}");
    }
    // Fields of contacts are none of companies.
    program.get("/api/v1/companies?filter=custom.number:5").expect(422);
    for sort in ["custom.shoe", "-custom.boss", "custom.gone", "custom."] {
        program.get(&format!("/api/v1/contacts?sort={sort}")).expect(422);
    }
    let many: Vec<String> = (0..17).map(|i| format!("custom.f{i}:x")).collect();
    for i in 0..17 {
        define(&program, &format!("f{i}"), "text", &json!({}));
    }
    let path = format!("/api/v1/contacts?filter={}", many.join("+"));
    assert_eq!(program.get(&path).expect(422).json()["errors"][0]["code"], "too_many");
    // In the page the address says the same.
    let page = app.session_of(OWNER);
    for address in
        ["custom/shoe=5", "custom/number/from=x", "custom/choice=Pink", "custom/number/near=5", "custom/boss/has=5"]
    {
        page.get(&format!("{LIST}?{address}")).expect(422);
    }
}

/// 130 people: every third has no size, and each of the others shares its size with others.
fn fill(app: &TestApp, field: i64) {
    app.workspace("alpha")
        .execute_batch(&format!(
            "DELETE FROM contacts;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 130)
             INSERT INTO contacts (display_name, sort_name, company_sort, words, created_at, updated_at)
             SELECT 'Person ' || i, printf('person %03d', i), char(0x10ffff), '', i, i FROM n;
             INSERT INTO custom_values (on_type, on_id, field_id, position, value, sort_key)
             SELECT 'contact', id, {field}, 0, (created_at * 7 % 10) || '.5', (created_at * 7 % 10) + 0.5 FROM contacts
             WHERE created_at % 3 > 0"
        ))
        .expect("people");
}

/// Every page of the list, one after the other: a name and a size each.
fn walk(program: &Client, query: &str) -> Vec<(i64, Option<f64>)> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = program.get(&format!("/api/v1/contacts?limit=7&{query}{cursor}")).expect(200).json();
        for record in page["data"].as_array().expect("data") {
            all.push((id(record), record["custom"]["size"].as_f64()));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[test]
fn sorted_by_a_field_no_row_is_lost_or_doubled_and_those_without_come_last() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let field = define(&program, "Size", "number", &json!({}));
    fill(&app, field);
    // With conditions that leave few, the rows are sorted in memory; the order is the same.
    for (filter, number) in [("", 130), ("&filter=created%3E1970-01-01", 130), ("&filter=custom.size%3E=5", 45)] {
        for sort in ["custom.size", "-custom.size"] {
            let all = walk(&program, &format!("sort={sort}{filter}"));
            let mut ids: Vec<i64> = all.iter().map(|(id, _)| *id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!((all.len(), ids.len()), (number, number), "{sort} {filter}");
            let with = all.iter().take_while(|(_, size)| size.is_some()).count();
            assert!(all[with..].iter().all(|(_, size)| size.is_none()), "{all:?}");
            let sizes: Vec<f64> = all[..with].iter().filter_map(|(_, size)| *size).collect();
            let is_sorted = if sort.starts_with('-') { sizes.is_sorted_by(|a, b| a >= b) } else { sizes.is_sorted() };
            assert!(is_sorted && with > 40, "{sort} {filter}: {sizes:?}");
        }
    }
    // The page goes forth and back: across the border to those without, and to where it came from.
    let page = app.session_of(OWNER);
    let read = |path: &str| {
        let text = page.get(path).expect(200).text();
        let names: Vec<String> = text
            .split("aria-label=\"Select Person ")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect();
        let link = |label: &str| {
            let mut tags = text.split("<a ").filter_map(|link| link.split('>').next());
            let link = tags.find(|tag| tag.contains(label))?;
            between(link, "href=\"", "\"").map(|href| href.replace("&amp;", "&").replace("&#38;", "&"))
        };
        (names, link("Previous page"), link("Next page"))
    };
    let (first, none, next) = read(&format!("{LIST}?sort=-custom.size"));
    let (second, _, last) = read(&next.expect("a second page"));
    let (third, back, none_next) = read(&last.expect("a third page"));
    assert!(none.is_none() && none_next.is_none());
    assert_eq!((first.len(), second.len(), third.len()), (50, 50, 30));
    let (again, back, _) = read(&back.expect("the way back"));
    assert_eq!(again, second);
    assert_eq!(read(&back.expect("the way back")).0, first);
}

#[test]
fn several_choices_and_text_are_sorted_each_record_once() {
    let app = TestApp::start();
    let program = begin(&app);
    for (sort, wanted) in [
        ("custom.choices", ["Ada", "Bo"]),
        ("-custom.choices", ["Bo", "Ada"]),
        ("custom.text", ["Ada", "Bo"]),
        ("-custom.date", ["Bo", "Ada"]),
        ("-custom.yes_no", ["Ada", "Bo"]),
    ] {
        let all = names(&program.get(&format!("/api/v1/contacts?sort={sort}&limit=200")).expect(200));
        assert_eq!(all[..2], wanted, "{sort}");
        assert_eq!(all.iter().filter(|name| *name == "Ada").count(), 1, "{sort}");
    }
}

#[test]
fn conditions_and_order_show_no_more_than_the_reach_covers() {
    let app = TestApp::start();
    let program = begin(&app);
    for level in ["own", "team"] {
        permit(&app, "member", &json!({ "contacts.view": level, "contacts.edit": "own" }));
        let member = member_id(&app, MEMBER);
        let name = format!("Own {level}");
        let boss = program.get("/api/v1/contacts?q=zed").expect(200).json()["data"][0]["id"].clone();
        add(
            &program,
            &json!({ "given_name": name, "owner": { "id": member }, "custom": { "number": 5, "boss": { "id": boss } } }),
        );
        let mine = app.program_of(MEMBER, "alpha");
        for query in ["filter=custom.number:5", "filter=has:custom.number", "sort=custom.number", "sort=-custom.number"]
        {
            let seen = names(&mine.get(&format!("/api/v1/contacts?{query}")).expect(200));
            assert!(
                seen.contains(&name) && !seen.iter().any(|name| name == "Ada" || name == "Bo"),
                "{query}: {seen:?}"
            );
        }
        // A column of related records names none that is out of sight.
        let page = app.session_of(MEMBER);
        page.submit(&format!("{LIST}/columns"), &[("column", "custom/boss")]).expect(303);
        let list = page.get(LIST).expect(200).text();
        assert!(list.contains("One that you may not see") && !list.contains("Zed"), "{list}");
    }
}

#[test]
fn the_page_has_columns_controls_chips_and_the_export_keeps_the_conditions() {
    let app = TestApp::start();
    begin(&app);
    let ana = app.session_of(OWNER);
    let plain = ana.get(LIST).expect(200).text();
    for words in [
        "name=\"custom/text\"",
        "name=\"custom/number/from\"",
        "name=\"custom/date/to\"",
        "name=\"custom/boss/has\"",
        "value=\"custom/choices\"",
    ] {
        assert!(plain.contains(words), "{words} is not in {plain}");
    }
    assert!(!plain.contains("Élan vital"), "columns of own fields are off at first");
    let columns: Vec<(&str, &str)> = ["text", "date", "date_time", "budget", "choices", "boss"]
        .map(|key| match key {
            "text" => "custom/text",
            "date" => "custom/date",
            "date_time" => "custom/date_time",
            "budget" => "custom/budget",
            "choices" => "custom/choices",
            _ => "custom/boss",
        })
        .map(|key| ("column", key))
        .to_vec();
    ana.submit(&format!("{LIST}/columns"), &columns).expect(303);
    let address = "custom/choices=blue&custom/number/from=5&custom/number/to=5&custom/date_time/from=2026-01-01&custom/date_time/to=2026-01-01";
    let list = ana.get(&format!("{LIST}?{address}")).expect(200).text();
    for words in ["Élan vital", "Red, Blue", "100.00 EUR", ">Zed</a>", "1 person", "number, from: 5", "choices: blue"]
    {
        assert!(list.contains(words), "{words} is not in {list}");
    }
    assert!(list.contains("<option value=\"Blue\" selected"), "the choice stays chosen: {list}");
    assert!(!list.contains("Select Bo"), "{list}");
    let sorted = ana.get(&format!("{LIST}?sort=-custom.date")).expect(200).text();
    assert!(sorted.contains("aria-sort=\"descending\"") && sorted.contains("sorted by date, newest first"), "{sorted}");
    let file = format!("{LIST}/export?{address}");
    let text = ana.submit(&file, &[("format", "csv")]).expect(200).text();
    assert!(text.contains("Ada") && !text.contains("Bo\n") && text.trim().lines().count() <= 3, "{text}");
    let narrowed: String = app
        .workspace("alpha")
        .query_row("SELECT detail FROM audit WHERE action = 'people.contacts.exported'", [], |row| row.get(0))
        .expect("an entry");
    assert!(narrowed.contains("custom/choices"), "{narrowed}");
}
