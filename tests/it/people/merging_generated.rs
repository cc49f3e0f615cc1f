//! Merge, then undo, is the identity: on generated records, after generated work on them, table by table.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestError, TestRunner};
use serde_json::{Value, json};

use super::{OWNER, attachments, id, undone, version};
use crate::support::{Client, TestApp, digest};

/// What somebody does. `Index` picks a record of those there are.
#[derive(Debug, Clone)]
enum Step {
    Add { is_company: bool, parts: Parts },
    Edit { which: Index, parts: Parts },
    Note { which: Index, words: String },
    Attach { which: Index, content: Vec<u8> },
    Merge { stays: Index, goes: Index, takes: BTreeSet<&'static str>, is_undone: bool },
}

/// What is entered; what is empty is left out.
#[derive(Debug, Clone)]
struct Parts {
    name: String,
    title: String,
    city: String,
    emails: usize,
    has_phone: bool,
    tags: BTreeSet<&'static str>,
    size: Option<u16>,
    kinds: BTreeSet<&'static str>,
    /// The boss, and the company of a person: one of the records there are.
    points_at: Option<Index>,
}

const FIELDS: [&str; 9] =
    ["given_name", "name", "job_title", "company", "address", "source", "owner", "custom/size", "custom/kinds"];

fn subset(of: &'static [&'static str]) -> impl Strategy<Value = BTreeSet<&'static str>> {
    proptest::sample::subsequence(of, 0..=of.len()).prop_map(|some| some.into_iter().collect())
}

