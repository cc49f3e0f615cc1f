//! Reads the forms of a page, so that tests can send what a person could.

use regex::Regex;

/// A form, with the values it came with.
#[derive(Debug, Clone)]
pub struct Form {
    pub method: String,
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// Every form of a page; `here` is the page's own address.
pub fn forms(page: &str, here: &str) -> Vec<Form> {
    let form = Regex::new(r"(?s)<form\b([^>]*)>(.*?)</form>").expect("a good pattern");
    form.captures_iter(page)
        .map(|found| {
            let action =
                attribute(&found[1], "action").filter(|action| !action.is_empty()).unwrap_or_else(|| here.to_owned());
            Form {
                method: attribute(&found[1], "method").unwrap_or_else(|| "get".into()).to_uppercase(),
                action: action.split('?').next().unwrap_or_default().to_owned(),
                fields: fields(&found[2]),
            }
        })
        .collect()
}

/// What a browser would send when nothing is touched: the fields, and the first button that has a name.
fn fields(form: &str) -> Vec<(String, String)> {
    let control = Regex::new(
        r"(?s)<(input|button)\b([^>]*)>|<select\b([^>]*)>(.*?)</select>|<textarea\b([^>]*)>(.*?)</textarea>",
    )
    .expect("a good pattern");
    let option = Regex::new(r"(?s)<option\b([^>]*)>").expect("a good pattern");
    let mut fields = Vec::new();
    let mut pressed = false;
    for found in control.captures_iter(form) {
        if let Some(kind) = found.get(1) {
            let attributes = &found[2];
            let Some(name) = attribute(attributes, "name") else { continue };
            let value = attribute(attributes, "value").unwrap_or_default();
            let kind = if kind.as_str() == "button" {
                "button".into()
            } else {
                attribute(attributes, "type").unwrap_or_default()
            };
            match kind.as_str() {
                "button" if pressed => {}
                "button" => {
                    pressed = true;
                    fields.push((name, value));
                }
                "checkbox" | "radio" if !has(attributes, "checked") => {}
                "file" | "submit" => {}
                _ => fields.push((name, value)),
            }
        } else if let Some(attributes) = found.get(3) {
            let Some(name) = attribute(attributes.as_str(), "name") else { continue };
            let options: Vec<_> = option.captures_iter(&found[4]).map(|found| found[1].to_owned()).collect();
            let chosen = options.iter().find(|option| has(option, "selected")).or(options.first());
            fields.push((name, chosen.and_then(|option| attribute(option, "value")).unwrap_or_default()));
        } else if let Some(attributes) = found.get(5) {
            let Some(name) = attribute(attributes.as_str(), "name") else { continue };
            fields.push((name, unescape(found[6].trim_start_matches('\n'))));
        }
    }
    fields
}

/// The links of a page that stay on this host.
pub fn links(page: &str) -> Vec<String> {
    let link = Regex::new(r#"<a\b([^>]*)>"#).expect("a good pattern");
    link.captures_iter(page)
        .filter_map(|found| attribute(&found[1], "href"))
        .filter(|href| href.starts_with('/'))
        .map(|href| href.split('#').next().unwrap_or_default().to_owned())
        .collect()
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let pattern = Regex::new(&format!(r#"(?:^|\s){name}="([^"]*)""#)).expect("a good pattern");
    pattern.captures(attributes).map(|found| unescape(&found[1]))
}

fn has(attributes: &str, name: &str) -> bool {
    Regex::new(&format!(r"(?:^|\s){name}(?:\s|=|$)")).expect("a good pattern").is_match(attributes)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&amp;", "&")
}
