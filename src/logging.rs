//! The log: text or JSON lines on standard error. Route templates and timings, never what people wrote (P-071).

use std::io::IsTerminal;
use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::clock::Clock;

/// Starts the log. `level` is for this program's own lines; libraries are heard from `warn` on.
///
/// Call it once in a process; a second call changes nothing.
pub fn start(level: &str, json: bool) {
    let filter = EnvFilter::new(format!("warn,holdfast={level}"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(!json && std::io::stderr().is_terminal())
        .with_timer(OneClock)
        // It would tell of a standard error that is gone on standard error, and panic: whoever read the log may leave.
        .log_internal_errors(false);
    // A second call fails, and the log is already there.
    let _ = if json { lines.json().flatten_event(true).try_init() } else { lines.try_init() };
    std::panic::set_hook(Box::new(log_panic));
}

/// Stamps lines with the one clock, so that tests that move it read a consistent log.
struct OneClock;

impl FormatTime for OneClock {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        writer.write_str(&Clock.now().rfc3339())
    }
}

/// Says where it happened. What the panic says only when it is a fixed text: a formatted one may
/// hold what somebody wrote (P-070).
fn log_panic(panic: &PanicHookInfo) {
    let place = panic.location().map_or_else(String::new, |at| format!("{}:{}:{}", at.file(), at.line(), at.column()));
    let words = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(its words are not logged)");
    let thread = std::thread::current();
    tracing::error!(place, thread = thread.name().unwrap_or(""), words, "a bug: the code panicked");
}
