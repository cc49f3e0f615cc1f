//! Keeps what the process holds in memory from reaching the disk or other processes (KEY-7).

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

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

/// The system's allocator, but what is freed is overwritten first.
///
/// A request passes through buffers of TLS, of HTTP and of forms before anything of ours sees it, and each leaves
/// a copy of the password behind when it is freed. Growing moves, so that the old place is overwritten too.
pub struct WipedMemory;

// SAFETY: every call goes on to the system's allocator with the same arguments. `realloc` is the trait's own,
// which allocates, copies and deallocates through these.
unsafe impl GlobalAlloc for WipedMemory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: what the caller promises for this call.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the block is the caller's to give up, as long as it says, and used by nobody any more. The black
        // box keeps the compiler from leaving out what nobody reads.
        unsafe {
            place.write_bytes(0, layout.size());
            System.dealloc(black_box(place), layout);
        }
    }
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
