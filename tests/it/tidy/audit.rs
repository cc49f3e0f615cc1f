//! Every action that is recorded anywhere has words of its own, so that nobody reads a name of ours in the audit log.

use std::collections::BTreeSet;

use holdfast::modules::MODULES;
use holdfast::privacy::audit::words::phrased;
use regex::Regex;

use super::{none, program};

#[test]
fn every_action_has_a_phrase() {
    let jobs: BTreeSet<&str> = MODULES.iter().flat_map(|module| module.jobs).map(|job| job.name).collect();
    let action = Regex::new(r#""((?:members|people|privacy|operator)\.[a-z_]+\.[a-z_]+)""#).expect("a good pattern");
    let mut recorded = BTreeSet::new();
    for source in program().iter().filter(|source| !source.path.starts_with("src/privacy/audit/")) {
        // Who records stands beside what is recorded, and looks alike.
        let code = source.code().replace("Actor::Job(\"", "");
        recorded.extend(action.captures_iter(&code).map(|found| found[1].to_owned()));
    }
    recorded.retain(|action| !jobs.contains(action.as_str()));
    assert!(recorded.len() > 150, "the pattern finds too little: {}", recorded.len());
    let silent: Vec<String> = recorded.into_iter().filter(|action| phrased(action).is_none()).collect();
    none("Give these a row in audit/phrases.rs:", &silent);
}
