//! From a template to a page: fills the frame around a body with what is known of the visitor.

use askama::Template;
use jiff::tz::TimeZone;

use super::layout::{Account, Chrome, ErrorPage, Frame, NavigationLink, Page, Theme, Toast, WorkspaceLink, render};
use super::reader::Reader;
use super::ui::BellLink;
use super::{Access, Head, Reply, Request, cookie};
use crate::error::Error;
use crate::id::AccountId;
use crate::module::Bell;
use crate::permission::Level;
use crate::visitor::{Member, Signed, Visitor};

const DISK_FULL: (&str, &str) =
    ("The disk is full", "You can read everything. Changes are refused until there is room again, and none is lost.");

/// Which set of places the sidebar lists.
const ACCOUNT_PLACES: [(&str, &str, &str); 5] = [
    ("Workspaces", "layout-grid", "/"),
    ("Profile", "circle-user", "/account/profile"),
    ("Security", "fingerprint", "/account/security"),
    ("Sessions", "monitor-smartphone", "/account/sessions"),
    ("Privacy", "hand", "/account/privacy"),
];

/// Workspaces that the sidebar of an account leads back to; the switcher lists them all.
const WAYS_BACK: usize = 5;

impl Request {
    /// A whole page with `body` in it, or the body alone when htmx asks for a fragment.
    ///
    /// `title` is what the page is about; it is also its last crumb.
    pub fn page(&self, title: &str, body: &impl Template) -> Result<Reply, Error> {
        self.page_below(title, &[], body)
    }

    /// Like [`Request::page`], below other pages: `&[("Contacts", "/people/contacts")]`, workspace paths without `/w/{slug}`.
    pub fn page_below(&self, title: &str, above: &[(&str, &str)], body: &impl Template) -> Result<Reply, Error> {
        let rendered = self.render(body)?;
        self.wrap(title, above, &rendered, false)
    }

    /// A page that strangers read as well as members: without a sign-in it takes the whole width.
    pub fn open_page(&self, title: &str, body: &impl Template) -> Result<Reply, Error> {
        let rendered = self.render(body)?;
        let chrome = match self.chrome()? {
            Chrome::Door => Chrome::Open,
            chrome => chrome,
        };
        self.wrap_in(chrome, title, &[], &rendered, false)
    }

    /// The page again with the form as it was sent and what is wrong with it: 422.
    pub fn page_with_errors(&self, title: &str, above: &[(&str, &str)], body: &impl Template) -> Result<Reply, Error> {
        let rendered = self.render(body)?;
        Ok(self.wrap(title, above, &rendered, true)?.status(422))
    }

    /// A part of a page, for htmx.
    pub fn fragment(&self, body: &impl Template) -> Result<Reply, Error> {
        Ok(Reply::html(self.render(body)?).header("Vary", "HX-Request"))
    }

    /// Renders a template for this visitor: their time zone, their form token.
    pub fn render(&self, body: &impl Template) -> Result<String, Error> {
        body.render_with_values(&self.reader()).map_err(|error| Error::Internal(Box::new(error)))
    }

