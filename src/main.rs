//! One call into the command line.

use holdfast::crypto::hardening::WipedMemory;

/// What anybody typed is gone from memory when its last copy is freed, the libraries' copies too.
#[global_allocator]
static MEMORY: WipedMemory = WipedMemory;

fn main() -> std::process::ExitCode {
    holdfast::cli::main()
}
