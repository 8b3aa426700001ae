//! How the parts come together: one process, one data folder, one bridge, one window.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use ownline_bridge::RunningBridge;
use ownline_model::{bridge::BridgeStatus, problem::Problem};
use tauri::{AppHandle, Manager as _, RunEvent, WindowEvent, async_runtime};
use tauri_plugin_window_state::StateFlags;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    commands,
    host::{Connection, Host},
    identity, notice,
    options::Options,
    screen::Screen,
    tray::{self, Tray},
    window,
};

/// Tasks that were told to end have nothing to finish.
const TASKS_WITHIN: Duration = Duration::from_millis(500);

/// Everything that runs beside the window, to be ended with it.
#[derive(Clone, Default)]
struct Background {
    tasks: TaskTracker,
    end: CancellationToken,
}

impl Background {
    /// Runs a task until it is done or the app ends.
    fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        // Dropping the handle is fine: the tracker owns the task.
        let _task = async_runtime::spawn(self.tasks.track_future(async move {
            tokio::select! {
                () = end.cancelled() => {}
                () = task => {}
            }
        }));
    }
}

/// Runs until the app is quit; gives the exit code.
pub(crate) fn run(options: Options) -> Result<u8> {
    ensure!(has_screen(), "there is no screen to open a window on; `ownline-bridge` runs without one");
    let data = options.data_folder()?;
    let own_folder = data.join("window");
    let mut context = configured();
    context.set_assets(Box::new(Screen));
    let mut identifier = identity::BASE.to_owned();
    if !options.is_default_folder() {
        identifier = identity::of_folder(&data);
        context.config_mut().identifier.clone_from(&identifier);
    }

    let app = tauri::Builder::default()
        // First, so that a second start does nothing else.
        .plugin(
            tauri_plugin_single_instance::Builder::new()
                .dbus_id(identifier)
                .callback(|app, _args, _folder| window::show(app))
                .build(),
        )
        .plugin(tauri_plugin_notification::init())
        .plugin(
            tauri_plugin_window_state::Builder::new()
                // A folder of one's own in place of the system's: a name that is absolute stays so.
                .with_filename(own_folder.join("state.json").to_string_lossy())
                .with_state_flags(StateFlags::all() - StateFlags::VISIBLE - StateFlags::DECORATIONS)
                .build(),
        )
        .manage(Host::new(options, data))
        .manage(Background::default())
        .invoke_handler(tauri::generate_handler![commands::bridge_connection, commands::open_external])
        .setup(move |app| {
            // An error given back here would panic the event loop.
            if let Err(error) = set_up(app.handle(), &own_folder) {
                tracing::error!("{error:#}");
                app.handle().exit(1);
            }
            Ok(())
        })
        .build(context)
        .context("preparing the window")?;
    let code = app.run_return(on_event);
    Ok(u8::try_from(code).unwrap_or(1))
}

#[expect(clippy::disallowed_methods, reason = "the macro's own code ends the process where a file was not embedded")]
fn configured() -> tauri::Context {
    tauri::generate_context!()
}

fn set_up(app: &AppHandle, own_folder: &Path) -> Result<()> {
    match Tray::create(app) {
        Ok(tray) => {
            app.manage(tray);
        }
        Err(error) => tracing::warn!("there is no tray icon: {error:#}"),
    }
    notice::follow_clicks(app);
    std::fs::create_dir_all(own_folder).with_context(|| format!("making {}", own_folder.display()))?;
    window::create(app, own_folder).context("opening the window")?;

    let background = app.state::<Background>();
    background.run({
        let app = app.clone();
        async move {
            tokio::time::sleep(window::SHOW_WITHIN).await;
            on_main_thread(&app, window::show_first);
        }
    });
    background.run({
        let app = app.clone();
        async move {
            ownline_web::program::shutdown_signal().await;
            tracing::info!("asked to end");
            app.exit(0);
        }
    });
    // The page asks too; who comes first starts it, and the page is told what went wrong.
    background.run({
        let app = app.clone();
        async move {
            let _ = connection(&app).await;
        }
    });
    Ok(())
}

/// The bridge's address for the page, starting the bridge where needed.
pub(crate) async fn connection(app: &AppHandle) -> Result<Connection, Problem> {
    app.state::<Host>().connection(|bridge| watch(app, bridge)).await
}

