//! `/metrics`: the format holds, the numbers are right, and nobody's name is in them.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::permission::OperatorScope;
use regex::Regex;

use crate::support::{OPERATOR, TestApp};

/// One line of the document: name, labels as they stand, number.
type Sample = (String, String, f64);

/// Reads the document as a scraper would, and holds every line against the format.
fn read(text: &str) -> (BTreeMap<String, String>, Vec<Sample>) {
    let name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    let help = Regex::new(&format!(r"^# HELP ({name}) \S.*$")).expect("a good pattern");
    let kind = Regex::new(&format!(r"^# TYPE ({name}) (counter|gauge|histogram|summary)$")).expect("a good pattern");
    let label = r#"[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*""#;
    let sample = Regex::new(&format!(r"^({name})(?:\{{({label}(?:,{label})*)\}})? (\S+)$")).expect("a good pattern");
    let (mut kinds, mut samples, mut helped) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
    assert!(text.ends_with('\n'), "the last line ends too");
    for line in text.lines() {
        if let Some(found) = help.captures(line) {
            assert!(helped.insert(found[1].to_owned()), "{line}: told twice");
        } else if let Some(found) = kind.captures(line) {
            assert!(helped.contains(&found[1]), "{line}: without help");
            assert!(kinds.insert(found[1].to_owned(), found[2].to_owned()).is_none(), "{line}: declared twice");
        } else {
            let found = sample.captures(line).unwrap_or_else(|| panic!("no line of the format: {line}"));
            let number: f64 = found[3].parse().unwrap_or_else(|_| panic!("no number: {line}"));
            samples.push((found[1].to_owned(), found.get(2).map_or("", |labels| labels.as_str()).to_owned(), number));
        }
    }
    let mut seen = BTreeSet::new();
    for (name, labels, _) in &samples {
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|suffix| name.strip_suffix(suffix))
            .find(|family| matches!(kinds.get(*family).map(String::as_str), Some("histogram" | "summary")));
        let declared = kinds.get(family.unwrap_or(name)).unwrap_or_else(|| panic!("{name} is not declared"));
        assert!(declared != "counter" || name.ends_with("_total"), "{name}");
        assert!(seen.insert((name, labels)), "{name}{{{labels}}} stands twice");
    }
    (kinds, samples)
}

fn number(samples: &[Sample], name: &str, labels: &str) -> f64 {
    let found = samples.iter().find(|(known, with, _)| known == name && with == labels);
    found.unwrap_or_else(|| panic!("no {name}{{{labels}}}")).2
}

