//! The page, from the same place as the bridge's and the server's, so that the binary carries it once and a development
//! build reads it from the folder.

use std::borrow::Cow;

use tauri::{
    Assets, Runtime,
    utils::assets::{AssetKey, AssetsIter, CspHash},
};

const UNBUILT: &[u8] = b"<!doctype html><title>Ownline</title><p>The screen is not built: run <code>make build</code>.";

#[derive(Debug)]
pub(crate) struct Screen;

impl<R: Runtime> Assets<R> for Screen {
    fn get(&self, key: &AssetKey) -> Option<Cow<'_, [u8]>> {
        let path = key.as_ref().trim_start_matches('/');
        ownline_web::ui::asset(path).or_else(|| (path == "index.html").then_some(Cow::Borrowed(UNBUILT)))
    }

    /// Only asked for by whoever lists the assets, which nothing does.
    fn iter(&self) -> Box<AssetsIter<'_>> {
        Box::new(std::iter::empty())
    }

    /// The page has no inline scripts, so there is nothing to allow.
    fn csp_hashes(&self, _html_path: &AssetKey) -> Box<dyn Iterator<Item = CspHash<'_>> + '_> {
        Box::new(std::iter::empty())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    fn directives(policy: &str) -> BTreeMap<&str, &str> {
        policy.split(';').filter_map(|directive| directive.trim().split_once(' ')).collect()
    }

    /// The window is as strict as a browser; only its way to the bridge differs.
    #[test]
    fn the_windows_policy_is_the_browsers() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../tauri.conf.json")).expect("json");
        let mut window = directives(config["app"]["security"]["csp"].as_str().expect("text"));
        let mut browser = directives(ownline_web::ui::CONTENT_SECURITY_POLICY);
        assert_eq!(
            window.remove("connect-src"),
            Some("'self' ipc: http://ipc.localhost http://127.0.0.1:* ws://127.0.0.1:*")
        );
        assert!(browser.remove("connect-src").is_some());
        assert_eq!(window, browser);
    }
}
