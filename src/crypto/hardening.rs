//! Keeps what the process holds in memory from reaching the disk or other processes (KEY-7).

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::error::Error;

/// Switches core dumps off, and with them tracing by other processes of the same user.
///
/// Call it before the first key is read. Children inherit the limit.
pub fn no_core_dumps() -> Result<(), Error> {
    let refused = |source: rustix::io::Errno| Error::from(std::io::Error::from(source));
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).map_err(refused)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(refused)
}
