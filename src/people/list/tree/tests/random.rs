//! Over random people and random trees: what the statements find beside what a plain look at each person finds.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::db::Db;
use crate::people::list::filter::CONTACTS;
use crate::people::list::query::{Plan, used};
use crate::people::list::{self, Filter, Sort, SortKey};
use crate::people::text::{fold, sort_key};
use crate::visitor::Reach;

const DAY: i64 = Timestamp::DAY;
const CITIES: [&str; 5] = ["", "Lübeck", "LUBECK", "Gdańsk", "Upper Lubeck"];
const COUNTRIES: [&str; 3] = ["", "DE", "PL"];
const NAMES: [&str; 4] = ["Ada Byron", "ada Lovelace", "Zoë", "Łucja"];
const TAGS: [&str; 3] = ["vip", "Press", "donor"];
const LABELS: [&str; 3] = ["Gold", "Tin", "Iron"];

/// Somebody, by places in the lists above.
#[derive(Debug, Clone)]
struct Person {
    name: usize,
    city: usize,
    country: usize,
    owner: Option<i64>,
    emails: Vec<usize>,
    tags: Vec<usize>,
    /// Days from today.
    created: i64,
    active: Option<i64>,
    archived: bool,
    size: Option<i64>,
    since: Option<i64>,
    metals: Vec<usize>,
    motto: Option<usize>,
}

fn some(of: usize, most: usize) -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::btree_set(0..of, 0..=most).prop_map(|set| set.into_iter().collect())
}

fn person() -> impl Strategy<Value = Person> {
    let first = (0..NAMES.len(), 0..CITIES.len(), 0..COUNTRIES.len(), proptest::option::of(6_i64..9), some(3, 2));
    let second = (some(TAGS.len(), 3), -3_i64..1, proptest::option::of(-3_i64..1), any::<bool>());
    let third = (
        proptest::option::of(0_i64..4),
        proptest::option::of(-40_i64..3),
        some(3, 3),
        proptest::option::of(0..CITIES.len()),
    );
    (first, second, third).prop_map(|(a, b, c)| Person {
        name: a.0,
        city: a.1,
        country: a.2,
        owner: a.3,
        emails: a.4,
        tags: b.0,
        created: b.1,
        active: b.2,
        archived: b.3,
        size: c.0,
        since: c.1,
        metals: c.2,
        motto: c.3.filter(|motto| *motto > 0),
    })
}

fn email(id: usize, kind: usize) -> String {
    format!("{}{id}@{}.example", ["ada", "office", "x"][kind], ["alpha", "beta", "gamma"][kind])
}

fn day(days: i64) -> String {
    NOW.plus(days * DAY).rfc3339().chars().take(10).collect()
}

fn insert(tx: &Tx, id: usize, p: &Person) -> Result<(), Error> {
    let id = id as i64;
    let run = |sql: String| tx.execute(&sql, &[]).map(|_| ());
    let text = |text: &str| text.replace('\'', "''");
    let or_null = |number: Option<i64>| number.map_or("NULL".to_owned(), |number| number.to_string());
    run(format!(
        "INSERT INTO contacts (id, display_name, sort_name, company_sort, words, city, country, owner_id, has_email,
             last_activity_at, created_at, updated_at, archived_at)
         VALUES ({id}, '{0}', '{1}', char(1114111), '', '{2}', '{3}', {4}, {5}, {6}, {7}, 1, {8})",
        text(NAMES[p.name]),
        sort_key(NAMES[p.name]),
        CITIES[p.city],
        COUNTRIES[p.country],
        or_null(p.owner),
        i32::from(!p.emails.is_empty()),
        p.active.map_or(0, |days| NOW.plus(days * DAY).0),
        NOW.plus(p.created * DAY).0,
        or_null(p.archived.then_some(1)),
    ))?;
    for kind in &p.emails {
        let address = email(id as usize, *kind);
        run(format!(
            "INSERT INTO contact_identities (contact_id, kind, value, normalised, is_primary, position)
             VALUES ({id}, 'email', '{address}', '{address}', 1, {kind})"
        ))?;
    }
    for tag in &p.tags {
        run(format!("INSERT INTO contact_tags (contact_id, tag_id) VALUES ({id}, {})", tag + 1))?;
    }
    let value = |field: i64, position: usize, value: String, key: String| {
        run(format!(
            "INSERT INTO custom_values (on_type, on_id, field_id, position, value, sort_key)
             VALUES ('contact', {id}, {field}, {position}, '{value}', {key})"
        ))
    };
    if let Some(size) = p.size {
        value(1, 0, size.to_string(), format!("{size}.0"))?;
    }
    if let Some(days) = p.since {
        value(2, 0, day(days), format!("'{}'", day(days)))?;
    }
    for (position, metal) in p.metals.iter().enumerate() {
        value(3, position, (metal + 1).to_string(), (metal + 1).to_string())?;
    }
    if let Some(motto) = p.motto {
        value(4, 0, CITIES[motto].to_owned(), format!("'{}'", sort_key(CITIES[motto])))?;
    }
    Ok(())
}