    /// For whom the page is drawn.
    pub fn reader(&self) -> Reader {
        let zone = self.signed().map_or("UTC", |signed| signed.time_zone.as_str());
        Reader { csrf: self.csrf_token(), zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC), now: self.now() }
    }

    /// The form token of this visitor's cookie; empty when there is none yet.
    pub fn csrf_token(&self) -> String {
        let cookie = self.fresh_cookie.get().map(String::as_str).or(self.head.cookie());
        cookie.map(|cookie| cookie::csrf_token(&self.app.control_keys.csrf, cookie)).unwrap_or_default()
    }

    fn wrap(&self, title: &str, above: &[(&str, &str)], body: &str, error: bool) -> Result<Reply, Error> {
        if self.wants_fragment() {
            return Ok(Reply::html(body.to_owned()).header("Vary", "HX-Request"));
        }
        self.wrap_in(self.chrome()?, title, above, body, error)
    }

    fn wrap_in(
        &self,
        chrome: Chrome,
        title: &str,
        above: &[(&str, &str)],
        body: &str,
        error: bool,
    ) -> Result<Reply, Error> {
        let mut crumbs: Vec<(String, Option<String>)> =
            above.iter().map(|(label, path)| ((*label).to_owned(), Some(self.url(path)))).collect();
        crumbs.push((title.to_owned(), None));
        let page = Page {
            title: title.to_owned(),
            crumbs,
            chrome,
            theme: self.signed().ok().and_then(|signed| Theme::parse(&signed.theme)).unwrap_or_default(),
            toast: self.toast(),
            shortcuts: self.signed().is_ok_and(|signed| signed.shortcuts),
            error,
            path: self.path_and_query(),
        };
        let reply = Reply::html(render(&page, &self.reader(), body)?).header("Vary", "HX-Request");
        Ok(match self.fresh_cookie.get() {
            Some(fresh) => reply.with_cookie(cookie::set(fresh)),
            None => reply,
        })
    }

    fn path_and_query(&self) -> String {
        if self.head.query.is_empty() {
            self.head.path.clone()
        } else {
            format!("{}?{}", self.head.path, self.head.query)
        }
    }

    /// A message that the last action left, looked up by its word (never free text from the address).
    fn toast(&self) -> Option<Toast> {
        let done = form_urlencoded::parse(self.head.query.as_bytes()).find(|(name, _)| name == "done")?.1;
        let text = super::toast::text(&done)?;
        Some(Toast { text: text.to_owned(), undo: None })
    }

    fn chrome(&self) -> Result<Chrome, Error> {
        match &self.visitor {
            Visitor::Stranger | Visitor::HalfSignedIn(_) | Visitor::Token(..) | Visitor::OperatorProgram(..) => {
                Ok(Chrome::Door)
            }
            Visitor::Account(signed) => self.account_chrome(signed),
            Visitor::Member(signed, member) => self.workspace_chrome(signed, member),
        }
    }

    fn account_chrome(&self, signed: &Signed) -> Result<Chrome, Error> {
        let is_console = self.route.access == Access::Operator && signed.is_operator;
        let link = |label: &str, icon: &'static str, href: &str| NavigationLink {
            label: label.into(),
            icon,
            href: href.into(),
            current: self.is_at(href, href == "/" || href == "/operator"),
            count: None,
            key: None,
        };
        let navigation = if is_console {
            let places = self.app.modules.iter().flat_map(|module| module.console);
            places.map(|(label, icon, href)| link(label, icon, href)).collect()
        } else {
            ACCOUNT_PLACES.iter().map(|(label, icon, href)| link(label, icon, href)).collect()
        };
        let workspaces = self.workspace_links(signed.account, "")?;
        let back = workspaces.iter().take(WAYS_BACK);
        let back = back.map(|one| link(&one.name, "arrow-left", &format!("/w/{}", one.slug))).collect();
        Ok(Chrome::Frame(Box::new(Frame {
            name: if is_console { "Operator console".into() } else { "Your account".into() },
            note: self.app.config.host_name(),
            icon: if is_console { "server" } else { "circle-user" },
            navigation: vec![navigation, back],
            search: None,
            bell: None,
            hearing: String::new(),
            account: account(signed, String::new()),
            workspaces,
            is_operator: signed.is_operator,
            warning: self.app.control.is_full().then_some(DISK_FULL),
        })))
    }

    /// How many things wait behind a line of the sidebar; nothing for none.
    fn count_waiting(&self, member: &Member, path: &str) -> Result<Option<u32>, Error> {
        let mut counts = self.app.modules.iter().flat_map(|module| module.waiting);
        let Some((_, count)) = counts.find(|(place, _)| *place == path) else { return Ok(None) };
        let number = member.workspace.file.read(self.now(), count)?;
        Ok(u32::try_from(number).ok().filter(|number| *number > 0))
    }

    fn workspace_chrome(&self, signed: &Signed, member: &Member) -> Result<Chrome, Error> {
        let mut items: Vec<_> = self.app.modules.iter().flat_map(|module| module.navigation).collect();
        items.sort_by_key(|item| item.group);
        let mut navigation: Vec<Vec<NavigationLink>> = Vec::new();
        let mut group = None;
        for item in items {
            let admitted = match item.access {
                Access::May(permission) => member.permissions.of(permission.action, permission.area) != Level::None,
                _ => true,
            };
            if !admitted {
                continue;
            }
            if group != Some(item.group) {
                group = Some(item.group);
                navigation.push(Vec::new());
            }
            let href = self.url(item.path);
            let current = self.is_at(&href, item.path.is_empty());
            if let Some(last) = navigation.last_mut() {
                last.push(NavigationLink {
                    label: item.label.into(),
                    icon: item.icon,
                    href,
                    current,
                    count: self.count_waiting(member, item.path)?,
                    key: item.shortcut,
                });
            }
        }
        Ok(Chrome::Frame(Box::new(Frame {
            name: member.workspace_name.clone(),
            note: member.workspace_slug.clone(),
            icon: "holdfast",
            navigation,
            search: Some(self.url("/search")),
            bell: self.bell(),
            hearing: self.bells().next().map(|bell| self.url(bell.settings)).unwrap_or_default(),
            account: account(signed, member.role_name.clone()),
            workspaces: self.workspace_links(signed.account, &member.workspace_slug)?,
            is_operator: signed.is_operator,
            warning: warning(member),
        })))
    }

    fn bells(&self) -> impl Iterator<Item = &'static Bell> + use<> {
        self.app.modules.iter().filter_map(|module| module.bell.as_ref())
    }

    fn bell(&self) -> Option<BellLink> {
        let bell = self.bells().next()?;
        let unread = (bell.unread)(self).unwrap_or_else(|error| {
            // The page itself is what was asked for.
            tracing::error!(request = %self.head.id, %error, "the bell could not count");
            0
        });
        Some(BellLink { href: self.url(bell.path), refresh: self.url(bell.refresh), unread })
    }

    /// True on the page `href`, and on pages below it unless it is a place of its own `alone`.
    fn is_at(&self, href: &str, alone: bool) -> bool {
        let path = self.head.path.as_str();
        path == href || (!alone && path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/')))
    }

    fn workspace_links(&self, account: AccountId, current: &str) -> Result<Vec<WorkspaceLink>, Error> {
        let rows = self.read_control(|db| {
            db.rows(
                "SELECT w.name, w.slug FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
                 WHERE m.account_id = :account AND m.state = 'active' AND w.state IN ('active', 'read_only')
                 ORDER BY w.name",
                &[(":account", &account)],
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
            )
        })?;
        Ok(rows.into_iter().map(|(name, slug)| WorkspaceLink { name, current: slug == current, slug }).collect())
    }
}

