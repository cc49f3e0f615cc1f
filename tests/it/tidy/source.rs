//! Rules for every source file: length, opening line, and what only one place may do.

use regex::Regex;

use super::{Source, none, program, sources};

/// A file that is longer is two things.
const LINES: usize = 400;

fn everything() -> Vec<Source> {
    let mut all = sources("src", &[".rs"]);
    all.extend(sources("tests", &[".rs"]));
    all
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let long: Vec<String> = everything()
        .iter()
        .filter(|source| source.text.lines().count() > LINES)
        .map(|source| format!("{}: {} lines", source.path, source.text.lines().count()))
        .collect();
    none("Split these by noun:", &long);
}

#[test]
fn every_file_opens_with_what_lives_in_it() {
    let silent: Vec<String> = everything()
        .iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path.clone())
        .collect();
    none("These do not open with `//!`:", &silent);
}

/// Where a pattern stands in the code that ships, outside the places that may.
fn outside(pattern: &str, allowed: &[&str]) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("a good pattern");
    let mut found = Vec::new();
    for source in program() {
        if allowed.iter().any(|place| source.path.starts_with(place)) {
            continue;
        }
        for line in source.code().lines().filter(|line| pattern.is_match(line)) {
            found.push(format!("{}: {}", source.path, line.trim()));
        }
    }
    found
}

#[test]
fn dur_6_only_one_file_opens_databases() {
    none("Open databases through src/db/open.rs:", &outside(r"Connection::open", &["src/db/open.rs"]));
}

#[test]
fn only_the_gate_opens_a_workspace() {
    none("Reach a workspace through the gate:", &outside(r"workspaces\s*\.open\(", &["src/gate.rs"]));
}

#[test]
fn only_the_clock_asks_for_the_time() {
    let pattern = r"SystemTime::now|Instant::now|Zoned::now|Timestamp::now\(\)|Utc::now|Local::now|OffsetDateTime::now";
    none("Take the time from `Clock` or `Stopwatch`:", &outside(pattern, &["src/clock.rs"]));
}

#[test]
fn only_the_command_line_prints() {
    none("Log with tracing, or return the text:", &outside(r"\be?print(ln)?!|\bdbg!", &["src/cli/"]));
}

#[test]
fn only_outbound_opens_connections() {
    let pattern = r"TcpStream::connect|UdpSocket::bind|reqwest|hyper::client|lookup_host|to_socket_addrs";
    none("Connect through src/outbound/:", &outside(pattern, &["src/outbound/", "src/cli/"]));
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("];
    let mut found = Vec::new();
    for source in program() {
        for (number, line) in source.text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    none("Finish these, or take them out:", &found);
}

/// A lint is allowed only with a reason beside it.
#[test]
fn what_is_allowed_has_its_reason() {
    let mut silent = outside(r"allow\((dead_code|unused|clippy)", &[]);
    silent.retain(|line| !line.contains("// "));
    none("Say why on the same line, or mend it:", &silent);
}

#[test]
fn no_name_says_nothing() {
    let pattern =
        r"\b(struct|enum|trait|type) \w*(Manager|Helper|Utils?|Dto|Impl|Info)\b|\bmod (utils?|helpers?|common|misc)\b";
    none("Name it for what it is:", &outside(pattern, &[]));
}

/// What a person reads stays plain: no begging, no blaming, no shouting.
#[test]
fn messages_speak_plainly() {
    let literal = Regex::new(r#""((?:[^"\\]|\\.)*)""#).expect("a good pattern");
    let words =
        Regex::new(r"(?i)\bplease\b|\bsorry\b|\boops\b|\binvalid\b \w+ \w+|[a-z]!(\s|$)").expect("a good pattern");
    let mut found = Vec::new();
    for source in program() {
        for text in literal.captures_iter(&source.code()).map(|captured| captured[1].to_owned()) {
            if text.contains(' ') && words.is_match(&text) {
                found.push(format!("{}: {text}", source.path));
            }
        }
    }
    none("Say what is wrong and what to do:", &found);
}

#[test]
fn every_toast_has_a_sentence_and_every_sentence_a_use() {
    let call = Regex::new(r#"\.toast\(\s*"([a-z_-]+)"\s*\)"#).expect("a good pattern");
    let any = Regex::new(r"\.toast\(").expect("a good pattern");
    let (mut used, mut broken) = (Vec::new(), Vec::new());
    for source in program() {
        let code = source.code();
        used.extend(call.captures_iter(&code).map(|captured| captured[1].to_owned()));
        if any.find_iter(&code).count() != call.find_iter(&code).count() {
            // A word chosen between two: both stand in the same file as literals.
            used.extend(
                holdfast::web::toast::TEXTS
                    .iter()
                    .filter(|(word, _)| code.contains(&format!("\"{word}\"")))
                    .map(|(word, _)| (*word).to_owned()),
            );
        }
    }
    for word in &used {
        if holdfast::web::toast::text(word).is_none() {
            broken.push(format!("{word}: used, but has no sentence in src/web/toast.rs"));
        }
    }
    for (word, _) in holdfast::web::toast::TEXTS {
        if !used.iter().any(|known| known == word) {
            broken.push(format!("{word}: has a sentence, but nothing uses it"));
        }
    }
    none("Toasts:", &broken);
}