fn condition() -> impl Strategy<Value = Condition> {
    use Operator::*;
    let c = |field: &'static str, operator: Operator, values: Vec<String>| Condition {
        field: field.into(),
        operator: operator.word().into(),
        values,
    };
    let of = |list: &'static [&'static str]| (0..list.len()).prop_map(move |at| list[at].to_owned());
    let texts =
        proptest::sample::select(vec![Is, IsNot, Contains, ContainsNot, StartsWith, AnyOf, NoneOf, Empty, NotEmpty]);
    let sets = || proptest::sample::select(vec![Is, IsNot, AnyOf, AllOf, NoneOf, Empty, NotEmpty]);
    let times = || {
        proptest::sample::select(vec![
            LastDays,
            NextDays,
            OverDaysAgo,
            OverDaysAhead,
            Is,
            IsNot,
            Before,
            After,
            Between,
            Empty,
            NotEmpty,
        ])
    };
    let fill = move |field: &'static str, operator: Operator, one: String, other: String| {
        let values = match operator.takes() {
            operators::Takes::Nothing => vec![],
            operators::Takes::One | operators::Takes::Days | operators::Takes::Period => vec![one],
            _ => vec![one, other],
        };
        c(field, operator, values)
    };
    let parts = || of(&["lub", "LÜBECK", "gdansk", "e", "upper lubeck"]);
    let dates = move |field: &'static str| {
        (times(), 0_i64..3, 0_i64..3).prop_map(move |(operator, one, two)| match operator.takes() {
            operators::Takes::Days => fill(field, operator, one.to_string(), String::new()),
            _ => fill(field, operator, day(-one.max(two)), day(-one.min(two))),
        })
    };
    prop_oneof![
        (texts.clone(), parts(), parts()).prop_map(move |(o, a, b)| fill("city", o, a, b)),
        (texts.clone(), parts(), parts()).prop_map(move |(o, a, b)| fill("custom.motto", o, a, b)),
        (texts.clone(), of(&["ada", "ŁUCJA", "zoe", "ada byron"]), of(&["zoë", "b"]))
            .prop_map(move |(o, a, b)| fill("name", o, a, b)),
        (texts, of(&["ada3@alpha.example", "office", "@beta.", "x1@gamma.example"]), of(&["x2@gamma.example", "ada"]))
            .prop_map(move |(o, a, b)| fill("email", o, a, b)),
        (sets(), of(&["vip", "PRESS"]), of(&["donor", "press"])).prop_map(move |(o, a, b)| fill("tags", o, a, b)),
        (sets(), of(&["gold", "Tin"]), of(&["Iron", "tin"])).prop_map(move |(o, a, b)| fill("custom.metals", o, a, b)),
        (proptest::sample::select(vec![Is, IsNot, AnyOf, NoneOf, Empty, NotEmpty]), of(&["me", "6"]), of(&["8", "6"]))
            .prop_map(move |(o, a, b)| fill("owner", o, a, b)),
        (proptest::sample::select(vec![Is, IsNot, AnyOf, NoneOf, Empty, NotEmpty]), of(&["de", "Poland"]), of(&["PL"]))
            .prop_map(move |(o, a, b)| fill("country", o, a, b)),
        (
            proptest::sample::select(vec![Is, IsNot, Greater, AtLeast, Less, AtMost, Between, Empty, NotEmpty]),
            0_i64..3,
            3_i64..5
        )
            .prop_map(move |(o, a, b)| fill("custom.size", o, a.to_string(), b.to_string())),
        of(&["yes", "no"]).prop_map(move |yes| c("archived", Is, vec![yes])),
        dates("created_at"),
        dates("last_activity_at"),
        dates("custom.since"),
    ]
}

