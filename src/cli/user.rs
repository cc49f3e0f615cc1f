//! `holdfast user`: people who sign in, for whoever has a shell on the machine.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::answer::{Answer, Failure, table};
use super::{command, terminal};
use crate::app::App;
use crate::db::{Actor, Origin, Tx};
use crate::error::Error;
use crate::members::accounts::{self, Account, NewAccount};
use crate::members::sign_in::secrets::{self, Kind};
use crate::members::{memberships, roles, second_factor};
use crate::privacy::audit::{self, Event};

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Make an account; prints a link by which its owner chooses a password
    #[command(
        after_help = "Examples:\n  holdfast user create maren@example.org --operator\n  holdfast user create tobi@example.org --workspace saltmere --role member"
    )]
    Create {
        email: String,
        /// The name others see
        #[arg(long, default_value = "")]
        name: String,
        /// Also hosts the installation: may enter the operator console
        #[arg(long)]
        operator: bool,
        /// Also becomes a member of this workspace
        #[arg(long, value_name = "SLUG", requires = "role")]
        workspace: Option<String>,
        /// In this role: owner, admin, member, viewer, privacy_officer, or a role of the workspace
        #[arg(long, requires = "workspace")]
        role: Option<String>,
        /// Read a password from standard input instead of printing a link
        #[arg(long)]
        password_stdin: bool,
        /// What was read; never on the command line, where others see it.
        #[arg(skip)]
        password: Option<String>,
    },
    /// Every account
    #[command(after_help = "Example:\n  holdfast user list --json")]
    List,
    /// Print a link by which somebody chooses a new password
    #[command(after_help = "Example:\n  holdfast user reset-password maren@example.org")]
    ResetPassword { email: String },
    /// Turn two-step sign-in off for somebody who lost app and codes
    #[command(name = "reset-2fa", after_help = "Example:\n  holdfast user reset-2fa maren@example.org")]
    ResetSecondFactor { email: String },
    /// Lock an account; its sessions end at once
    #[command(after_help = "Example:\n  holdfast user disable maren@example.org")]
    Disable { email: String },
}

impl Command {
    /// Reads what must not stand on the command line.
    pub fn ask(&mut self) -> Result<(), Failure> {
        if let Command::Create { password_stdin: true, password, .. } = self {
            *password = Some(terminal::read_new_secret("Password")?.to_string());
        }
        Ok(())
    }
}

/// The first operator, asked for by `init`.
pub struct Operator {
    pub email: String,
    password: Zeroizing<String>,
}

/// Asks for the password of the first operator, and holds both against their rules before anything is made.
pub fn ask_operator(email: &str) -> Result<Operator, Failure> {
    let email = accounts::read_email("email", email)?;
    let password = terminal::read_new_secret(&format!("Password for {email}"))?;
    crate::crypto::password::check("password", &password, false, &[&email])
        .map_err(|broken| Error::Invalid(vec![broken]))?;
    Ok(Operator { email, password })
}

pub fn create_operator(app: &App, operator: Operator) -> Result<(), Failure> {
    let password = accounts::hash_password(app, "password", &operator.password, false, &[&operator.email])?;
    let new = NewAccount {
        email: operator.email,
        password: Some(password),
        is_operator: true,
        age_confirmed: true,
        ..NewAccount::default()
    };
    Ok(app.write(&origin(), |tx| accounts::create(tx, new)).map(drop)?)
}

pub fn run(app: &Arc<App>, command: &Command) -> Result<Answer, Error> {
    match command {
        Command::Create { email, name, operator, workspace, role, password, .. } => {
            let place = workspace.as_deref().zip(role.as_deref());
            create(app, email, name, *operator, place, password.as_deref())
        }
        Command::List => list(app),
        Command::ResetPassword { email } => reset_password(app, email),
        Command::ResetSecondFactor { email } => {
            change(app, email, "Two-step sign-in is off", |tx, account| second_factor::reset(tx, account.id))
        }
        Command::Disable { email } => {
            change(app, email, "The account is locked", |tx, account| accounts::disable(tx, account.id))
        }
    }
}

fn origin() -> Origin {
    Origin::local(Actor::CommandLine)
}

