//! The folder of the screen must be there when its path is resolved, or a development build would not find the screen that
//! is built after it.

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/dist"))
}
