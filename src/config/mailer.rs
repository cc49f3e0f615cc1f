//! From the sections `mail` and `outbound` to the one mailer.

use std::path::Path;

use zeroize::Zeroizing;

use super::Config;
use crate::error::Error;
use crate::mail::message::Sender;
use crate::mail::smtp::{Encryption, SmtpTarget};
use crate::mail::{Delivery, Mailer};
use crate::outbound::Outbound;
use crate::outbound::address::Host;
use crate::outbound::policy::{Allowed, Mode, NamedBy, Policy};
use crate::outbound::resolve::NameServers;

impl Config {
    /// What sends the installation's mail. Reads the password file.
    ///
    /// Fails with [`Error::Invalid`] on the option that is missing or wrong.
    pub fn mailer(&self) -> Result<Mailer, Error> {
        Ok(Mailer { sender: self.sender()?, delivery: self.delivery()?, outbound: self.outbound_client()? })
    }

    /// The client for connections to other machines, with the operator's rules.
    pub fn outbound_client(&self) -> Result<Outbound, Error> {
        let allow = self.outbound.allow.iter().map(|line| {
            Allowed::parse(line).map_err(|_| {
                let message = format!("outbound.allow: {line} is not a host, host:port or network, like 10.1.0.0/16");
                Error::field("outbound.allow", "host_form", message)
            })
        });
        let servers = self.outbound.name_servers.iter().map(|text| {
            let address = text.parse().or_else(|_| text.parse().map(|ip| std::net::SocketAddr::new(ip, 53)));
            address.map_err(|_| {
                let message =
                    format!("outbound.name_servers: {text} is not an address, like 192.0.2.53 or 192.0.2.53:5353");
                Error::field("outbound.name_servers", "address_form", message)
            })
        });
        let servers = servers.collect::<Result<Vec<_>, _>>()?;
        Ok(Outbound::new(Policy {
            mode: if self.outbound.air_gapped { Mode::AllowList } else { Mode::Open },
            allow: allow.collect::<Result<_, _>>()?,
            name_servers: if servers.is_empty() { NameServers::System } else { NameServers::These(servers) },
        }))
    }

    fn sender(&self) -> Result<Sender, Error> {
        let mail = &self.mail;
        if mail.from.is_empty() && mail.transport != "kept" {
            return Err(required("mail.from", "the address that mail comes from, like holdfast@example.org"));
        }
        // Kept mail never leaves, but it is written like any other.
        let host = match Host::parse(&self.host_name()) {
            Ok(Host::Name(name)) => name,
            _ => "localhost".to_owned(),
        };
        let from = if mail.from.is_empty() { format!("holdfast@{host}") } else { mail.from.clone() };
        let domain = match (mail.domain.as_str(), from.rsplit_once('@')) {
            ("", Some((_, domain))) => domain,
            (domain, _) => domain,
        };
        Sender::new(&mail.from_name, &from, domain)
    }

    fn delivery(&self) -> Result<Delivery, Error> {
        let mail = &self.mail;
        match mail.transport.as_str() {
            "folder" => {
                let folder = mail.folder.clone();
                Ok(Delivery::Folder(folder.ok_or_else(|| required("mail.folder", "a folder for .eml files"))?))
            }
            "smtp" => self.smtp().map(Delivery::Smtp),
            _ => Ok(Delivery::Kept),
        }
    }

    fn smtp(&self) -> Result<SmtpTarget, Error> {
        let mail = &self.mail;
        if mail.host.is_empty() {
            return Err(required("mail.host", "the name of the mail server"));
        }
        let encryption = match mail.tls.as_str() {
            "implicit" => Encryption::Implicit,
            "none" if mail.allow_plain == mail.host => Encryption::Plain,
            "none" => {
                let message = "mail.tls none sends mail, and the password, readable by everyone on the way; \
                    if that is meant, set mail.allow_plain to the same name as mail.host";
                return Err(Error::field("mail.tls", "plain_not_allowed", message));
            }
            _ => Encryption::StartTls,
        };
        let credentials = match (mail.username.as_str(), &mail.password_file) {
            ("", None) => None,
            ("", Some(_)) => return Err(required("mail.username", "the name that goes with mail.password_file")),
            (_, None) => return Err(required("mail.password_file", "a file with the password for mail.username")),
            (name, Some(path)) => Some((name.to_owned(), read_password(path)?)),
        };
        Ok(SmtpTarget {
            host: mail.host.clone(),
            port: mail.port,
            encryption,
            credentials,
            ca_file: mail.ca_file.clone(),
            hello_name: self.host_name(),
            named_by: NamedBy::Operator,
        })
    }
}

fn required(option: &'static str, what: &str) -> Error {
    Error::field(option, "required", format!("{option} is missing: it is {what}"))
}

/// The first line of the file.
fn read_password(path: &Path) -> Result<Zeroizing<String>, Error> {
    let refused = |why: String| {
        Error::field("mail.password_file", "unreadable", format!("mail.password_file, {}: {why}", path.display()))
    };
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| refused(error.to_string()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Zeroizing::new(line.to_owned())),
        _ => Err(refused("its first line is empty".to_owned())),
    }
}
