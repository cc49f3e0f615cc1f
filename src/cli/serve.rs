//! `holdfast serve`: the program itself, until a signal.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::answer::Failure;
use super::installation::{self, Place};
use super::notify::{self, Notifier};
use super::tls::Certificate;
use super::{socket, terminal};
use crate::app::{App, Lock};
use crate::backup::segments::Shipper;
use crate::config::Config;
use crate::config::load::{Source, Values};
use crate::config::options::Setting;
use crate::crypto::{certificate, hardening};
use crate::jobs::Runner;
use crate::keys::Keys;
use crate::logging;
use crate::members::accounts;
use crate::members::sign_in::setup;
use crate::web;

/// How often the certificate's files are looked at without being asked.
const LOOK_AT_CERTIFICATE_EVERY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Clone, Default, clap::Args)]
pub struct Serve {
    /// An address to listen on; may be given more than once [default: 127.0.0.1:8443]
    #[arg(long, value_name = "ADDR")]
    pub listen: Vec<String>,
    /// Show every setting with where it comes from, and end
    #[arg(long)]
    pub print_config: bool,
}

pub fn run(place: &Place, serve: &Serve) -> Result<(), Failure> {
    let flags: Vec<(&str, Vec<String>)> =
        if serve.listen.is_empty() { Vec::new() } else { vec![("server.listen", serve.listen.clone())] };
    let (mut config, values) = place.settings(&flags)?;
    if serve.print_config {
        print_config(&values, place.json);
        return Ok(());
    }
    logging::start(&config.log.level, config.log.json);
    hardening::no_core_dumps()?;
    installation::make_folder(&config.data)?;
    let lock = Lock::take(&config.data)?;
    let listeners = listen(&mut config)?;
    let keys = if Keys::exist(&config.data) { installation::open_keys(place, &config)? } else { first_try(&config)? };
    let app = installation::open(config, keys, lock)?;
    let accounts = app.read(accounts::count)?;
    let setup_link = if accounts == 0 { Some(setup::issue_link(&app)?) } else { None };
    run_until_stopped(app, listeners, |app| announce(app, setup_link.as_deref()))
}

/// Keys inside the data folder, with a warning: enough for a look, not for other people's data.
fn first_try(config: &Config) -> Result<Keys, Failure> {
    if config.keys.master_key_file.is_some() || installation::has_credential() {
        return Err(Failure::refused(format!(
            "{} holds no installation yet; make one with this master key by holdfast init, which also prints the recovery code",
            config.data.display()
        )));
    }
    let (keys, recovery) = installation::create_first_try(&config.data)?;
    terminal::say(&format!(
        "This is a new installation for a first try: its master key lies beside the data, in {}.\n\
         For real data use holdfast init with --master-key-file or --passphrase.\n\
         Recovery code, shown this once: {}\n",
        installation::key_of_first_try(&config.data).display(),
        *recovery.text()
    ));
    Ok(keys)
}

