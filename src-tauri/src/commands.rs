//! What the page may ask of the shell. Everything else it asks of the bridge.

use ownline_model::problem::{Problem, ProblemCode};
use tauri::{AppHandle, Url};

use crate::{app, host::Connection};

/// The bridge's address and token, or in plain words why it does not run. Asking again tries again.
#[tauri::command]
pub(crate) async fn bridge_connection(app: AppHandle) -> Result<Connection, Problem> {
    app::connection(&app).await
}

/// Opens a web address in the system's browser. Messages come from strangers: nothing but http(s) leaves the window.
#[tauri::command]
pub(crate) async fn open_external(url: String) -> Result<(), Problem> {
    let address = web_address(&url).ok_or(ProblemCode::InvalidRequest)?;
    tauri_plugin_opener::open_url(address.as_str(), None::<&str>)
        .map_err(|error| Problem::new(ProblemCode::Unavailable).with_detail(error.to_string()))
}

fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let named =
        url.host_str().is_some_and(|host| !host.is_empty()) && url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && named).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_opened() {
        assert_eq!(web_address("https://example.com/a?b#c").expect("web").as_str(), "https://example.com/a?b#c");
        for refused in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            r"\\server\share",
            "data:text/html,x",
            "ownline://chat",
            "mailto:a@b.c",
            "https://bank.example@evil.example/",
            "http://",
            "--help",
            "/usr/bin/id",
            "",
        ] {
            assert!(web_address(refused).is_none(), "{refused}");
        }
    }
}