fn tree() -> impl Strategy<Value = Group> {
    let node = condition().prop_map(Node::Condition).prop_recursive(3, 12, 3, |inner| {
        (any::<bool>(), proptest::collection::vec(inner, 1..4)).prop_map(|(any, of)| Node::Group(Group { any, of }))
    });
    (any::<bool>(), proptest::collection::vec(node, 1..4)).prop_map(|(any, of)| Group { any, of })
}

/// A plain look at one person.
fn keeps(group: &Group, id: usize, p: &Person) -> bool {
    let one = |node: &Node| match node {
        Node::Group(group) => keeps(group, id, p),
        Node::Condition(condition) => holds(condition, id, p),
    };
    if group.any { group.of.iter().any(one) } else { group.of.iter().all(one) }
}

fn holds(condition: &Condition, id: usize, p: &Person) -> bool {
    let filled = |text: &str| if text.is_empty() { vec![] } else { vec![fold(text)] };
    let words = |all: &[&str], places: &[usize]| places.iter().map(|at| fold(all[*at])).collect::<Vec<_>>();
    let values: Vec<String> = condition.values.iter().map(|value| fold(value)).collect();
    match condition.field.as_str() {
        "city" => text(condition, &filled(CITIES[p.city]), &values),
        "custom.motto" => text(condition, &filled(p.motto.map_or("", |motto| CITIES[motto])), &values),
        "name" => text(condition, &filled(NAMES[p.name]), &values),
        "email" => text(condition, &p.emails.iter().map(|kind| email(id, *kind)).collect::<Vec<_>>(), &values),
        "tags" => text(condition, &words(&TAGS, &p.tags), &values),
        "custom.metals" => text(condition, &words(&LABELS, &p.metals), &values),
        "owner" => {
            let wanted: Vec<String> = values.iter().map(|v| if v == "me" { "7".into() } else { v.clone() }).collect();
            text(condition, &p.owner.iter().map(ToString::to_string).collect::<Vec<_>>(), &wanted)
        }
        "country" => {
            let wanted: Vec<String> =
                values.iter().map(|v| if v == "poland" { "pl".into() } else { v.clone() }).collect();
            text(condition, &filled(COUNTRIES[p.country]), &wanted)
        }
        "archived" => p.archived == (values[0] == "yes"),
        "custom.size" => range(condition, p.size, |value| value.parse().unwrap()),
        field => {
            let days = match field {
                "created_at" => Some(p.created),
                "last_activity_at" => p.active,
                _ => p.since,
            };
            range(condition, days, |value| match value.parse::<jiff::civil::Date>() {
                Ok(date) => (date - jiff::civil::date(2026, 11, 21)).get_days().into(),
                Err(_) => value.parse().unwrap(),
            })
        }
    }
}

fn text(condition: &Condition, held: &[String], values: &[String]) -> bool {
    match Operator::from_word(&condition.operator).unwrap() {
        Operator::Is | Operator::AnyOf => held.iter().any(|held| values.contains(held)),
        Operator::IsNot | Operator::NoneOf => !held.iter().any(|held| values.contains(held)),
        Operator::AllOf => values.iter().all(|value| held.contains(value)),
        Operator::Contains => held.iter().any(|held| held.contains(&values[0])),
        Operator::ContainsNot => !held.iter().any(|held| held.contains(&values[0])),
        Operator::StartsWith => held.iter().any(|held| held.starts_with(&values[0])),
        Operator::Empty => held.is_empty(),
        Operator::NotEmpty => !held.is_empty(),
        other => panic!("{other:?} of text"),
    }
}

