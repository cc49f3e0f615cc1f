//! The mails the program itself writes. Each says who sends it, until when it holds, and what to do if
//! nobody asked for it.
//!
//! Links come in as full URLs made from the configured host, never from a request's `Host` header (AUT-8).

use askama::Template;
use jiff::tz::TimeZone;

use super::html;
use crate::clock::Timestamp;
use crate::error::Error;

/// What people call themselves is cut to this, so that a name cannot become a message of its own.
const LONGEST_NAME: usize = 60;

/// A mail without a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Which mail this is, as a stable word.
    pub purpose: &'static str,
    /// What mail programs call the subject. Never holds a secret: it shows on locked screens.
    pub title: String,
    pub text: String,
    pub html: String,
    /// True when the text holds a link or a code that signs in: its words are discarded after a day.
    pub secret: bool,
}

/// Declares one mail: a struct whose public fields its template uses, and `content()`.
macro_rules! mail {
    (
        $(#[$doc:meta])* $name:ident($path:literal) { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ }
        title: |$mail:ident| $title:expr, link: $link:expr, code: $code:expr, secret: $secret:literal
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Template)]
        #[template(path = $path, escape = "none")]
        pub struct $name<'a> {
            /// The installation, as people know it: its host name.
            pub site: &'a str,
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl $name<'_> {
            /// Renders the mail.
            pub fn content(&self) -> Result<Content, Error> {
                let $mail = self;
                // "email/sign_in_link.txt" is the mail "sign_in_link".
                let purpose = $path.trim_start_matches("email/").trim_end_matches(".txt");
                let text = self.render().map_err(|error| Error::Internal(Box::new(error)))?;
                finish(purpose, $title, text, $link, $code, $secret)
            }
        }
    };
}

mail! {
    /// A link that signs in once.
    SignInLink("email/sign_in_link.txt") {
        link: &'a str,
        until: Until,
    }
    title: |mail| format!("Sign in to {}", name(mail.site)), link: Some(mail.link), code: None, secret: true
}

mail! {
    /// A code to type on the sign-in page.
    SignInCode("email/sign_in_code.txt") {
        code: &'a str,
        until: Until,
    }
    title: |mail| format!("Your sign-in code for {}", name(mail.site)), link: None, code: Some(mail.code), secret: true
}

mail! {
    /// A link to choose a new password.
    PasswordReset("email/password_reset.txt") {
        link: &'a str,
        until: Until,
    }
    title: |mail| format!("Choose a new password for {}", name(mail.site)), link: Some(mail.link), code: None, secret: true
}

mail! {
    /// An invitation to a workspace.
    Invitation("email/invitation.txt") {
        inviter: &'a str,
        workspace: &'a str,
        link: &'a str,
        until: Until,
    }
    title: |mail| format!("{} invites you to {}", name(mail.inviter), name(mail.workspace)),
    link: Some(mail.link), code: None, secret: true
}

mail! {
    /// Somebody signed in from a browser not seen before.
    NewDevice("email/new_device.txt") {
        at: Until,
        /// Browser and system, in words.
        device: &'a str,
        /// The network address; empty when unknown.
        address: &'a str,
        /// The page that lists the sessions.
        link: &'a str,
    }
    title: |mail| format!("New sign-in to {}", name(mail.site)), link: Some(mail.link), code: None, secret: false
}

mail! {
    /// The password was right, the second step never came.
    TwoStepUnfinished("email/two_step_unfinished.txt") {
        at: Until,
        device: &'a str,
        address: &'a str,
        /// The page where the password is changed.
        link: &'a str,
    }
    title: |mail| format!("A sign-in to {} was not finished", name(mail.site)), link: Some(mail.link), code: None, secret: false
}

mail! {
    /// The second step was begun and not finished, or a role asks for it.
    TwoStepReminder("email/two_step_reminder.txt") {
        /// The page where it is set up.
        link: &'a str,
    }
    title: |mail| format!("Set up two-step sign-in for {}", name(mail.site)), link: Some(mail.link), code: None, secret: false
}

mail! {
    /// Password, email address or second step changed. Goes to the old address when that changed.
    AccountChanged("email/account_changed.txt") {
        /// A whole sentence: "Your password was changed."
        change: &'a str,
        at: Until,
        /// How to reach whoever hosts the installation.
        contact: &'a str,
    }
    title: |mail| format!("Your account at {} was changed", name(mail.site)), link: None, code: None, secret: false
}

mail! {
    /// Confirms a new email address; goes to that address.
    EmailChange("email/email_change.txt") {
        link: &'a str,
        until: Until,
    }
    title: |mail| format!("Confirm your new email address for {}", name(mail.site)),
    link: Some(mail.link), code: None, secret: true
}

mail! {
    /// A workspace has a new owner. Goes to the old and to the new one.
    OwnershipTransferred("email/ownership_transferred.txt") {
        workspace: &'a str,
        from: &'a str,
        to: &'a str,
        at: Until,
        contact: &'a str,
    }
    title: |mail| format!("{} now owns {}", name(mail.to), name(mail.workspace)), link: None, code: None, secret: false
}

