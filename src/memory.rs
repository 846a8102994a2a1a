//! How the C library keeps freed memory.
//!
//! glibc gives new threads arenas of their own, up to 8 per core, and each keeps what was freed in it. A camera
//! that reconnects brings new decoder threads with frames of megabytes, so that the program would grow with every
//! reconnection until all arenas are full. Two arenas are enough: large frames are few, and small ones do not fight.

/// Caps the arenas; before the first thread starts.
pub(crate) fn cap_arenas() {
    // SAFETY: `mallopt` takes two integers and is called while this thread is the only one.
    #[expect(unsafe_code, reason = "no safe binding sets this")]
    let taken = unsafe { libc::mallopt(libc::M_ARENA_MAX, 2) };
    if taken == 0 {
        tracing::debug!("the C library keeps its own number of memory arenas");
    }
}
