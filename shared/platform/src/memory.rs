//! Memory.

/// How many bytes this instance has taken so far: in WebAssembly it never gives any back. `None` natively, where others
/// share the process.
pub fn memory_bytes() -> Option<usize> {
    #[cfg(target_family = "wasm")]
    {
        const PAGE_BYTES: usize = 65_536;
        Some(core::arch::wasm32::memory_size(0) * PAGE_BYTES)
    }
    #[cfg(not(target_family = "wasm"))]
    None
}
