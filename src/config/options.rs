//! Every option there is, in one table: its name, what it takes, its default and what it means.

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A file or folder; relative ones are taken from the data folder.
    Path,
    /// `["one", "two"]` in the file, `one, two` in the environment.
    List,
    Number {
        least: i64,
        most: i64,
    },
    Switch,
    OneOf(&'static [&'static str]),
}

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// `section.key`, as in the file; `HOLDFAST_SECTION__KEY` in the environment.
    pub name: &'static str,
    pub kind: Kind,
    /// As it would stand in the environment. Empty where nothing is set.
    pub default: &'static str,
    /// One sentence, for `--print-config`.
    pub help: &'static str,
    /// Masked wherever settings are shown.
    pub secret: bool,
}

const fn setting(name: &'static str, kind: Kind, default: &'static str, help: &'static str) -> Setting {
    Setting { name, kind, default, help, secret: false }
}

const PORT: Kind = Kind::Number { least: 1, most: 65_535 };

/// The table, in the order it is shown.
pub const OPTIONS: &[Setting] = &[
    setting("server.listen", Kind::List, "127.0.0.1:8443", "Addresses to listen on."),
    setting("server.public_url", Kind::Text, "", "How people reach this installation; links in mails begin with it."),
    setting("server.trusted_proxies", Kind::List, "", "CIDR blocks of proxies whose X-Forwarded-For counts."),
    setting("keys.master_key_file", Kind::Path, "", "The master key, on another disk than the data."),
    setting("tls.certificate", Kind::Path, "", "Own certificate with its chain, PEM; without it one is made."),
    setting("tls.key", Kind::Path, "", "The key of the own certificate, PEM."),
    setting("tls.names", Kind::List, "", "More names for the certificate that is made here."),
    setting("tls.allow_1_2", Kind::Switch, "false", "Also take TLS 1.2, for clients that know nothing newer."),
    setting("database.open_workspaces", Kind::Number { least: 1, most: 10_000 }, "64", "Workspaces kept open at once."),
    setting(
        "database.cache_mib",
        Kind::Number { least: 1, most: 65_536 },
        "64",
        "Page cache that open workspaces share.",
    ),
    setting("session.idle_minutes", Kind::Number { least: 5, most: 1_440 }, "60", "A session unused for so long ends."),
    setting("session.absolute_hours", Kind::Number { least: 1, most: 720 }, "24", "Every session ends after so long."),
    setting(
        "security.hashing",
        Kind::OneOf(&["standard", "light"]),
        "standard",
        "Cost of a password hash; light is for automated tests and protects nothing.",
    ),
    setting(
        "mail.transport",
        Kind::OneOf(&["kept", "smtp", "folder"]),
        "kept",
        "Where mail goes: kept for the operator console, to a server, or into a folder.",
    ),
    setting("mail.from", Kind::Text, "", "The address mail comes from."),
    setting("mail.from_name", Kind::Text, "Holdfast", "The name beside that address."),
    setting("mail.domain", Kind::Text, "", "What stands behind the @ of each Message-ID; empty: the one of mail.from."),
    setting("mail.folder", Kind::Path, "", "For transport folder: where .eml files are put, in plain text."),
    setting("mail.host", Kind::Text, "", "For transport smtp: the server."),
    setting("mail.port", PORT, "587", "Its port."),
    setting(
        "mail.tls",
        Kind::OneOf(&["starttls", "implicit", "none"]),
        "starttls",
        "How the conversation is encrypted.",
    ),
    setting("mail.allow_plain", Kind::Text, "", "For mail.tls none: the host's name again, to say that it is meant."),
    setting("mail.username", Kind::Text, "", "Name to sign in to the server with."),
    setting("mail.password_file", Kind::Path, "", "A file with the password, readable by this service only."),
    setting("mail.ca_file", Kind::Path, "", "Certificates (PEM) to trust beside the usual ones."),
    setting("outbound.air_gapped", Kind::Switch, "false", "Talk to no host that is not on the allow list."),
    setting("outbound.allow", Kind::List, "", "Hosts and networks that workspaces may name though they are private."),
    setting("outbound.name_servers", Kind::List, "", "Name servers to ask; empty: those of /etc/resolv.conf."),
    setting(
        "attachments.file_mb",
        Kind::Number { least: 1, most: 4_000 },
        "100",
        "Largest file that can be attached to a record, in megabytes.",
    ),
    setting(
        "attachments.files_per_record",
        Kind::Number { least: 1, most: 10_000 },
        "200",
        "Files that one record can carry.",
    ),
    setting(
        "attachments.workspace_mb",
        Kind::Number { least: 1, most: 10_000_000 },
        "10000",
        "What the files of one workspace may take up together, in megabytes.",
    ),
    setting("backup.folder", Kind::Path, "backup", "Where backups go; on another disk they outlive this one."),
    setting(
        "backup.begin_at_once",
        Kind::Switch,
        "true",
        "Make the first backup as soon as there is a workspace, instead of in the first night.",
    ),
    setting(
        "mirror.folder",
        Kind::Path,
        "",
        "A second backup folder that follows the first, on another disk or machine.",
    ),
    setting(
        "mirror.endpoint",
        Kind::Text,
        "",
        "Instead of a folder: a storage that speaks S3, like https://s3.example.org.",
    ),
    setting("mirror.bucket", Kind::Text, "", "The bucket there; it has to exist."),
    setting("mirror.prefix", Kind::Text, "", "What every name in the bucket begins with."),
    setting("mirror.region", Kind::Text, "us-east-1", "The region of the bucket."),
    setting("mirror.access_key", Kind::Text, "", "The access key to sign in to the storage with."),
    setting("mirror.secret_key_file", Kind::Path, "", "A file with its secret key, readable by this service only."),
    setting("mirror.ca_file", Kind::Path, "", "Certificates (PEM) of the storage to trust beside the usual ones."),
    setting(
        "mirror.allow_plain",
        Kind::Text,
        "",
        "For an endpoint with http://: its host again, to say that it is meant.",
    ),
    setting(
        "mirror.every_minutes",
        Kind::Number { least: 5, most: 10_080 },
        "60",
        "How often the mirror is brought up to date, beside after each backup.",
    ),
    setting("log.format", Kind::OneOf(&["text", "json"]), "text", "Lines for people or for machines."),
    setting("log.level", Kind::OneOf(&["error", "warn", "info", "debug"]), "info", "The least that is logged."),
];

/// The line for `name`.
pub fn find(name: &str) -> Option<&'static Setting> {
    OPTIONS.iter().find(|option| option.name == name)
}

/// The known name that takes the fewest changes to write `unknown` as.
pub fn nearest(unknown: &str) -> &'static str {
    OPTIONS.iter().map(|option| option.name).min_by_key(|name| distance(unknown, name)).unwrap_or_default()
}

/// Letters to insert, remove, exchange or swap with their neighbour (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.to_lowercase().chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let exchange = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = exchange.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}
