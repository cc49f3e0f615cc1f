//! Rules for templates: each is used, lies where its handler lies, and keeps script, style and raw HTML out.

use std::collections::BTreeSet;

use regex::Regex;

use super::{Source, none, program, sources};

fn all() -> Vec<Source> {
    sources("templates", &[".html", ".txt", ".svg"])
}

fn pages() -> Vec<Source> {
    sources("templates", &[".html"]).into_iter().filter(|source| !source.path.starts_with("templates/email/")).collect()
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a good pattern")
}

#[test]
fn every_template_is_used() {
    let named = pattern(r#"[("\s=/]((?:[a-z_]+/)*_?[a-z_]+\.(?:html|txt|svg))""#);
    let mut used = BTreeSet::new();
    for source in program().iter().chain(&all()) {
        used.extend(named.captures_iter(&source.text).map(|found| found[1].to_owned()));
    }
    let broken: Vec<String> = all()
        .into_iter()
        .filter(|source| {
            let path = source.path.trim_start_matches("templates/");
            !used.contains(path)
        })
        .map(|source| source.path)
        .collect();
    none("Nothing names these:", &broken);
}

/// The address of a template is the path of its code: the folders of one are the folders of the other.
#[test]
fn every_template_lies_where_its_handler_lies() {
    let named = pattern(r#"#\[template\(\s*path = "([^"]+)""#);
    let mut broken = Vec::new();
    for source in program() {
        let code_path = source.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        for found in named.captures_iter(&source.code()) {
            let template = &found[1];
            let Some((folder, _)) = template.rsplit_once('/') else { continue };
            let fits = match folder {
                "ui" => source.path.starts_with("src/web/"),
                "email" => source.path.starts_with("src/mail/"),
                // The folder of the file or one above it; or the file itself as a folder.
                folder => {
                    code_path == folder
                        || code_path.starts_with(&format!("{folder}/"))
                        || folder.starts_with(&format!("{code_path}/"))
                        || folder.starts_with(&format!(
                            "{}/",
                            code_path.rsplit_once('/').map_or(code_path, |(folder, _)| folder)
                        ))
                }
            };
            if !fits {
                broken.push(format!("{} renders {template}", source.path));
            }
        }
    }
    none("Move the template to the folder of its code:", &broken);
}

/// `_body.html` is the one place where rendered HTML enters the frame.
#[test]
fn html_is_escaped_everywhere_but_in_one_place() {
    let raw = pattern(r#"\|\s*safe\b|escape\s*=\s*"none"|\{%\s*autoescape"#);
    let broken: Vec<String> = pages()
        .into_iter()
        .filter(|source| source.path != "templates/ui/_body.html" && raw.is_match(&source.text))
        .map(|source| source.path)
        .collect();
    none("Let askama escape:", &broken);
}

#[test]
fn no_page_carries_script_or_style() {
    let forbidden = [
        (r#"\sstyle\s*="#, "a style attribute"),
        (r"<style\b", "a style element"),
        (r#"\son[a-z]+\s*="#, "an event attribute"),
        (r"\bhx-on\b", "hx-on, which evaluates text"),
        (r#"["'\s]js:"#, "js:, which evaluates text"),
        (r"(?i)javascript:", "a javascript: address"),
        (r#"(src|href|action)\s*=\s*"(https?:)?//"#, "something from another host"),
    ];
    let script = pattern(r"<script\b[^>]*>");
    let mut broken = Vec::new();
    for source in pages() {
        for (text, name) in forbidden {
            if pattern(text).is_match(&source.text) {
                broken.push(format!("{}: {name}", source.path));
            }
        }
        for found in script.find_iter(&source.text) {
            if source.path != "templates/ui/_head.html" || !found.as_str().contains("src=\"{{ ui::asset(") {
                broken.push(format!("{}: {}", source.path, found.as_str()));
            }
        }
    }
    none("The content security policy forbids:", &broken);
}

#[test]
fn every_form_that_posts_carries_the_token() {
    let form = pattern(r"(?s)<form\b([^>]*)>(.*?)</form>");
    let posts = pattern(r#"(?i)method\s*=\s*"?post"#);
    let mut broken = Vec::new();
    for source in pages() {
        // An expression may hold `>`; take expressions out of the tags before looking for their ends.
        let text = pattern(r"\{%.*?%\}").replace_all(&source.text, "").into_owned();
        let found: Vec<_> = form.captures_iter(&text).collect();
        if found.len() != text.matches("<form").count() {
            broken.push(format!("{}: a form is not closed in the same file", source.path));
        }
        for form in found {
            if posts.is_match(&form[1]) && !form[2].contains("csrf()") {
                broken.push(format!("{}: <form{}>", source.path, &form[1]));
            }
        }
    }
    none("Put {{ ui::csrf() }} into the form:", &broken);
}

/// A page that says it twice says it once too often: every workspace path is built from the workspace's own address.
#[test]
fn no_page_names_a_workspace() {
    let fixed = pattern(r#"(href|action)="/w/[a-z]"#);
    let broken: Vec<String> =
        pages().into_iter().filter(|source| fixed.is_match(&source.text)).map(|source| source.path).collect();
    none("Build the address with the workspace's slug:", &broken);
}

#[test]
fn pages_speak_plainly() {
    let words = pattern(r"(?i)\bplease\b|\bsorry\b|\boops\b|[a-z]!(\s|<|$)");
    let comment = pattern(r"(?s)\{#.*?#\}|\{[{%].*?[%}]\}|<!doctype");
    let mut broken = Vec::new();
    for source in all() {
        for line in comment.replace_all(&source.text, "").lines().filter(|line| words.is_match(line)) {
            broken.push(format!("{}: {}", source.path, line.trim()));
        }
    }
    none("Say what is, and what to do:", &broken);
}
