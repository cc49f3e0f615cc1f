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

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn key_7_the_process_leaves_no_core() {
        no_core_dumps().unwrap();
        let limit = getrlimit(Resource::Core);
        let dumpable = dumpable_behavior().unwrap();
        // Other tests of this process look into /proc/self, which is closed to others than root without this.
        set_dumpable_behavior(DumpableBehavior::Dumpable).unwrap();
        assert_eq!((limit.current, limit.maximum, dumpable), (Some(0), Some(0), DumpableBehavior::NotDumpable));
    }
}