/// Numbers, and days counted from today.
fn range(condition: &Condition, held: Option<i64>, number: impl Fn(&str) -> i64) -> bool {
    let value = |at: usize| number(&condition.values[at]);
    let operator = Operator::from_word(&condition.operator).unwrap();
    match (operator, held) {
        (Operator::Empty | Operator::IsNot, None) => true,
        (_, None) | (Operator::Empty, Some(_)) => false,
        (Operator::NotEmpty, Some(_)) => true,
        (Operator::Is, Some(held)) => held == value(0),
        (Operator::IsNot, Some(held)) => held != value(0),
        (Operator::Greater | Operator::After, Some(held)) => held > value(0),
        (Operator::Less | Operator::Before, Some(held)) => held < value(0),
        (Operator::AtLeast, Some(held)) => held >= value(0),
        (Operator::AtMost, Some(held)) => held <= value(0),
        (Operator::Between, Some(held)) => (value(0)..=value(1)).contains(&held),
        (Operator::LastDays, Some(held)) => (-value(0)..=0).contains(&held),
        (Operator::NextDays, Some(held)) => (0..=value(0)).contains(&held),
        (Operator::OverDaysAgo, Some(held)) => held < -value(0),
        (Operator::OverDaysAhead, Some(held)) => held > value(0),
        (other, _) => panic!("{other:?} of a number"),
    }
}

/// What the list finds in several orders, what its tests say of each row alone, and how many it counts.
fn found(db: &Db, tree: &Group) -> Result<Vec<Vec<i64>>, Error> {
    let mut filter = Filter::within(&Reach::Everything);
    filter.tree = Some(read(db, Object::Contact, tree, &asking(), "filter")?);
    let mut all = Vec::new();
    for sort in [Sort::up(SortKey::Name), Sort::down(SortKey::Created)] {
        let mut ids = list::page(db, &CONTACTS, &filter, sort, None, 1_000)?.ids;
        ids.sort_unstable();
        all.push(ids);
    }
    let tests = Plan::new(db, &CONTACTS, &filter)?.all_tests("r.id");
    let sql = format!("SELECT r.id FROM contacts AS r WHERE {tests} ORDER BY r.id");
    all.push(db.rows(&sql, &used(&sql, &filter.params()), |row| row.get(0))?);
    assert_eq!(list::count(db, &CONTACTS, &filter)?.number, all[0].len() as i64, "{tree:?}");
    Ok(all)
}

#[test]
fn a_tree_finds_whom_a_plain_look_at_each_finds() {
    let (_folder, workspace) = workspace();
    let cases = (proptest::collection::vec(person(), 12..30), proptest::collection::vec(tree(), 24));
    let mut met = (0, 0);
    TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() })
        .run(&cases, |(people, trees)| {
            write(&workspace, |tx| {
                tx.execute("DELETE FROM contacts", &[])?;
                people.iter().enumerate().try_for_each(|(at, person)| insert(tx, at + 1, person))
            });
            let outcome =
                workspace.file.read(NOW, |db| trees.iter().map(|tree| found(db, tree)).collect::<Result<Vec<_>, _>>());
            for (tree, found) in trees.iter().zip(outcome.unwrap()) {
                let asks = tree.conditions().iter().any(|condition| condition.field == "archived");
                let plain: Vec<i64> = people
                    .iter()
                    .zip(1..)
                    .filter(|(person, id)| (asks || !person.archived) && keeps(tree, *id, person))
                    .map(|(_, id)| id as i64)
                    .collect();
                for found in found {
                    prop_assert_eq!(&found, &plain, "{}", json::text(tree));
                }
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    // Trees that find nobody, or everybody, would prove little.
    write(&workspace, |tx| {
        tx.execute("DELETE FROM contacts", &[])?;
        let mut runner = TestRunner::deterministic();
        for id in 1..30 {
            insert(tx, id, &person().new_tree(&mut runner).unwrap().current())?;
        }
        for _ in 0..200 {
            let found = found(tx, &tree().new_tree(&mut runner).unwrap().current())?;
            met = (met.0 + usize::from(!found[0].is_empty()), met.1 + 1);
        }
        Ok(())
    });
    assert!(met.0 > 60 && met.0 < 200, "{met:?} trees found somebody");
}
