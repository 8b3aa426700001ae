//! Native notifications of customers' messages, while the agent looks elsewhere.

use ownline_bridge::store::change::CustomerWrote;
use tauri::{AppHandle, Emitter as _};
use tauri_plugin_notification::{ActionPerformed, NotificationExt as _};

use crate::window;

/// Told to the page when a notification was clicked; carries the conversation's id.
const OPEN_CONVERSATION: &str = "open-conversation";
const CONVERSATION: &str = "conversation";
/// What fits into a notification anywhere, in characters.
const PREVIEW_MAX: usize = 240;

/// Shows one, unless the agent has the window before them. For the main thread.
pub(crate) fn show(app: &AppHandle, message: &CustomerWrote) {
    if window::has_attention(app) {
        return;
    }
    let preview: String = message.preview.chars().take(PREVIEW_MAX).collect();
    let shown = app
        .notification()
        .builder()
        .title(&message.contact_name)
        .body(plain(&preview))
        .extra(CONVERSATION, message.conversation_id)
        .show();
    if let Err(error) = shown {
        tracing::warn!(%error, "no notification was shown");
    }
}

/// Follows clicks on notifications into their conversations.
pub(crate) fn follow_clicks(app: &AppHandle) {
    let handle = app.clone();
    let followed = app.notification().on_action(move |action| {
        window::show(&handle);
        if let Some(conversation) = conversation_of(action)
            && let Err(error) = handle.emit(OPEN_CONVERSATION, conversation)
        {
            tracing::warn!(%error, "the page was not told of the click");
        }
    });
    if let Err(error) = followed {
        tracing::warn!(%error, "clicks on notifications are not followed");
    }
}

fn conversation_of(action: &ActionPerformed) -> Option<String> {
    action.notification()?.extra().get(CONVERSATION)?.as_str().map(str::to_owned)
}

/// Linux desktops read a subset of HTML in the body; what a customer wrote must stay text.
fn plain(text: &str) -> String {
    if cfg!(target_os = "linux") {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_names_its_conversation() {
        let action: ActionPerformed = serde_json::from_value(serde_json::json!({
            "actionId": "tap", "inputValue": null, "notification": { "id": 1, "extra": { "conversation": "c-1" } }
        }))
        .expect("as the plugin reports it");
        assert_eq!(conversation_of(&action).as_deref(), Some("c-1"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_customer_cannot_mark_up_a_notification() {
        assert_eq!(plain("<a href=\"x\">&</a>"), "&lt;a href=\"x\"&gt;&amp;&lt;/a&gt;");
    }
}
