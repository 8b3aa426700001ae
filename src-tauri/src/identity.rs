//! Which app this is to the system: one for each data folder.

use std::path::Path;

use sha2::{Digest as _, Sha256};

/// The identifier of a plain start, as in `tauri.conf.json`.
pub(crate) const BASE: &str = "app.ownline.desktop";

/// A second start with the same folder finds the first by this name; one with another folder does not.
pub(crate) fn of_folder(folder: &Path) -> String {
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    // Each part of a D-Bus name starts with a letter.
    format!("{BASE}.d{}", hex::encode(&digest[..8]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_folder_is_another_app() {
        let (ana, bruno) = (of_folder(Path::new("/data/ana")), of_folder(Path::new("/data/bruno")));
        assert_ne!(ana, bruno);
        assert_eq!(ana, of_folder(Path::new("/data/ana")));
        assert!(ana.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_lowercase())), "{ana}");
    }

    #[test]
    fn the_configuration_bears_the_base_name() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../tauri.conf.json")).expect("json");
        assert_eq!(config["identifier"], BASE);
    }
}
