//! Rules for assets: nothing is shipped that no page uses, and no page asks for what is not there.

use std::collections::BTreeSet;

use regex::Regex;

use super::{files, none, program, sources};

fn everything_that_names_assets() -> String {
    let mut text = String::new();
    for source in program().into_iter().chain(sources("templates", &[".html"])).chain(sources("assets", &["app.css", "app.js"])) {
        text.push_str(&source.text);
        text.push('\n');
    }
    text
}

#[test]
fn every_asset_is_used() {
    let named = everything_that_names_assets();
    let broken: Vec<String> = files("assets")
        .into_iter()
        // Licences go with the files they are for.
        .filter(|path| !path.contains("/licences/") && !path.ends_with("/LICENSE"))
        .filter(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            !named.contains(name)
        })
        .collect();
    none("Nothing names these:", &broken);
}

#[test]
fn every_icon_is_drawn_and_every_drawing_used() {
    let drawing = Regex::new(r#"<symbol id="([a-z0-9-]+)""#).expect("a good pattern");
    let call = Regex::new(r#"ui::icon\("([a-z0-9-]+)"\)"#).expect("a good pattern");
    let icons = std::fs::read_to_string(super::top().join("assets/icons.svg")).expect("assets/icons.svg");
    let drawn: BTreeSet<String> = drawing.captures_iter(&icons).map(|found| found[1].to_owned()).collect();
    let named = everything_that_names_assets();
    let mut broken: Vec<String> = call
        .captures_iter(&named)
        .map(|found| found[1].to_owned())
        .filter(|name| !drawn.contains(name))
        .map(|name| format!("{name}: asked for, but not drawn"))
        .collect();
    for name in &drawn {
        if !named.contains(&format!("\"{name}\"")) && !named.contains(&format!("#{name}")) && !named.contains(&format!("'{name}'")) {
            broken.push(format!("{name}: drawn, but never asked for"));
        }
    }
    none("assets/icons.svg:", &broken);
}

/// A stylesheet that fetches would break the promise of no third-party request (P-127).
#[test]
fn no_asset_fetches_from_elsewhere() {
    let elsewhere = Regex::new(r#"url\(\s*['"]?(https?:)?//|@import|fetch\(\s*['"`]https?:|\beval\(|new Function\("#).expect("a good pattern");
    let broken: Vec<String> = sources("assets", &["app.css", "app.js"])
        .into_iter()
        .filter(|source| elsewhere.is_match(&source.text))
        .map(|source| source.path)
        .collect();
    none("Nothing may come from another host, and no text becomes code:", &broken);
}