/// What every page of a workspace must say while it holds.
fn warning(member: &Member) -> Option<(&'static str, &'static str)> {
    if member.workspace.file.is_full() {
        return Some(DISK_FULL);
    }
    member.read_only.then_some((
        "This workspace is being closed",
        "It can be read and exported. Nothing in it can be changed any more.",
    ))
}

fn account(signed: &Signed, role: String) -> Account {
    Account { name: signed.label().to_owned(), email: signed.email.clone(), role }
}

/// A page for an error. Works without a request, when the gate itself said no.
pub(super) fn error_page(
    title: &str,
    body: &ErrorPage,
    head: &Head,
    request: Option<&Request>,
) -> Result<Reply, Error> {
    if let Some(request) = request {
        return request.page(title, body);
    }
    let reader = Reader { csrf: String::new(), zone: TimeZone::UTC, now: head.now };
    let rendered = body.render_with_values(&reader).map_err(|error| Error::Internal(Box::new(error)))?;
    let page = Page {
        title: title.to_owned(),
        crumbs: Vec::new(),
        chrome: Chrome::Door,
        theme: Theme::System,
        toast: None,
        shortcuts: false,
        error: true,
        path: String::from("/"),
    };
    Ok(Reply::html(render(&page, &reader, &rendered)?))
}
