//! Signing in, driven from outside as people do it.

mod deletion;
mod door;
mod lifecycle;
mod mail;
mod memberships;
mod own_data;
mod roles;
mod sessions;
mod setup;
mod teams;
mod throttle;
mod timing;
mod tokens;
mod two_step;
mod workspaces;

use std::process::Command;

use crate::support::client::between;
use crate::support::{Answer, Client, PASSWORD, TestApp};

/// A member of the workspace `alpha`.
pub const OWNER: &str = "owner@alpha.example";

/// One try at the door with a password.
pub fn try_password(client: &Client, email: &str, password: &str) -> Answer {
    client.get("/sign-in");
    client.submit("/sign-in", &[("email", email), ("password", password), ("next", "")])
}

/// Signs in with the password that everybody in the fixture has.
pub fn sign_in(app: &TestApp, email: &str) -> Client {
    let client = app.stranger();
    try_password(&client, email, PASSWORD).expect(303);
    client
}

/// True when the pages of the account open.
pub fn is_in(client: &Client) -> bool {
    client.get("/account/profile").status == 200
}

/// The text of the newest mail to somebody. Without a server mails are kept.
pub fn newest_mail(app: &TestApp, to: &str, purpose: &str) -> String {
    app.control()
        .query_row(
            "SELECT body_text FROM outgoing_mail WHERE recipient = ?1 AND purpose = ?2 ORDER BY id DESC LIMIT 1",
            [to, purpose],
            |row| row.get(0),
        )
        .unwrap_or_else(|error| panic!("no mail {purpose} to {to}: {error}"))
}

pub fn mails(app: &TestApp, to: &str) -> i64 {
    app.control()
        .query_row("SELECT count(*) FROM outgoing_mail WHERE recipient = ?1", [to], |row| row.get(0))
        .expect("a count")
}

/// The path of the link in a mail.
pub fn link_in(mail: &str) -> String {
    let line = mail.lines().find(|line| line.starts_with("https://")).unwrap_or_else(|| panic!("no link: {mail}"));
    let (_, rest) = line.split_once("://").expect("a scheme");
    rest[rest.find('/').expect("a path")..].trim().to_owned()
}

/// The value of a field after the `?`.
pub fn query_value(path: &str, name: &str) -> String {
    let (_, query) = path.split_once('?').unwrap_or((path, ""));
    let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// How many audit entries of `control.db` have this action.
pub fn audited(app: &TestApp, action: &str) -> i64 {
    app.control()
        .query_row("SELECT count(*) FROM audit WHERE action = ?1", [action], |row| row.get(0))
        .expect("a count")
}

/// The code of now, as `oathtool` computes it.
pub fn code_of(app: &TestApp, secret: &str) -> String {
    let now = format!("@{}", app.now().seconds());
    let output = Command::new("oathtool")
        .args(["--totp", "--base32", "--now", &now, secret])
        .output()
        .expect("oathtool is installed");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Sets up two-step sign-in for somebody signed in; gives the secret and the recovery codes.
pub fn enrol(app: &TestApp, client: &Client) -> (String, Vec<String>) {
    client.submit("/account/security/two-step/begin", &[("next", "")]).expect(303);
    let page = client.get("/account/security/two-step/enrol").expect(200).text();
    let secret = between(&page, "data-copy=\"", "\"").expect("the key").to_owned();
    let code = code_of(app, &secret);
    let page = client.submit("/account/security/two-step/enrol", &[("code", &code), ("next", "")]).expect(200).text();
    let list = between(&page, "<ol class=\"codes\">", "</ol>").expect("the codes");
    let codes: Vec<String> =
        list.split("<li>").skip(1).filter_map(|item| item.split('<').next()).map(str::to_owned).collect();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}