/// Binds every address, so that port 0 becomes a number before anything is printed or mailed.
pub fn listen(config: &mut Config) -> Result<Vec<TcpListener>, Failure> {
    let mut listeners = Vec::new();
    for address in &mut config.server.listen {
        let listener = TcpListener::bind(address.as_str()).map_err(|source| {
            Failure::refused(format!("cannot listen on {address}: {source}; choose another address with --listen"))
        })?;
        *address = listener.local_addr()?.to_string();
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Serves until SIGTERM or SIGINT, then finishes what is under way and closes every file (OPS-5).
///
/// `announce` is called when requests are answered.
pub fn run_until_stopped(
    app: Arc<App>,
    listeners: Vec<TcpListener>,
    announce: impl FnOnce(&App),
) -> Result<(), Failure> {
    let certificate = Arc::new(Certificate::load(&app)?);
    let tls = certificate.server_config(&app.config)?;
    if app.config.tls.allow_1_2 {
        tracing::warn!("TLS 1.2 is switched on by tls.allow_1_2: the promise of TLS 1.3 is not kept");
    }
    let commands = socket::answer(app.clone())?;
    notify::keep_watch(&app)?;
    let shipper = Shipper::start(app.clone())?;
    let runner = Runner::start(app.clone())?;
    let served = actix_web::rt::System::new().block_on(async {
        // Signals are caught before anybody is told that this is ready.
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        actix_web::rt::spawn(look_after(certificate, app.clone(), signal(SignalKind::hangup())?));
        let ready = |bound: &[SocketAddr]| {
            tracing::info!(addresses = ?bound, version = env!("CARGO_PKG_VERSION"), "serving");
            Notifier::from_environment().ready(&format!("Serving on {}", list(bound)));
            announce(&app);
        };
        web::server::serve(app.clone(), listeners, tls, ready, until_signal(terminate, interrupt, app.clone())).await
    });
    app.wake.stop();
    runner.join();
    commands.stop();
    shipper.stop();
    app.remember_keyring()?;
    app.workspaces.close_all();
    tracing::info!("stopped");
    Ok(served?)
}

/// Ends on the first signal, and tells the jobs at the same moment, so that they and the listener end in time.
async fn until_signal(mut terminate: Signal, mut interrupt: Signal, app: Arc<App>) {
    let (terminate, interrupt) = (std::pin::pin!(terminate.recv()), std::pin::pin!(interrupt.recv()));
    futures_util::future::select(terminate, interrupt).await;
    tracing::info!("stopping: finishing what is under way");
    Notifier::from_environment().stopping();
    app.wake.stop();
}

/// Renews or reloads the certificate without a restart.
async fn look_after(certificate: Arc<Certificate>, app: Arc<App>, mut hangup: tokio::signal::unix::Signal) {
    loop {
        let _ = tokio::time::timeout(LOOK_AT_CERTIFICATE_EVERY, hangup.recv()).await;
        let (certificate, app) = (certificate.clone(), app.clone());
        let reloaded = tokio::task::spawn_blocking(move || certificate.reload(&app)).await;
        match reloaded {
            Ok(Ok(())) => tracing::info!("the certificate was looked at again"),
            Ok(Err(error)) => {
                tracing::error!(%error, "the certificate could not be loaded again; the one in use stays")
            }
            Err(error) => tracing::error!(%error, "the certificate could not be looked at"),
        }
    }
}

fn announce(app: &App, setup_link: Option<&str>) {
    let mut lines = vec![format!("Holdfast {} answers at {}", env!("CARGO_PKG_VERSION"), app.config.public_url())];
    lines.push(format!("  Data folder    {}", app.config.data.display()));
    lines.extend(about_certificate(app).into_iter().map(|line| format!("  {line}")));
    if let Some(link) = setup_link {
        lines.push(format!("  First account  {link}"));
        lines.push("                 The link makes the operator's account and works once, within an hour.".into());
    }
    terminal::say(&lines.join("\n"));
}

/// Which certificate browsers meet, and how to trust it.
pub fn about_certificate(app: &App) -> Vec<String> {
    match (&app.config.tls.own, certificate::authority_fingerprint(&app.config.data.join("tls"))) {
        (Some((certificate, _)), _) => vec![format!("Certificate    {}", certificate.display())],
        (None, fingerprint) => vec![
            format!(
                "Certificate    signed by this installation's own authority, {}",
                app.config.data.join("tls/ca.pem").display()
            ),
            "               A browser warns until it trusts that file; compare the fingerprint, then go on.".into(),
            format!("Fingerprint    {}", fingerprint.unwrap_or_default()),
        ],
    }
}

fn list(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ")
}

fn print_config(values: &Values, json: bool) {
    let shown = values.shown();
    if json {
        let facts: serde_json::Map<String, serde_json::Value> = shown
            .iter()
            .map(|(option, value, source)| {
                (option.name.to_owned(), serde_json::json!({ "value": value, "source": source.word() }))
            })
            .collect();
        return terminal::say(&serde_json::Value::Object(facts).to_string());
    }
    let mut section = "";
    for (option, value, source) in shown {
        let (in_section, key) = option.name.split_once('.').unwrap_or(("", option.name));
        if in_section != section {
            terminal::say(&format!("{}[{in_section}]", if section.is_empty() { "" } else { "\n" }));
            section = in_section;
        }
        terminal::say(&described(option, key, &value, source));
    }
}

fn described(option: &Setting, key: &str, value: &str, source: Source) -> String {
    format!("{:<18} {:<28} # {}: {}", key, format!("= {value:?}"), source.word(), option.help)
}
