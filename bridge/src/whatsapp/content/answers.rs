//! What a customer chose from a menu, and menus themselves.

use ownline_model::{details::Content as Carried, message::MessageKind};
use whatsapp_rust::waproto::whatsapp::{
    self as wa,
    message::{
        buttons_response_message::Response, interactive_response_message::InteractiveResponseMessage as Interactive,
        template_message::hydrated_four_row_template::Title,
    },
};

use super::{Read, bounds};

pub(super) fn of(message: &wa::Message) -> Option<Read> {
    choice(message).or_else(|| menu(message))
}

fn choice(message: &wa::Message) -> Option<Read> {
    if let Some(answer) = message.buttons_response_message.as_option() {
        let title = answer.response.as_ref().map(|Response::SelectedDisplayText(title)| title.clone());
        return Some(chosen(answer.selected_button_id.as_ref(), title, None));
    }
    if let Some(answer) = message.list_response_message.as_option() {
        let row = answer.single_select_reply.as_option().and_then(|reply| reply.selected_row_id.as_ref());
        return Some(chosen(row, answer.title.clone(), answer.description.as_ref()));
    }
    if let Some(answer) = message.template_button_reply_message.as_option() {
        return Some(chosen(answer.selected_id.as_ref(), answer.selected_display_text.clone(), None));
    }
    let answer = message.interactive_response_message.as_option()?;
    let title = answer.body.as_option().and_then(|body| body.text.clone());
    let flow = answer.interactive_response_message.as_ref().map(|Interactive::NativeFlowResponseMessage(flow)| flow);
    let id = flow.and_then(|flow| flow_id(flow.params_json.as_deref()?).or_else(|| flow.name.clone()));
    Some(chosen(id.as_ref(), title, None))
}

/// Without a title, the id is at least something.
fn chosen(id: Option<&String>, title: Option<String>, description: Option<&String>) -> Read {
    let id = bounds::line_of(id).unwrap_or_default();
    let title = title.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| id.clone());
    let description = bounds::line_of(description);
    Read::new(MessageKind::Choice, Some(title)).carrying(Carried::Choice { id, description })
}

/// The `id` in the parameters of a button that was pressed.
fn flow_id(json: &str) -> Option<String> {
    const JSON_MAX: usize = 16 * 1024;
    let params: serde_json::Value = serde_json::from_str(Some(json).filter(|json| json.len() <= JSON_MAX)?).ok()?;
    params.get("id")?.as_str().map(str::to_owned)
}

/// A menu that a business sends: its words. One without words is a kind that cannot be shown.
fn menu(message: &wa::Message) -> Option<Read> {
    let words = if let Some(menu) = message.buttons_message.as_option() {
        menu.content_text.clone()
    } else if let Some(menu) = message.list_message.as_option() {
        first_filled([menu.description.as_ref(), menu.title.as_ref()])
    } else if let Some(menu) = message.interactive_message.as_option() {
        menu.body.as_option().and_then(|body| body.text.clone())
    } else {
        let template = message.template_message.as_option()?.hydrated_template.as_option()?;
        let title = match &template.title {
            Some(Title::HydratedTitleText(title)) => Some(title),
            _ => None,
        };
        first_filled([template.hydrated_content_text.as_ref(), title])
    }?;
    Some(Read::new(MessageKind::Text, Some(words)))
}

fn first_filled<'a>(words: impl IntoIterator<Item = Option<&'a String>>) -> Option<String> {
    words.into_iter().flatten().find(|word| !word.trim().is_empty()).cloned()
}
