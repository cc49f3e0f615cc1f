//! Walks every page that somebody can reach by links, as a curious person would.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::modules;
use holdfast::web::{Method, Route};

use super::client::{Answer, Client};
use super::forms::{Form, forms, links};

/// Pages of one kind that are looked at: the second contact page tells nothing the first did not.
const OF_A_KIND: usize = 2;

/// What was found.
#[derive(Default)]
pub struct Crawl {
    /// Each page that was fetched, by its address.
    pub pages: BTreeMap<String, Answer>,
    /// A form for each unsafe route that some page offers.
    pub forms: BTreeMap<(&'static str, &'static str), Form>,
}

/// The route that answers a path.
pub fn route(method: &str, path: &str) -> Option<&'static Route> {
    let path = path.split('?').next().unwrap_or(path);
    let mut fitting: Vec<&'static Route> =
        modules::routes().filter(|route| route.method.name() == method && fits(route.path, path)).collect();
    // Literal parts come before parameters, as in the router.
    fitting.sort_by_key(|route| route.path.matches('{').count());
    fitting.first().copied()
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(found)) if part.starts_with('{') && !found.is_empty() => {}
            (Some(part), Some(found)) if part == found => {}
            _ => return false,
        }
    }
}

/// Follows links from `starts` until nothing new comes.
pub fn crawl(client: &Client, starts: &[&str]) -> Crawl {
    let mut crawl = Crawl::default();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut waiting: Vec<String> = starts.iter().map(|start| (*start).to_owned()).collect();
    while let Some(path) = waiting.pop() {
        let Some(route) = route("GET", &path) else { continue };
        // Sorting and paging links differ in their query alone.
        let count = kinds.entry(route.path).or_default();
        if !seen.insert(path.clone()) || *count >= OF_A_KIND {
            continue;
        }
        *count += 1;
        let answer = client.get(&path);
        let is_page = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if is_page {
            let text = answer.text();
            waiting.extend(links(&text));
            for form in forms(&text, path.split('?').next().unwrap_or(&path)) {
                if let Some(route) = super::crawler::route(&form.method, &form.action)
                    && route.method != Method::Get
                {
                    crawl.forms.entry((route.method.name(), route.path)).or_insert(form);
                }
            }
        } else if (300..400).contains(&answer.status)
            && let Some(to) = answer.header("location")
        {
            waiting.push(to.strip_prefix(&client.base).unwrap_or(to).to_owned());
        }
        crawl.pages.insert(path, answer);
    }
    crawl
}