/// Carries what the bridge has to say to the tray and into notifications.
fn watch(app: &AppHandle, bridge: &RunningBridge) {
    let background = app.state::<Background>();
    let mut status = bridge.status();
    background.run({
        let app = app.clone();
        async move {
            let mut shown = None;
            loop {
                let seen = Seen::of(&status.borrow_and_update());
                if shown.as_ref() != Some(&seen) {
                    shown = Some(seen.clone());
                    on_main_thread(&app, move |app| show(app, &seen));
                }
                if status.changed().await.is_err() {
                    break;
                }
            }
        }
    });
    let mut messages = bridge.notifications();
    background.run({
        let app = app.clone();
        async move {
            loop {
                match messages.recv().await {
                    Ok(message) => on_main_thread(&app, move |app| notice::show(app, &message)),
                    // A flood: the newest ones are enough.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                }
            }
        }
    });
}

/// Everything of the window system happens on its own thread. Asking for it from another one would wait for that thread,
/// which at the end waits for everyone else.
fn on_main_thread(app: &AppHandle, act: impl FnOnce(&AppHandle) + Send + 'static) {
    let handle = app.clone();
    if let Err(error) = app.run_on_main_thread(move || act(&handle)) {
        tracing::debug!(%error, "the event loop has ended");
    }
}

/// What of the bridge's state is seen from outside the window.
#[derive(Clone, PartialEq, Eq)]
struct Seen {
    unread: u64,
    agent: Option<String>,
}

impl Seen {
    fn of(status: &BridgeStatus) -> Self {
        Self { unread: status.unread, agent: status.agent.as_ref().map(|agent| agent.name.clone()) }
    }

    /// The window's title: several agents' windows may share a task bar.
    fn title(&self) -> String {
        let count = if self.unread > 0 { format!("({}) ", self.unread) } else { String::new() };
        self.agent.as_ref().map_or_else(|| format!("{count}Ownline"), |name| format!("{count}{name} – Ownline"))
    }
}

fn show(app: &AppHandle, seen: &Seen) {
    if let Some(tray) = app.try_state::<Tray>() {
        tray.set_unread(seen.unread);
    }
    let Some(window) = app.get_webview_window(window::LABEL) else { return };
    let badge = i64::try_from(seen.unread).ok().filter(|count| *count > 0);
    for (what, result) in [("title", window.set_title(&seen.title())), ("badge", window.set_badge_count(badge))] {
        if let Err(error) = result {
            tracing::debug!(%error, what, "not shown");
        }
    }
}

fn on_event(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::WindowEvent { label, event: WindowEvent::CloseRequested { api, .. }, .. }
            if label == window::LABEL && app.try_state::<Tray>().is_some() && tray::is_shown() =>
        {
            // Customers go on writing; the tray brings the window back.
            api.prevent_close();
            if let Some(window) = app.get_webview_window(window::LABEL)
                && let Err(error) = window.hide()
            {
                tracing::warn!(%error, "the window was not hidden");
            }
        }
        RunEvent::ExitRequested { .. } => {
            // The bridge takes a moment to end; the window need not be seen meanwhile.
            if let Some(window) = app.get_webview_window(window::LABEL) {
                let _ = window.hide();
            }
        }
        RunEvent::Exit => {
            let background = app.state::<Background>();
            background.end.cancel();
            background.tasks.close();
            async_runtime::block_on(async {
                app.state::<Host>().stop().await;
                if tokio::time::timeout(TASKS_WITHIN, background.tasks.wait()).await.is_err() {
                    tracing::warn!("something in the background did not end in time");
                }
            });
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::show(app),
        _ => {}
    }
}

/// Whether there is a display. Without one the window library would panic.
#[cfg(target_os = "linux")]
fn has_screen() -> bool {
    gtk::init().is_ok()
}

#[cfg(not(target_os = "linux"))]
fn has_screen() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_says_whose_window_it_is_and_who_waits() {
        let title = |unread, agent: Option<&str>| Seen { unread, agent: agent.map(str::to_owned) }.title();
        assert_eq!(title(0, None), "Ownline");
        assert_eq!(title(0, Some("Ana Moura")), "Ana Moura – Ownline");
        assert_eq!(title(3, Some("Ana Moura")), "(3) Ana Moura – Ownline");
    }
}
