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

/// Has glibc give pages that nothing is on back to the system, once what the start needed is gone and then every half a
/// minute: what pictures and films needed lies between what stays, where the allocator does not look by itself.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu", not(feature = "sdxl")))]
    {
        use std::time::Duration;

        const FIRST: Duration = Duration::from_secs(5);
        const AGAIN: Duration = Duration::from_secs(30);
        let trim = || {
            let mut wait = FIRST;
            loop {
                std::thread::sleep(wait);
                // SAFETY: the allocator looks for empty pages under its own locks.
                unsafe { libc::malloc_trim(0) };
                wait = AGAIN;
            }
        };
        // Without the thread the show goes on; it only keeps more.
        let named = std::thread::Builder::new().name("memory".to_owned());
        if let Err(error) = named.spawn(trim) {
            tracing::debug!("memory is not given back: {error}");
        }
    }
}