mail! {
    /// What waits for a member in a workspace. Counts alone: what people are called and what was written stays there.
    Notifications("email/notifications.txt") {
        workspace: &'a str,
        /// "3 things are".
        count: &'a str,
        /// A line for each kind: "3 mentions in notes".
        counts: &'a [String],
        /// The page that lists them.
        link: &'a str,
        /// The page where the member chooses what is mailed.
        settings: &'a str,
    }
    title: |mail| format!("Something waits for you in {}", name(mail.workspace)),
    link: Some(mail.link), code: None, secret: false
}

mail! {
    /// What the audit log counted, and its checkpoints, for owners. Names nobody.
    AuditDigest("email/audit_digest.txt") {
        workspace: &'a str,
        /// A line for each kind: "Contacts: 12 entries".
        counts: &'a [String],
        /// Signed texts that a later check holds the log against.
        checkpoints: &'a [String],
        /// The audit log.
        link: &'a str,
    }
    title: |mail| format!("Audit log of {}", name(mail.workspace)), link: Some(mail.link), code: None, secret: false
}

mail! {
    /// Everything in a workspace lies in one file, for owners. Names nobody.
    WorkspaceExported("email/workspace_exported.txt") {
        workspace: &'a str,
        asked_at: Until,
        until: Until,
        /// The page where it is taken, which asks who is there.
        link: &'a str,
    }
    title: |mail| format!("Everything in {} lies in one file", name(mail.workspace)),
    link: Some(mail.link), code: None, secret: false
}

mail! {
    /// A workspace came back from a backup. Goes to its owners.
    WorkspaceRestored("email/workspace_restored.txt") {
        workspace: &'a str,
        /// A whole sentence or two: what is different now.
        change: &'a str,
        /// The moment that came back.
        moment: &'a str,
        at: Until,
        /// The page that lists what waits.
        link: &'a str,
    }
    title: |mail| format!("{} was restored", name(mail.workspace)), link: Some(mail.link), code: None, secret: false
}

mail! {
    /// The deletion of a workspace was asked for. Goes to its owners, the one who asked among them.
    DeletionAsked("email/deletion_asked.txt") {
        workspace: &'a str,
        /// Who asked, as people call them.
        by: &'a str,
        at: Until,
        /// When it is destroyed.
        due: Until,
        /// The page where it can be kept.
        link: &'a str,
    }
    title: |mail| format!("{} is being deleted", name(mail.workspace)),
    link: Some(mail.link), code: None, secret: false
}

mail! {
    /// Backups are not made, or do not read back. Goes to the operators, and about one workspace to its owners.
    BackupTrouble("email/backup_trouble.txt") {
        /// "Holdfast", or the workspace.
        place: &'a str,
        /// What is wrong, in a sentence.
        words: &'a str,
        at: Until,
        /// The page that shows how the backups stand.
        link: &'a str,
    }
    title: |mail| format!("The backups of {} need you", name(mail.place)),
    link: Some(mail.link), code: None, secret: false
}

/// A letter whose words a member wrote, to somebody outside.
pub fn letter(title: &str, text: &str) -> Result<Content, Error> {
    finish("letter", title.to_owned(), text.to_owned(), None, None, false)
}

/// A mail that asks a person to confirm a consent, in the words of the workspace; `link` stands in them as a paragraph.
pub fn confirmation(title: &str, text: &str, link: &str) -> Result<Content, Error> {
    finish("consent_confirmation", title.to_owned(), text.to_owned(), Some(link), None, false)
}

mail! {
    /// A code that opens the page where a person sees what a workspace holds about them.
    PortalCode("email/portal_code.txt") {
        workspace: &'a str,
        code: &'a str,
        until: Until,
    }
    title: |mail| format!("Your code for {}", name(mail.workspace)), link: None, code: Some(mail.code), secret: true
}

/// A moment on the reader's own clock, written out: "21 November 2026, 14:35 (UTC)".
#[derive(Debug, Clone)]
pub struct Until {
    pub moment: Timestamp,
    pub zone: TimeZone,
}

impl Until {
    pub fn new(moment: Timestamp, zone: TimeZone) -> Until {
        Until { moment, zone }
    }

    /// For readers whose zone is not known.
    pub fn utc(moment: Timestamp) -> Until {
        Until { moment, zone: TimeZone::UTC }
    }
}

impl std::fmt::Display for Until {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.moment.zoned(&self.zone).strftime("%-d %B %Y, %H:%M (%Z)"))
    }
}

/// What somebody calls themselves or their workspace, made harmless: one line, short, no web address that
/// mail programs would turn into a link.
pub fn name(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect();
    let one_line = spaced.split_whitespace().collect::<Vec<_>>().join(" ").replace("://", " ").replace("www.", "www ");
    match one_line.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", one_line[..end].trim_end()),
        None => one_line,
    }
}

/// Characters that reorder or hide text: line and paragraph separators, bidirectional marks, zero widths.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn finish(
    purpose: &'static str,
    title: String,
    text: String,
    link: Option<&str>,
    code: Option<&str>,
    secret: bool,
) -> Result<Content, Error> {
    let text = format!("{}\n", text.trim());
    let html = html::twin(&title, &text, link, code)?;
    Ok(Content { purpose, title, text, html, secret })
}
