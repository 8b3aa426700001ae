//! The count: what each place holds against what was said.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use ownline_model::{
    conversation::ConversationItem,
    message::{Direction, Message, MessageStatus},
    page::Page,
    ticket::Ticket,
};

use super::{
    ledger::{Chat, Said},
    statuses::Statuses,
};
use crate::{desk::all_messages, http::Api, network::Phone};

/// Differences told at most: after the first few they repeat themselves.
const TOLD: usize = 20;

/// Everything that differs, in words; empty when all is as it should be.
pub(super) async fn differences(
    chats: &[Chat],
    phone: &Phone,
    places: &[(&'static str, Api)],
    statuses: &mut Statuses,
    repeated: &HashSet<String>,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for chat in chats {
        let number = &chat.customer.number;
        let seen = chat.customer.chat(phone).await?;
        let side = |direction: &str| -> Vec<(&str, Option<&str>)> {
            let of_side = seen.iter().filter(|message| message.direction == direction);
            of_side.map(|message| (message.id.as_str(), message.text.as_deref())).collect()
        };
        // The simulated phone keeps no place for what it cannot open: a repetition comes last, as often as it is there.
        let (mut received, mut sent) = (side("in"), chat.outbound.clone());
        received.sort_by_key(|(id, _)| repeated.contains(*id).then(|| (*id).to_owned()));
        sent.sort_by_key(|said| repeated.contains(&said.wa_id).then(|| said.wa_id.clone()));
        compare(&format!("{number}'s phone, received"), &received, &sent, &mut found);
        compare(&format!("{number}'s phone, written"), &side("out"), &chat.inbound, &mut found);
    }
    let mut orders: HashMap<usize, Vec<(String, MessageStatus)>> = HashMap::new();
    for (place, api) in places {
        let items = api.get::<Page<ConversationItem>>("/api/conversations?limit=200").await?.items;
        let tickets = api.get::<Page<Ticket>>("/api/tickets?limit=200").await?.items;
        if items.len() != chats.len() || tickets.len() != chats.len() {
            let (rooms, slips) = (items.len(), tickets.len());
            found.push(format!("{place}: {rooms} conversations and {slips} tickets for {} chats", chats.len()));
        }
        for (index, chat) in chats.iter().enumerate() {
            let messages = all_messages(api, chat.id).await?;
            statuses.note(place, &messages)?;
            let name = format!("{place}, chat with {}", chat.customer.number);
            look_at(&name, &messages, chat, &mut found);
            if tickets.iter().filter(|ticket| ticket.conversation_id == chat.id).count() != 1 {
                found.push(format!("{name}: not exactly one ticket"));
            }
            let order: Vec<_> = messages.into_iter().map(|message| (message.wa_id, message.status)).collect();
            if orders.entry(index).or_insert_with(|| order.clone()) != &order {
                found.push(format!("{name}: another order, or other ticks, than in {}", places[0].0));
            }
        }
    }
    found.truncate(TOLD);
    Ok(found)
}

fn look_at(name: &str, messages: &[Message], chat: &Chat, found: &mut Vec<String>) {
    for (direction, said) in [(Direction::Inbound, &chat.inbound), (Direction::Outbound, &chat.outbound)] {
        let here = messages.iter().filter(|message| message.direction == direction);
        let here: Vec<_> = here.map(|message| (message.wa_id.as_str(), message.text.as_deref())).collect();
        compare(&format!("{name}, {direction:?}"), &here, said, found);
    }
    if !messages.is_sorted_by(|one, next| one.position < next.position) {
        found.push(format!("{name}: two messages in one place"));
    }
    for message in messages.iter().filter(|message| message.direction == Direction::Outbound) {
        if matches!(message.status, MessageStatus::Queued | MessageStatus::Failed) {
            let (text, status) = (message.text.as_deref().unwrap_or_default(), message.status);
            found.push(format!("{name}: “{text}” ({}) is {status:?}", message.wa_id));
        }
    }
}

/// Messages whose last tick is missing. They are stored before WhatsApp hears that they came, so that none should be: told, and
/// not a failure.
pub(super) async fn missing_ticks(chats: &[Chat], api: &Api) -> Result<u64> {
    let mut missing = 0;
    for chat in chats {
        let messages = all_messages(api, chat.id).await?;
        missing += messages.iter().filter(|message| lags(message, chat)).count() as u64;
    }
    Ok(missing)
}

fn lags(message: &Message, chat: &Chat) -> bool {
    let due = if chat.read.contains(&message.wa_id) { MessageStatus::Read } else { MessageStatus::Delivered };
    message.direction == Direction::Outbound && due.advance(message.status) != message.status
}

/// Each message of `said` once, in this order, and nothing else; everything that differs goes to `found`.
pub fn compare(name: &str, here: &[(&str, Option<&str>)], said: &[Said], found: &mut Vec<String>) {
    let due = said.iter().map(|said| (said.wa_id.as_str(), Some(said.text.as_str())));
    if here.iter().copied().eq(due.clone()) {
        return;
    }
    let before = found.len();
    let mut seen = HashSet::new();
    for (id, text) in here {
        if !seen.insert(id) {
            found.push(format!("{name}: “{}” ({id}) twice", text.unwrap_or_default()));
        }
    }
    let known: HashSet<&str> = said.iter().map(|said| said.wa_id.as_str()).collect();
    for (id, text) in here.iter().filter(|(id, _)| !known.contains(id)) {
        found.push(format!("{name}: “{}” ({id}) was never said", text.unwrap_or_default()));
    }
    for said in said.iter().filter(|said| !seen.contains(&said.wa_id.as_str())) {
        found.push(format!("{name}: “{}” ({}) is missing", said.text, said.wa_id));
    }
    if found.len() == before {
        let first = here.iter().copied().zip(due).find(|(here, due)| here != due);
        found.push(format!("{name}: order or words differ, first at {first:?} (found, said)"));
    }
}
