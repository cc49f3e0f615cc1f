//! One call to another machine: bounded in time as a whole, and counted in bytes both ways.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::address::Host;
use super::policy::Purpose;
use crate::clock::Stopwatch;

/// How long a call may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Connecting to one address, or waiting for one piece of data to come or go.
    pub step: Duration,
    /// All of it: a server that sends a byte now and then cannot hold us for ever.
    pub whole: Duration,
}

/// The clock of one call, running from before its first connection attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    watch: Stopwatch,
    patience: Patience,
}

impl Time {
    pub(super) fn start(patience: Patience) -> Time {
        Time { watch: Stopwatch::start(), patience }
    }

    /// How long the next step may take; `TimedOut` when there is nothing left.
    pub(super) fn step(&self) -> io::Result<Duration> {
        let left = self.patience.whole.saturating_sub(self.watch.elapsed());
        if left.is_zero() {
            let words = format!("it took longer than {} seconds in all", self.patience.whole.as_secs_f32());
            return Err(io::Error::new(io::ErrorKind::TimedOut, words));
        }
        Ok(left.min(self.patience.step))
    }

    /// Whether more than half of the time is left.
    fn is_young(&self) -> bool {
        self.watch.elapsed() < self.patience.whole / 2
    }
}

/// An open connection. What went over it is counted when it is dropped.
///
/// Bytes are counted as they leave and reach this machine: under TLS what was said and what encryption adds to it.
pub struct Call {
    stream: TcpStream,
    time: Time,
    host: Host,
    purpose: Purpose,
    traffic: Arc<Traffic>,
    sent: u64,
    received: u64,
}

impl Call {
    pub(super) fn new(stream: TcpStream, time: Time, host: Host, purpose: Purpose, traffic: Arc<Traffic>) -> Call {
        Call { stream, time, host, purpose, traffic, sent: 0, received: 0 }
    }

    /// Whether another question may go over it: it is open, nobody has spoken out of turn, and most of its time is
    /// left.
    pub(super) fn may_go_on(&self) -> bool {
        let is_silent = || -> io::Result<bool> {
            self.stream.set_nonblocking(true)?;
            let heard = self.stream.peek(&mut [0]);
            self.stream.set_nonblocking(false)?;
            Ok(matches!(heard, Err(error) if error.kind() == io::ErrorKind::WouldBlock))
        };
        self.time.is_young() && is_silent().unwrap_or(false)
    }
}

impl Read for Call {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.time.step()?))?;
        let count = self.stream.read(into)?;
        self.received += count as u64;
        Ok(count)
    }
}

impl Write for Call {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.time.step()?))?;
        let count = self.stream.write(bytes)?;
        self.sent += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.traffic.add(self.purpose, self.sent, self.received);
        tracing::info!(
            purpose = self.purpose.word(),
            host = %self.host,
            sent = self.sent,
            received = self.received,
            ms = self.time.watch.elapsed().as_millis() as u64,
            "a call to another machine ended"
        );
    }
}

/// What went out and came in for one purpose, since this process began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub calls: u64,
    pub sent: u64,
    pub received: u64,
}

/// The counts of every call that ended.
#[derive(Debug, Default)]
pub(super) struct Traffic(Mutex<BTreeMap<Purpose, Counts>>);

impl Traffic {
    fn add(&self, purpose: Purpose, sent: u64, received: u64) {
        let mut all = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let counts = all.entry(purpose).or_default();
        counts.calls += 1;
        counts.sent += sent;
        counts.received += received;
    }

    pub(super) fn of(&self, purpose: Purpose) -> Counts {
        let all = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        all.get(&purpose).copied().unwrap_or_default()
    }
}
