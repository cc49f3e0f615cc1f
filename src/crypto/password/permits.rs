//! A counted number of permits; whoever comes when none is left waits.

use std::sync::{Condvar, Mutex, PoisonError};

/// A semaphore for threads. The runtime's own would need an async context, and hashing has none.
pub struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

/// One permit; dropping it lets the next in.
pub struct Permit<'a>(&'a Permits);

impl Permits {
    pub fn new(count: usize) -> Permits {
        Permits { free: Mutex::new(count), returned: Condvar::new() }
    }

    pub fn take(&self) -> Permit<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.returned.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
    }
}
