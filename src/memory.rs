//! How the C library keeps memory: little of it back, since an installation is idle most of the day.

/// Tells the C library how to go about memory. Call it first, while there is one thread.
///
/// Without it, the first password that is hashed (19 MiB) teaches glibc to keep pieces of that size.
pub fn settle() {
    #[cfg(target_env = "gnu")]
    {
        /// Pieces from this size on come from the system and go back to it when they are freed.
        const OWN_PAGES: std::ffi::c_int = 1024 * 1024;
        /// Heaps that threads share: as many as threads work at once on a small machine.
        const HEAPS: std::ffi::c_int = 4;
        glibc::mallopt(glibc::M_MMAP_THRESHOLD, OWN_PAGES);
        glibc::mallopt(glibc::M_ARENA_MAX, HEAPS);
    }
}

/// Gives back what was freed. For the end of large work, as it looks through everything that is kept.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    glibc::malloc_trim(0);
}

#[cfg(target_env = "gnu")]
mod glibc {
    use std::ffi::c_int;

    // From malloc.h.
    pub const M_MMAP_THRESHOLD: c_int = -3;
    pub const M_ARENA_MAX: c_int = -8;

    // SAFETY: as malloc.h declares them; both take their own locks and any number.
    unsafe extern "C" {
        pub safe fn mallopt(parameter: c_int, value: c_int) -> c_int;
        pub safe fn malloc_trim(keep: usize) -> c_int;
    }
}
