//! One call into the command line.

fn main() -> std::process::ExitCode {
    holdfast::cli::main()
}
