//! People and a desk for the tests of the rules.

/// A fresh folder that is the test's own.
pub(crate) fn folder() -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("ownline-server-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&path).expect("a folder");
    path
}