fn parts() -> impl Strategy<Value = Parts> {
    let words = "[A-Z][a-zéüñß]{1,8}( [A-Z][a-z]{1,5})?";
    let texts = (words, "[a-z ]{0,12}", "([A-Z][a-z]{2,8})?");
    let own =
        (proptest::option::of(any::<u16>()), subset(&["red", "green", "blue"]), proptest::option::of(any::<Index>()));
    (texts, 0..3_usize, any::<bool>(), subset(&["North", "VIP", "press", "été"]), own).prop_map(
        |((name, title, city), emails, has_phone, tags, (size, kinds, points_at))| Parts {
            name,
            title,
            city,
            emails,
            has_phone,
            tags,
            size,
            kinds,
            points_at,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<Index>;
    prop_oneof![
        3 => (any::<bool>(), parts()).prop_map(|(is_company, parts)| Step::Add { is_company, parts }),
        2 => (which(), parts()).prop_map(|(which, parts)| Step::Edit { which, parts }),
        2 => (which(), "[a-zA-Zé@ ]{1,40}x").prop_map(|(which, words)| Step::Note { which, words }),
        1 => (which(), proptest::collection::vec(any::<u8>(), 1..200))
            .prop_map(|(which, content)| Step::Attach { which, content }),
        4 => (which(), which(), subset(&FIELDS), proptest::bool::weighted(0.7))
            .prop_map(|(stays, goes, takes, is_undone)| Step::Merge { stays, goes, takes, is_undone }),
    ]
}

/// The records there are, and what is needed to work on them.
struct House<'a> {
    app: &'a TestApp,
    program: &'a Client,
    /// No two have one address.
    numbers: &'a Cell<usize>,
    records: Vec<(&'static str, i64)>,
    compared: usize,
}

const MANY: [(&str, &str); 2] = [("contact", "contacts"), ("company", "companies")];

fn path(record: (&str, i64)) -> String {
    let many = MANY.iter().find(|(one, _)| *one == record.0).map_or("", |(_, many)| many);
    format!("/api/v1/{many}/{}", record.1)
}

impl House<'_> {
    fn one(&self, kind: &str, which: &Index) -> Option<(&'static str, i64)> {
        let of_kind: Vec<_> = self.records.iter().filter(|(known, _)| *known == kind).copied().collect();
        (!of_kind.is_empty()).then(|| *which.get(&of_kind))
    }

    fn body(&self, kind: &str, parts: &Parts) -> Value {
        let fresh = || {
            self.numbers.set(self.numbers.get() + 1);
            self.numbers.get()
        };
        let emails: Vec<Value> = (0..parts.emails)
            .map(|_| json!({ "value": format!("p{}@quill.example", fresh()), "label": "work" }))
            .collect();
        let phones: Vec<Value> =
            parts.has_phone.then(|| json!({ "value": format!("+4416329{:05}", fresh()) })).into_iter().collect();
        let mut custom = json!({ "size": parts.size, "kinds": parts.kinds });
        let mut body =
            json!({ "emails": emails, "phones": phones, "address": { "city": parts.city }, "tags": parts.tags });
        if let Some((_, id)) = parts.points_at.as_ref().and_then(|which| self.one("contact", which)) {
            custom["boss"] = json!({ "id": id });
        }
        if kind == "contact" {
            body["given_name"] = json!(parts.name);
            body["job_title"] = json!(parts.title);
            if let Some((_, id)) = parts.points_at.as_ref().and_then(|which| self.one("company", which)) {
                body["company_id"] = json!(id);
            }
        } else {
            body["name"] = json!(parts.name);
        }
        body["custom"] = custom;
        body
    }

    fn act(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Add { is_company, parts } => {
                let kind = if *is_company { "company" } else { "contact" };
                let place = path((kind, 0)).trim_end_matches("/0").to_owned();
                let made = self.program.call("POST", &place, &self.body(kind, parts)).expect(201).json();
                self.records.push((kind, id(&made)));
            }
            _ if self.records.is_empty() => {}
            Step::Edit { which, parts } => {
                let record = *which.get(&self.records);
                let now = self.program.get(&path(record)).expect(200).json();
                self.program.change("PATCH", &path(record), version(&now), &self.body(record.0, parts)).expect(200);
            }
            Step::Note { which, words } => {
                let (kind, id) = *which.get(&self.records);
                let body = json!({ "on": { "type": kind, "id": id }, "body": words });
                self.program.call("POST", "/api/v1/notes", &body).expect(201);
            }
            Step::Attach { which, content } => {
                let (kind, id) = *which.get(&self.records);
                attachments::send(self.program, &format!("{kind}:{id}"), "plan.bin", content).expect(201);
            }
            Step::Merge { stays, goes, takes, is_undone } => {
                let stays = *stays.get(&self.records);
                let others: Vec<_> =
                    self.records.iter().filter(|other| other.0 == stays.0 && **other != stays).copied().collect();
                if !others.is_empty() {
                    self.merge(stays, *goes.get(&others), takes, *is_undone)?;
                }
            }
        }
        Ok(())
    }

    fn merge(
        &mut self,
        stays: (&'static str, i64),
        goes: (&'static str, i64),
        takes: &BTreeSet<&'static str>,
        is_undone: bool,
    ) -> Result<(), TestCaseError> {
        let both = [stays, goes].map(|record| self.program.get(&path(record)).expect(200).json());
        // Only what one of them has can be chosen.
        let is_there = |field: &&&str| match field.strip_prefix("custom/") {
            Some(key) => both.iter().any(|record| !record["custom"][key].is_null()),
            None => both.iter().all(|record| record.get(**field).is_some()),
        };
        let takes: Vec<&&str> = takes.iter().filter(is_there).collect();
        let before = self.rows();
        let answer =
            self.program.call("POST", &format!("{}/merge", path(stays)), &json!({ "other": goes.1, "take": takes }));
        let change = answer.expect(200).json()["change"].as_i64().expect("a change");
        prop_assert_ne!(&self.rows(), &before, "a merge changes something");
        if !is_undone {
            self.records.retain(|known| *known != goes);
            return Ok(());
        }
        self.program.call("POST", &format!("/api/v1/changes/{change}/undo"), &json!({})).expect(202);
        let told = undone(self.program, change);
        prop_assert_eq!((told["restored"].as_i64(), told["kept"].as_i64()), (Some(2), Some(0)));
        let after = self.rows();
        for (table, rows) in &before {
            let (gone, new) = (rows.difference(&after[table]), after[table].difference(rows));
            // History grows, and never forgets.
            let is_history = table == "timeline_entries";
            let gone: Vec<&String> = gone.collect();
            let new: Vec<&String> = new.filter(|_| !is_history).collect();
            prop_assert!(gone.is_empty() && new.is_empty(), "{table}: gone {gone:#?}, new {new:#?}");
        }
        self.compared += 1;
        Ok(())
    }

    /// Everything that is kept, but for what says that something happened.
    fn rows(&self) -> BTreeMap<String, BTreeSet<String>> {
        let leave_out = |table: &str, column: &str| {
            matches!(table, "contacts" | "companies") && matches!(column, "version" | "updated_at")
        };
        let mut rows = digest::rows(&self.app.workspace("alpha"), &leave_out);
        rows.retain(|table, _| !["changes", "idempotent_answers", "change_images"].contains(&table.as_str()));
        rows
    }
}

#[test]
fn merge_then_undo_is_the_identity_whatever_was_done_before() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    for object in ["contact", "company"] {
        let fields = [
            json!({ "label": "Size", "kind": "number" }),
            json!({ "label": "Kinds", "kind": "choices", "choices": ["red", "green", "blue"] }),
            json!({ "label": "Boss", "kind": "relation", "target": "contact" }),
        ];
        for mut field in fields {
            field["object"] = object.into();
            field["personal"] = true.into();
            field["category"] = "content".into();
            program.call("POST", "/api/v1/custom-fields", &field).expect(201);
        }
    }
    let (numbers, compared) = (Cell::new(0), Cell::new(0));
    let mut runner =
        TestRunner::new(Config { cases: 16, max_shrink_iters: 60, failure_persistence: None, ..Config::default() });
    let work = (proptest::collection::vec(parts(), 3..5), proptest::collection::vec(step(), 4..14));
    let outcome = runner.run(&work, |(begin, steps)| {
        let mut house = House { app: &app, program: &program, numbers: &numbers, records: Vec::new(), compared: 0 };
        for (number, parts) in begin.into_iter().enumerate() {
            house.act(&Step::Add { is_company: number == 1, parts })?;
        }
        steps.iter().try_for_each(|step| house.act(step))?;
        compared.set(compared.get() + house.compared);
        Ok(())
    });
    match outcome {
        Err(TestError::Fail(reason, steps)) => panic!("{reason}\n{steps:#?}"),
        other => other.expect("the property holds"),
    }
    assert!(compared.get() >= 20, "only {} merges were taken back", compared.get());
    // What search knows agrees with the records.
    for table in ["contact_search", "company_search"] {
        app.workspace("alpha")
            .execute(&format!("INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)"), [])
            .expect("the index fits its table");
    }
}
