//! How the allocator keeps what was given back to it.

/// Has glibc give large blocks back to the system at once, and keep no more than two arenas.
///
/// It would otherwise keep what every thread has ever needed at its busiest, and learn from each large picture that
/// came and went to keep the next one: a show of a few hours then grew from 70 MB to 90 MB, in use or not. Call it before
/// other threads begin. A build that paints with SDXL itself is left as it is: its tensors are large, and come and go.
pub(crate) fn keep_little() {
    #[cfg(all(target_os = "linux", target_env = "gnu", not(feature = "sdxl")))]
    for (what, value) in [
        (libc::M_ARENA_MAX, 2),
        (libc::M_MMAP_THRESHOLD, 1 << 20),
        (libc::M_TRIM_THRESHOLD, 1 << 20),
    ] {
        // SAFETY: sets a number of the allocator's; there is one thread, and a value that it does not take is ignored.
        unsafe { libc::mallopt(what, value) };
    }
}