fn create(
    app: &App,
    email: &str,
    name: &str,
    is_operator: bool,
    place: Option<(&str, &str)>,
    password: Option<&str>,
) -> Result<Answer, Error> {
    let email = accounts::read_email("email", email)?;
    let display_name = accounts::read_name("name", name).map_err(|error| Error::Invalid(vec![error]))?;
    let password = match password {
        Some(text) => Some(accounts::hash_password(app, "password", text, false, &[&email, &display_name])?),
        None => None,
    };
    let place = place.map(|(slug, role)| Ok::<_, Error>((command::workspace(app, slug)?, role))).transpose()?;
    let has_password = password.is_some();
    let new = NewAccount { email: email.clone(), display_name, password, is_operator, ..NewAccount::default() };
    let token = app.write(&origin(), |tx| {
        let id = accounts::create(tx, new)?;
        if let Some((workspace, key)) = place {
            let role = roles::list(tx, workspace)?.into_iter().find(|role| role.key == key || role.name == key);
            let role =
                role.ok_or_else(|| Error::field("role", "unknown", format!("the workspace has no role {key}")))?;
            memberships::add(tx, workspace, id, role.id)?;
        }
        if has_password {
            return Ok(None);
        }
        secrets::issue_link(tx, Kind::PasswordReset, Some(&accounts::find(tx, id)?), Some(&email)).map(Some)
    })?;
    let link = token.map(|token| app.public_url(&format!("/reset/choose?token={}", *token.text)));
    let mut words = format!("{email} has an account.");
    if let Some(link) = &link {
        words.push_str(&format!("\nThey choose a password at {link}\n(works once, within 30 minutes)"));
    }
    Ok(Answer::new(json!({ "email": email, "is_operator": is_operator, "password_link": link }), words))
}

fn list(app: &App) -> Result<Answer, Error> {
    let accounts = app.read(accounts::list)?;
    let rows: Vec<Vec<String>> = accounts
        .iter()
        .map(|account| {
            vec![
                account.email.clone(),
                account.display_name.clone(),
                if account.is_active { "active" } else { "disabled" }.into(),
                if account.is_operator { "operator" } else { "" }.into(),
                if account.has_second_factor { "two steps" } else { "one step" }.into(),
                account.last_sign_in_at.map_or_else(|| "never".into(), |at| at.rfc3339()),
            ]
        })
        .collect();
    let facts: Vec<Value> = accounts
        .iter()
        .map(|account| {
            json!({
                "email": account.email, "name": account.display_name, "active": account.is_active,
                "is_operator": account.is_operator, "has_second_factor": account.has_second_factor,
                "created_at": account.created_at, "last_sign_in_at": account.last_sign_in_at,
            })
        })
        .collect();
    let headings = ["EMAIL", "NAME", "STATE", "HOSTS", "SIGN-IN", "LAST SIGN-IN"];
    Ok(Answer::new(json!({ "users": facts }), table(&headings, &rows)))
}

fn reset_password(app: &App, email: &str) -> Result<Answer, Error> {
    let account = find(app, email)?;
    let token = app.write(&origin(), |tx| {
        audit::record(tx, Event::new("members.password_link.made").on("account", account.id))?;
        secrets::issue_link(tx, Kind::PasswordReset, Some(&account), Some(&account.email))
    })?;
    let link = app.public_url(&format!("/reset/choose?token={}", *token.text));
    let words = format!("{} chooses a new password at {link}\n(works once, within 30 minutes)", account.email);
    Ok(Answer::new(json!({ "email": account.email, "password_link": link }), words))
}

fn change(
    app: &App,
    email: &str,
    words: &str,
    work: impl FnOnce(&Tx, &Account) -> Result<(), Error>,
) -> Result<Answer, Error> {
    let account = find(app, email)?;
    app.write(&origin(), |tx| work(tx, &account))?;
    Ok(Answer::new(json!({ "email": account.email, "done": true }), format!("{}: {words}.", account.email)))
}

fn find(app: &App, email: &str) -> Result<Account, Error> {
    let email = accounts::read_email("email", email)?;
    app.read(|db| accounts::by_email(db, &email))?.ok_or_else(|| {
        Error::field("email", "unknown", format!("nobody has an account as {email}; holdfast user list shows who does"))
    })
}
