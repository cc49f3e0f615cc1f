//! Rules for assets: nothing is shipped that no page uses, and no page asks for what is not there.

use std::collections::BTreeSet;

use regex::Regex;

use super::{files, none, program, sources};

fn everything_that_names_assets() -> String {
    let mut text = String::new();
    for source in
        program().into_iter().chain(sources("templates", &[".html"])).chain(sources("assets", &["app.css", "app.js"]))
    {
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

/// An icon that is not drawn is an empty square, and no compiler sees it.
#[test]
fn every_icon_that_is_asked_for_is_drawn() {
    let drawing = Regex::new(r#"<symbol id="([a-z0-9-]+)""#).expect("a good pattern");
    let call = Regex::new(r#"ui::icon\("([a-z0-9-]+)"\)|icon: "([a-z0-9-]+)""#).expect("a good pattern");
    let icons = std::fs::read_to_string(super::top().join("assets/icons.svg")).expect("assets/icons.svg");
    let drawn: BTreeSet<String> = drawing.captures_iter(&icons).map(|found| found[1].to_owned()).collect();
    let mut asked: BTreeSet<String> = call
        .captures_iter(&everything_that_names_assets())
        .filter_map(|found| found.get(1).or(found.get(2)))
        .map(|name| name.as_str().to_owned())
        .collect();
    for module in holdfast::modules::MODULES {
        asked.extend(module.navigation.iter().map(|item| item.icon.to_owned()));
        asked.extend(module.console.iter().map(|(_, icon, _)| (*icon).to_owned()));
    }
    let broken: Vec<String> = asked.difference(&drawn).cloned().collect();
    none("Draw these in assets/icons.svg:", &broken);
}

/// A stylesheet that fetches would break the promise of no third-party request (P-127).
#[test]
fn no_asset_fetches_from_elsewhere() {
    let elsewhere = Regex::new(r#"url\(\s*['"]?(https?:)?//|@import|fetch\(\s*['"`]https?:|\beval\(|new Function\("#)
        .expect("a good pattern");
    let broken: Vec<String> = sources("assets", &["app.css", "app.js"])
        .into_iter()
        .filter(|source| elsewhere.is_match(&source.text))
        .map(|source| source.path)
        .collect();
    none("Nothing may come from another host, and no text becomes code:", &broken);
}
