//! The settings of an installation: one struct for each section. Read from `holdfast.toml`, then the
//! environment, then flags; what each option means stands in `config/options.rs`.

pub mod load;
mod mailer;
mod mirror;
pub mod options;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::crypto::password::Cost;
use crate::error::Error;
use crate::outbound::address::Host;
use load::Values;
pub use mirror::Mirror;

const MEGABYTE: u64 = 1_000_000;

/// Every setting, with its default where none was given.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    pub server: Server,
    pub keys: Keys,
    pub tls: Tls,
    pub database: Database,
    pub session: Session,
    pub security: Security,
    pub mail: Mail,
    pub outbound: Outbound,
    pub attachments: Attachments,
    pub backup: Backup,
    pub mirror: Mirror,
    pub log: Log,
}

#[derive(Debug, Clone)]
pub struct Server {
    /// Addresses to listen on.
    pub listen: Vec<String>,
    /// How people reach the installation, without a slash at the end; empty: `https://localhost:<port>`.
    pub public_url: String,
    /// CIDR blocks of proxies whose `X-Forwarded-For` counts, space separated.
    pub trusted_proxies: String,
}

#[derive(Debug, Clone)]
pub struct Keys {
    /// `None`: a systemd credential, a passphrase, or the key of a first try in the data folder.
    pub master_key_file: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct Tls {
    /// Certificate and key that somebody else looks after; `None`: a local authority makes them.
    pub own: Option<(PathBuf, PathBuf)>,
    /// Names for the certificate beside the machine's own and the one of `public_url`.
    pub names: Vec<String>,
    /// TLS 1.2 beside 1.3. Off unless asked for (P-055).
    pub allow_1_2: bool,
}

#[derive(Debug, Clone)]
pub struct Database {
    /// Workspaces kept open at once.
    pub open_workspaces: usize,
    /// Page cache that their readers share.
    pub cache_mib: i64,
}

#[derive(Debug, Clone)]
pub struct Session {
    pub idle_minutes: i64,
    pub absolute_hours: i64,
}

#[derive(Debug, Clone)]
pub struct Security {
    /// Hash passwords as cheaply as argon2 allows. For automated tests; `doctor` warns of it.
    pub light_hashing: bool,
}

impl Security {
    /// What hashing one password costs.
    pub fn password_cost(&self) -> Cost {
        if self.light_hashing { Cost::CHEAPEST } else { Cost::STANDARD }
    }
}

/// The settings of section `mail` as they were given; `Config::mailer` makes sense of them.
#[derive(Debug, Clone)]
pub struct Mail {
    /// `kept`, `smtp` or `folder`.
    pub transport: String,
    pub from: String,
    pub from_name: String,
    pub domain: String,
    pub folder: Option<PathBuf>,
    pub host: String,
    pub port: u16,
    /// `starttls`, `implicit` or `none`.
    pub tls: String,
    /// The host once more, when plain text to it is meant.
    pub allow_plain: String,
    pub username: String,
    pub password_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct Outbound {
    pub air_gapped: bool,
    pub allow: Vec<String>,
    pub name_servers: Vec<String>,
}

/// What members may attach to records.
#[derive(Debug, Clone)]
pub struct Attachments {
    /// Plain bytes of one file.
    pub each: u64,
    /// Files on one record.
    pub per_record: i64,
    /// Plain bytes of all files of a workspace.
    pub quota: u64,
}

#[derive(Debug, Clone)]
pub struct Backup {
    /// Where backups go.
    pub folder: PathBuf,
    /// The first one is made as soon as there is a workspace.
    pub begins_at_once: bool,
}

#[derive(Debug, Clone)]
pub struct Log {
    /// One JSON object on each line instead of text.
    pub json: bool,
    /// `error`, `warn`, `info` or `debug`.
    pub level: String,
}

impl Default for Config {
    /// Every option at its default, with the data in `./holdfast-data`.
    fn default() -> Config {
        let data = Path::new("holdfast-data");
        Config::assemble(data, &Values::defaults(data))
    }
}

impl Config {
    /// Makes the struct of values that have passed their rules, and holds them against one another.
    pub fn new(data: &Path, values: &Values) -> Result<Config, Error> {
        let config = Config::assemble(data, values);
        let pair = (values.path("tls.certificate"), values.path("tls.key"));
        if matches!(pair, (Some(_), None) | (None, Some(_))) {
            return Err(Error::field(
                "tls.key",
                "required",
                "tls.certificate and tls.key belong together: set both or none",
            ));
        }
        for address in &config.server.listen {
            if address.parse::<std::net::SocketAddr>().is_err() {
                let message =
                    format!("server.listen: {address} is not an address with a port, like 127.0.0.1:8443 or [::]:443");
                return Err(Error::field("server.listen", "address_form", message));
            }
        }
        if config.server.listen.is_empty() {
            return Err(Error::field("server.listen", "required", "server.listen needs at least one address"));
        }
        config.check_public_url()?;
        // Made once for its refusals, so that a slip in the file stops the start and not the first mail.
        config.mailer()?;
        config.mirror_place()?;
        Ok(config)
    }

