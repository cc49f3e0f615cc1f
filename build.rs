//! Rebuilds the crate when a migration appears: refinery embeds them and does not notice new files.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
