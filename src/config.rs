//! The settings of an installation: one struct for each section. Read from `holdfast.toml`, then the
//! environment, then flags; what each option means stands in `config/options.rs`.

use std::path::PathBuf;

/// Every setting, with its default where none was given.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    pub server: Server,
    pub database: Database,
    pub session: Session,
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

impl Default for Config {
    fn default() -> Config {
        Config {
            data: PathBuf::from("holdfast-data"),
            server: Server {
                listen: vec!["127.0.0.1:8443".into()],
                public_url: String::new(),
                trusted_proxies: String::new(),
            },
            database: Database { open_workspaces: 64, cache_mib: 64 },
            session: Session { idle_minutes: 60, absolute_hours: 24 },
        }
    }
}

impl Config {
    /// How people reach the installation, without a slash at the end.
    pub fn public_url(&self) -> String {
        if !self.server.public_url.is_empty() {
            return self.server.public_url.trim_end_matches('/').to_owned();
        }
        let port = self.server.listen.first().and_then(|address| address.rsplit(':').next()).unwrap_or("8443");
        format!("https://localhost:{port}")
    }

    /// The host part of [`Config::public_url`], for people to read.
    pub fn host_name(&self) -> String {
        let url = self.public_url();
        let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
        host.split(':').next().unwrap_or(host).to_owned()
    }
}