    fn assemble(data: &Path, values: &Values) -> Config {
        Config {
            data: data.to_owned(),
            server: Server {
                listen: values.list("server.listen"),
                public_url: values.text("server.public_url").trim_end_matches('/').to_owned(),
                trusted_proxies: values.list("server.trusted_proxies").join(" "),
            },
            keys: Keys { master_key_file: values.path("keys.master_key_file") },
            tls: Tls {
                own: values.path("tls.certificate").zip(values.path("tls.key")),
                names: values.list("tls.names"),
                allow_1_2: values.switch("tls.allow_1_2"),
            },
            database: Database {
                open_workspaces: usize::try_from(values.number("database.open_workspaces")).unwrap_or(1),
                cache_mib: values.number("database.cache_mib"),
            },
            session: Session {
                idle_minutes: values.number("session.idle_minutes"),
                absolute_hours: values.number("session.absolute_hours"),
            },
            security: Security { light_hashing: values.text("security.hashing") == "light" },
            mail: Mail {
                transport: values.text("mail.transport"),
                from: values.text("mail.from"),
                from_name: values.text("mail.from_name"),
                domain: values.text("mail.domain"),
                folder: values.path("mail.folder"),
                host: values.text("mail.host"),
                port: u16::try_from(values.number("mail.port")).unwrap_or_default(),
                tls: values.text("mail.tls"),
                allow_plain: values.text("mail.allow_plain"),
                username: values.text("mail.username"),
                password_file: values.path("mail.password_file"),
                ca_file: values.path("mail.ca_file"),
            },
            outbound: Outbound {
                air_gapped: values.switch("outbound.air_gapped"),
                allow: values.list("outbound.allow"),
                name_servers: values.list("outbound.name_servers"),
            },
            attachments: Attachments {
                each: values.number("attachments.file_mb").unsigned_abs() * MEGABYTE,
                per_record: values.number("attachments.files_per_record"),
                quota: values.number("attachments.workspace_mb").unsigned_abs() * MEGABYTE,
            },
            backup: Backup {
                folder: values.path("backup.folder").unwrap_or_else(|| data.join("backup")),
                begins_at_once: values.switch("backup.begin_at_once"),
            },
            mirror: Mirror {
                folder: values.path("mirror.folder"),
                endpoint: values.text("mirror.endpoint"),
                bucket: values.text("mirror.bucket"),
                prefix: values.text("mirror.prefix"),
                region: values.text("mirror.region"),
                access_key: values.text("mirror.access_key"),
                secret_key_file: values.path("mirror.secret_key_file"),
                ca_file: values.path("mirror.ca_file"),
                allow_plain: values.text("mirror.allow_plain"),
                every_minutes: values.number("mirror.every_minutes"),
            },
            log: Log { json: values.text("log.format") == "json", level: values.text("log.level") },
        }
    }

    fn check_public_url(&self) -> Result<(), Error> {
        let url = &self.server.public_url;
        let rest = url.strip_prefix("https://");
        let is_bare = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '?', '#', '@', ' ']));
        if url.is_empty() || (is_bare && Host::parse(&self.host_name()).is_ok()) {
            return Ok(());
        }
        let message = format!("server.public_url must be https:// and a host, like https://crm.example.org, not {url}");
        Err(Error::field("server.public_url", "url_form", message))
    }

    /// How people reach the installation, without a slash at the end.
    pub fn public_url(&self) -> String {
        if !self.server.public_url.is_empty() {
            return self.server.public_url.clone();
        }
        let port = self.server.listen.first().and_then(|address| address.rsplit(':').next()).unwrap_or("8443");
        format!("https://localhost:{port}")
    }

    /// The host part of [`Config::public_url`], for people to read.
    pub fn host_name(&self) -> String {
        let url = self.public_url();
        let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
        // An IPv6 address stands in brackets and has colons of its own.
        match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address.to_owned(),
            None => host.split(':').next().unwrap_or(host).to_owned(),
        }
    }
}
