//! The bell above the pages of a workspace: how much waits for the reader.

use askama::Template;
use askama::filters::HtmlSafe;

/// A link with the number of unread notifications.
///
/// Its own address stands beside it: the script fetches it anew now and then, while somebody is there.
#[derive(Template)]
#[template(path = "ui/bell.html")]
pub struct BellLink {
    pub href: String,
    pub refresh: String,
    pub unread: i64,
}

impl HtmlSafe for BellLink {}

impl BellLink {
    fn is_ringing(&self) -> bool {
        self.unread > 0
    }

    /// What fits into the badge.
    fn short(&self) -> String {
        if self.unread > 99 { "99+".into() } else { self.unread.to_string() }
    }
}
