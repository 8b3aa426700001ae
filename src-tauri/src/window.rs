//! The one window: made hidden, shown when its page is there, hidden again where a tray keeps the app reachable.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tauri::{
    AppHandle, Manager as _, Url, WebviewWindow, WebviewWindowBuilder,
    webview::{NewWindowResponse, PageLoadEvent},
};

pub(crate) const LABEL: &str = "main";
/// A page that is not there by then has failed; an empty window can at least be closed.
pub(crate) const SHOW_WITHIN: Duration = Duration::from_secs(10);
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Makes the window. What the web view keeps stays in `folder`.
pub(crate) fn create(app: &AppHandle, folder: &Path) -> tauri::Result<WebviewWindow> {
    let config = app.config().app.windows.first().cloned().unwrap_or_default();
    let window = WebviewWindowBuilder::from_config(app, &config)?
        .data_directory(folder.join("webview"))
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished {
                show_first(window.app_handle());
            }
        })
        .build()?;
    Ok(window)
}

/// Shows the window for the first time. A page that loads again does not bring back a window that was closed, nor take the
/// keyboard from whatever the agent is doing.
pub(crate) fn show_first(app: &AppHandle) {
    if !SHOWN.load(Ordering::Relaxed) {
        show(app);
    }
}

/// Brings the window to the front, from wherever it is.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    SHOWN.store(true, Ordering::Relaxed);
    // None of these failing is worth more than a line: the window system may refuse any of them.
    for (step, result) in [("show", window.show()), ("unminimize", window.unminimize()), ("focus", window.set_focus())]
    {
        if let Err(error) = result {
            tracing::debug!(%error, step, "the window did not come to the front");
        }
    }
}

/// Whether the agent is looking at it.
pub(crate) fn has_attention(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some_and(|window| {
        window.is_focused().unwrap_or(false)
            && window.is_visible().unwrap_or(false)
            && !window.is_minimized().unwrap_or(false)
    })
}

/// The page never leaves itself: links open in the browser, through a command that checks them.
fn is_own_page(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows has no schemes of one's own in the web view.
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_cannot_lead_elsewhere() {
        let allowed = |text: &str| is_own_page(&Url::parse(text).expect("address"));
        assert!(cfg!(windows) || allowed("tauri://localhost/inbox"));
        for address in [
            "https://evil.example/",
            "http://127.0.0.1:3001/",
            "tauri://evil.example/",
            "file:///etc/passwd",
            "about:blank",
        ] {
            assert!(!allowed(address), "{address}");
        }
    }
}
