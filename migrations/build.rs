//! Rebuilds the embedded migrations when a folder is added: the macro that embeds them cannot
//! say so itself.
fn main() {
    println!("cargo:rerun-if-changed=.");
}
