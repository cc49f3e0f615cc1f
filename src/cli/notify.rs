//! Tells systemd how things stand (`sd_notify`), when it wants to know.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use crate::app::App;

/// The other end, when the unit has `Type=notify`.
pub struct Notifier(Option<(UnixDatagram, SocketAddr)>);

impl Notifier {
    /// Looks at `$NOTIFY_SOCKET`. Without it every message goes nowhere.
    pub fn from_environment() -> Notifier {
        Notifier::to(&std::env::var("NOTIFY_SOCKET").unwrap_or_default())
    }

    /// `name` is a path, or an abstract name after `@`.
    fn to(name: &str) -> Notifier {
        let address = match name.strip_prefix('@') {
            Some(abstract_name) => SocketAddr::from_abstract_name(abstract_name),
            None => SocketAddr::from_pathname(name),
        };
        match (address, UnixDatagram::unbound()) {
            (Ok(address), Ok(socket)) if !name.is_empty() => Notifier(Some((socket, address))),
            _ => Notifier(None),
        }
    }

    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={status}"));
    }

    pub fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=Finishing what is under way");
    }

    fn send(&self, message: &str) {
        if let Some((socket, address)) = &self.0
            && let Err(error) = socket.send_to_addr(message.as_bytes(), address)
        {
            tracing::warn!(%error, "systemd was not reached");
        }
    }
}

/// Says twice in each watchdog interval that the control file still answers, in a thread of its own.
///
/// When it does not answer the messages stop, and systemd starts the service again.
pub fn keep_watch(app: &Arc<App>) -> std::io::Result<()> {
    let interval = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse::<u64>().ok());
    let Some(interval) = interval.filter(|interval| *interval > 0) else { return Ok(()) };
    let app = Arc::downgrade(app);
    std::thread::Builder::new().name("watchdog".into()).spawn(move || {
        let notifier = Notifier::from_environment();
        // The thread ends with the application it watches.
        while let Some(app) = app.upgrade() {
            if app.read(|db| db.count("SELECT count(*) FROM workspaces", &[])).is_ok() {
                notifier.send("WATCHDOG=1");
            }
            drop(app);
            std::thread::sleep(Duration::from_micros(interval / 2));
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_where_the_environment_says() {
        let name = format!("holdfast-notify-{}", data_encoding::HEXLOWER.encode(&crate::crypto::random::<8>()));
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let systemd = UnixDatagram::bind_addr(&address).unwrap();
        Notifier::to(&format!("@{name}")).ready("Serving");
        let mut bytes = [0; 64];
        let length = systemd.recv(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], b"READY=1\nSTATUS=Serving");
        Notifier::to("").stopping();
    }
}
