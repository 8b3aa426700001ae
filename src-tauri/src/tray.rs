//! The icon beside the clock: unread customers at a glance, and the way back to a hidden window.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Result, anyhow};
use tauri::{
    AppHandle, Wry,
    image::Image,
    menu::{Menu, MenuItem, PredefinedMenuItem},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};

use crate::window;

#[cfg(target_os = "macos")]
mod picture {
    pub(super) const CALM: &[u8] = include_bytes!("../../icons/tray-template.png");
    pub(super) const UNREAD: &[u8] = include_bytes!("../../icons/tray-unread-template.png");
}
#[cfg(not(target_os = "macos"))]
mod picture {
    pub(super) const CALM: &[u8] = include_bytes!("../../icons/tray.png");
    pub(super) const UNREAD: &[u8] = include_bytes!("../../icons/tray-unread.png");
}

const OPEN: &str = "open";
const QUIT: &str = "quit";

pub(crate) struct Tray {
    icon: TrayIcon,
    unread: MenuItem<Wry>,
    calm_picture: Image<'static>,
    unread_picture: Image<'static>,
}

impl Tray {
    pub(crate) fn create(app: &AppHandle) -> Result<Self> {
        // On Linux the indicator library is loaded now, and where it is missing its binding panics.
        catch_unwind(AssertUnwindSafe(|| Self::build(app)))
            .map_err(|_| anyhow!("libayatana-appindicator3 is not installed"))?
            .map_err(Into::into)
    }

    fn build(app: &AppHandle) -> tauri::Result<Self> {
        let unread = MenuItem::with_id(app, "unread", words(0), false, None::<&str>)?;
        let menu = Menu::with_items(
            app,
            &[
                &unread,
                &PredefinedMenuItem::separator(app)?,
                &MenuItem::with_id(app, OPEN, "Open Ownline", true, None::<&str>)?,
                &MenuItem::with_id(app, QUIT, "Quit", true, None::<&str>)?,
            ],
        )?;
        let calm_picture = Image::from_bytes(picture::CALM)?;
        let icon = TrayIconBuilder::with_id("main")
            .icon(calm_picture.clone())
            .icon_as_template(cfg!(target_os = "macos"))
            .tooltip("Ownline")
            .menu(&menu)
            .show_menu_on_left_click(false)
            .on_menu_event(|app, event| match event.id().as_ref() {
                OPEN => window::show(app),
                QUIT => app.exit(0),
                _ => {}
            })
            .on_tray_icon_event(|tray, event| {
                if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } =
                    event
                {
                    window::show(tray.app_handle());
                }
            })
            .build(app)?;
        Ok(Self { icon, unread, calm_picture, unread_picture: Image::from_bytes(picture::UNREAD)? })
    }

    /// Shows how many messages of customers wait to be read.
    pub(crate) fn set_unread(&self, unread: u64) {
        let picture = if unread > 0 { &self.unread_picture } else { &self.calm_picture };
        let steps = [
            self.icon.set_icon_with_as_template(Some(picture.clone()), cfg!(target_os = "macos")),
            self.icon.set_tooltip(Some(if unread > 0 {
                format!("Ownline: {}", words(unread))
            } else {
                "Ownline".to_owned()
            })),
            // The number beside the icon, where the panel has room for one.
            self.icon.set_title(Some(if unread > 0 { unread.to_string() } else { String::new() })),
            self.unread.set_text(words(unread)),
        ];
        for error in steps.into_iter().filter_map(Result::err) {
            tracing::debug!(%error, "the tray was not updated");
        }
    }
}

fn words(unread: u64) -> String {
    match unread {
        0 => "No unread messages".to_owned(),
        1 => "1 unread message".to_owned(),
        _ => format!("{unread} unread messages"),
    }
}

/// Whether anything shows tray icons. Without it a hidden window could not be found again.
#[cfg(target_os = "linux")]
pub(crate) fn is_shown() -> bool {
    let watched = || -> zbus::Result<bool> {
        let session = zbus::blocking::Connection::session()?;
        let name = zbus::names::BusName::try_from("org.kde.StatusNotifierWatcher")?;
        Ok(zbus::blocking::fdo::DBusProxy::new(&session)?.name_has_owner(name)?)
    };
    watched().unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_shown() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_is_not_messages() {
        assert_eq!([0, 1, 3].map(words), ["No unread messages", "1 unread message", "3 unread messages"]);
    }

    #[test]
    fn the_pictures_are_pictures() {
        for bytes in [picture::CALM, picture::UNREAD] {
            assert!(Image::from_bytes(bytes).expect("png").width() >= 22);
        }
    }
}