#[test]
fn the_format_holds_and_the_numbers_are_right() {
    let app = TestApp::start();
    let owner = app.session_of("owner@alpha.example");
    for _ in 0..3 {
        owner.get("/w/alpha/people/contacts").expect(200);
    }
    owner.get("/w/beta/people/contacts").expect(404);
    app.stranger().get("/nowhere/at/all").expect(404);
    let program = app.operator_program_with(&[OperatorScope::ViewMetrics]);
    let answer = program.get("/metrics").expect(200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let (kinds, samples) = read(&answer.text());
    let of = |name: &str, labels: &str| number(&samples, name, labels);
    assert_eq!(of("holdfast_workspaces", "state=\"active\""), 2.0);
    assert_eq!(of("holdfast_workspaces", "state=\"deleted\""), 0.0);
    // One for the member; jobs may have opened the other.
    assert!((1.0..=2.0).contains(&of("holdfast_workspaces_open", "")));
    assert!(of("holdfast_workspaces_bytes", "") > 100_000.0 && of("holdfast_control_bytes", "") > 10_000.0);
    assert_eq!(of("holdfast_sessions", ""), 2.0, "the owner's, and the one that the fixture planted");
    assert!(of("holdfast_disk_free_bytes", "") > 0.0 && of("process_resident_memory_bytes", "") > 1e6);
    assert_eq!(of("holdfast_http_requests_in_flight", ""), 1.0, "this one");
    let contacts = "method=\"GET\",route=\"/w/{slug}/people/contacts\"";
    assert_eq!(of("holdfast_http_requests_total", &format!("{contacts},status=\"200\"")), 3.0);
    assert_eq!(of("holdfast_http_requests_total", &format!("{contacts},status=\"404\"")), 1.0);
    assert_eq!(of("holdfast_http_requests_total", "method=\"GET\",route=\"-\",status=\"404\""), 1.0);
    assert_eq!(kinds["holdfast_http_request_duration_seconds"], "histogram");
    let histogram = "holdfast_http_request_duration_seconds";
    let buckets: Vec<f64> = samples
        .iter()
        .filter(|(name, labels, _)| name == &format!("{histogram}_bucket") && labels.starts_with(contacts))
        .map(|(_, _, count)| *count)
        .collect();
    assert!(buckets.len() == 13 && buckets.is_sorted(), "{buckets:?}");
    assert_eq!(buckets.last(), Some(&4.0), "+Inf holds them all");
    assert_eq!(of(&format!("{histogram}_count"), contacts), 4.0);
    assert!(of(&format!("{histogram}_sum"), contacts) > 0.0);
}

#[test]
fn jobs_and_mail_are_counted() {
    let app = TestApp::start();
    let program = app.operator_program();
    app.stranger().submit("/sign-in/link", &[("email", "owner@alpha.example"), ("next", "/")]).expect(303);
    let job = "job=\"mail.outgoing.deliver\"";
    let samples = super::until("a run of the mail job", || {
        let samples = read(&program.get("/metrics").expect(200).text()).1;
        samples
            .iter()
            .any(|(name, labels, _)| name == "holdfast_job_duration_seconds_count" && labels == job)
            .then_some(samples)
    });
    let of = |name: &str, labels: &str| number(&samples, name, labels);
    assert!(of("holdfast_job_runs_total", &format!("{job},outcome=\"done\"")) >= 1.0);
    assert_eq!(of("holdfast_job_failures", job), 0.0);
    let last = of("holdfast_job_last_success_timestamp_seconds", job);
    assert!((last - app.now().seconds() as f64).abs() < 120.0, "{last}");
    // Without a mail server what is written is kept.
    assert!(of("holdfast_mail", "state=\"kept\"") >= 1.0);
    assert_eq!(of("holdfast_mail", "state=\"cancelled\""), 0.0);
    assert_eq!(of("holdfast_mail_oldest_waiting_seconds", ""), 0.0);
}

/// Labels are words of the program (P-071): whatever an address, a method or a record holds stays out.
#[test]
fn nobody_has_a_name_in_the_numbers() {
    let app = TestApp::start();
    let owner = app.session_of("owner@alpha.example");
    owner.get("/w/alpha/search?q=Marram").expect(200);
    owner.get("/w/alpha/people/contacts/1");
    owner.get("/marram/quill@alpha.example").expect(404);
    app.stranger().send(crate::support::Ask::new("MARRAM", "/w/alpha"));
    app.session_of(OPERATOR).get("/operator").expect(200);
    let text = app.operator_program().get("/metrics").expect(200).text();
    for name in ["alpha", "beta", "@", "arram", "MARRAM", "quill", "127.0.0.1"] {
        assert!(!text.contains(name), "{name} stands in the numbers");
    }
}

#[test]
fn the_numbers_are_behind_a_token_of_their_scope() {
    let app = TestApp::start();
    app.stranger().get("/metrics").expect(401);
    app.session_of(OPERATOR).get("/metrics").expect(401);
    app.program_of("owner@alpha.example", "alpha").get("/metrics").expect(401);
    let others: Vec<OperatorScope> =
        OperatorScope::ALL.iter().copied().filter(|scope| *scope != OperatorScope::ViewMetrics).collect();
    let refused = app.operator_program_with(&others).get("/metrics").expect(403);
    assert!(refused.header("content-type").is_some_and(|kind| kind.starts_with("application/problem+json")));
}
