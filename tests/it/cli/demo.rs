//! `holdfast demo --json`: complete when it answers, its history older than nothing it stands on, no bar in a pipe.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Client, server};

/// When something was made.
fn made(record: &Value) -> &str {
    record["created_at"].as_str().expect("a moment")
}

#[test]
fn a_demonstration_is_older_than_its_history() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    let mut command = server::command(&data, &["demo", "--json", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let facts: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let authority = std::fs::read(data.join("tls/ca.pem")).expect("the authority's certificate");
    let visitor = Client::new(facts["url"].as_str().expect("an address"), &authority);
    let mut workspaces = 0;
    for workspace in facts["workspaces"].as_array().expect("a list") {
        let program = visitor.with_token(workspace["token"].as_str().expect("a token"));
        let began = program.get("/api/v1/workspace").expect(200).json();
        for path in ["contacts", "companies"] {
            let first = program.get(&format!("/api/v1/{path}?sort=created_at&limit=1")).expect(200).json();
            assert!(made(&began) < made(&first["data"][0]), "{began} {first}");
        }
        for member in program.get("/api/v1/members").expect(200).json()["data"].as_array().expect("a list") {
            assert!(made(&began) <= made(member), "{began} {member}");
        }
        workspaces += 1;
    }
    assert_eq!(workspaces, 2);
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("it runs");
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
    child.wait().expect("it ends");
    assert!(!said.contains('[') && !said.contains('\r'), "a bar is for terminals: {said:?}");
}
