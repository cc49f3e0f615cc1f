//! The page around a body: navigation, bars, menus, messages. The only place that prints HTML unescaped.
//!
//! A page is rendered in two steps: its own template gives the body, then [`render`] puts the frame
//! around it. So a page's template never repeats or inherits the frame, and htmx can ask for the body alone.

use askama::Template;

use crate::error::Error;
use crate::web::reader::Reader;
use crate::web::ui;

/// All that the frame shows besides the body.
pub struct Page {
    /// The heading of the browser tab; " · Holdfast" is added.
    pub title: String,
    /// Where the reader is, from the outside in. The last one is this page and carries no address.
    pub crumbs: Vec<(String, Option<String>)>,
    pub chrome: Chrome,
    pub theme: Theme,
    pub toast: Option<Toast>,
    /// Whether single keys act (WCAG 2.1.4 demands that one can turn them off).
    pub shortcuts: bool,
    /// A form came back with errors: the title then begins with "Error:".
    pub error: bool,
    /// This page's own path and query, so that choosing a theme leads back here.
    pub path: String,
}

/// Light, dark, or whatever the reader's machine says. Kept with the account (no second cookie, P-128).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// Reads the word a form sends or the account keeps; anything else is `None`.
    pub fn parse(word: &str) -> Option<Theme> {
        [Theme::System, Theme::Light, Theme::Dark].into_iter().find(|theme| theme.word() == word)
    }

    /// The word that forms send and the account keeps.
    pub fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// What was just done, said once at the edge of the page.
pub struct Toast {
    pub text: String,
    /// Where a POST takes it back.
    pub undo: Option<String>,
}

/// What stands around the body.
pub enum Chrome {
    /// Nobody is signed in yet: a promise on one side, a form on the other.
    Door,
    /// Nobody is signed in, and the page is there to be read: the whole width for it.
    Open,
    /// Somebody is signed in: sidebar, top bar and menus.
    Frame(Box<Frame>),
}

/// The frame of everyone who is signed in: in a workspace, at their account, at the operator's console.
pub struct Frame {
    /// The workspace's name, "Your account" or "Operator console".
    pub name: String,
    /// A small line under the name: the workspace's file or the host.
    pub note: String,
    /// The symbol in the mark: `holdfast`, `circle-user`, `server`.
    pub icon: &'static str,
    /// Groups of the sidebar, in order.
    pub navigation: Vec<Vec<NavigationLink>>,
    /// Where the words of a search go, as `?q=`; `None` outside a workspace.
    ///
    /// Asked by htmx it answers with options for the palette, in groups or not:
    /// `<div role="option" data-href="/w/…">icon<span>name</span><small>line</small></div>`.
    /// With no words it may offer what was looked at last, or nothing.
    pub search: Option<String>,
    /// What waits for the reader; `None` outside a workspace.
    pub bell: Option<ui::BellLink>,
    /// Where a member chooses what to hear of; empty outside a workspace.
    pub hearing: String,
    pub account: Account,
    /// For the switcher: every workspace the reader belongs to.
    pub workspaces: Vec<WorkspaceLink>,
    pub is_operator: bool,
    /// Something that holds for every page, such as a full disk: what it is, and what it means.
    pub warning: Option<(&'static str, &'static str)>,
}

/// A line of the sidebar.
pub struct NavigationLink {
    pub label: String,
    pub icon: &'static str,
    pub href: String,
    pub current: bool,
    /// Things that wait there.
    pub count: Option<u32>,
    /// The key that leads here after `G`, in lower case.
    pub key: Option<char>,
}

/// Who is signed in.
pub struct Account {
    pub name: String,
    pub email: String,
    /// What they are here: "Owner", "Sales"; empty outside a workspace.
    pub role: String,
}

/// A workspace in the switcher.
pub struct WorkspaceLink {
    pub name: String,
    pub slug: String,
    pub current: bool,
}

impl Frame {
    /// The links of the bar at the bottom of a phone: the first four; "More" opens the rest.
    fn tabs(&self) -> impl Iterator<Item = &NavigationLink> {
        self.navigation.iter().flatten().take(4)
    }

    /// The links that a key leads to, for the list of shortcuts.
    fn keyed(&self) -> impl Iterator<Item = (&NavigationLink, String)> {
        let links = self.navigation.iter().flatten();
        links.filter_map(|link| link.key.map(|key| (link, key.to_uppercase().to_string())))
    }
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    page: &'a Page,
    frame: &'a Frame,
    csrf: &'a str,
    body: &'a str,
}

#[derive(Template)]
#[template(path = "door.html")]
struct Door<'a> {
    page: &'a Page,
    csrf: &'a str,
    body: &'a str,
    version: &'static str,
}

#[derive(Template)]
#[template(path = "open.html")]
struct Open<'a> {
    page: &'a Page,
    csrf: &'a str,
    body: &'a str,
}

/// Puts the frame around a rendered body.
///
/// `body` must come from a template, which has escaped all that people wrote: it is printed as it is.
pub fn render(page: &Page, reader: &Reader, body: &str) -> Result<String, Error> {
    let csrf = reader.csrf.as_str();
    let rendered = match &page.chrome {
        Chrome::Door => Door { page, csrf, body, version: env!("CARGO_PKG_VERSION") }.render_with_values(reader),
        Chrome::Open => Open { page, csrf, body }.render_with_values(reader),
        Chrome::Frame(frame) => Layout { page, frame, csrf, body }.render_with_values(reader),
    };
    rendered.map_err(|error| Error::Internal(Box::new(error)))
}

/// An error for people, as the body of a page.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// What it is, in a few words: "This page does not exist".
    pub title: String,
    pub what_happened: String,
    pub what_to_do: String,
    /// Finds the request in the log of the server.
    pub request_id: String,
    /// Where the one button leads, and its words.
    pub way_out: (String, String),
}

#[cfg(test)]
mod tests;
