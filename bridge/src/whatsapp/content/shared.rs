//! Places, contact cards and polls.

use ownline_model::{
    details::{ContactCard, Content as Carried, Place, Poll, PollOption},
    message::MessageKind,
};
use whatsapp_rust::waproto::whatsapp as wa;

use super::{Read, bounds, vcard};
use crate::store::inbound::MessageSecret;

/// A message of thousands of cards is an attack, not an address book.
const CARDS_MAX: usize = 20;
/// WhatsApp's own limit is twelve.
const OPTIONS_MAX: usize = 32;

pub(super) fn of(message: &wa::Message) -> Option<Read> {
    place(message).or_else(|| cards(message)).or_else(|| poll(message)).or_else(|| results(message))
}

fn place(message: &wa::Message) -> Option<Read> {
    let (place, words) = if let Some(told) = message.location_message.as_option() {
        let place = Place {
            name: bounds::line_of(told.name.as_ref()),
            address: bounds::line_of(told.address.as_ref()),
            live: told.is_live == Some(true),
            ..point(told.degrees_latitude, told.degrees_longitude)?
        };
        (place, told.comment.clone())
    } else {
        let told = message.live_location_message.as_option()?;
        (Place { live: true, ..point(told.degrees_latitude, told.degrees_longitude)? }, told.caption.clone())
    };
    Some(Read::new(MessageKind::Location, words).carrying(Carried::Place(place)))
}

/// A place on Earth; without one, the message is none that can be shown.
fn point(latitude: Option<f64>, longitude: Option<f64>) -> Option<Place> {
    let (latitude, longitude) = (latitude.unwrap_or_default(), longitude.unwrap_or_default());
    let is_there = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    is_there.then_some(Place { latitude, longitude, name: None, address: None, live: false })
}

fn cards(message: &wa::Message) -> Option<Read> {
    let cards: Vec<ContactCard> = if let Some(one) = message.contact_message.as_option() {
        vec![card(one)]
    } else {
        message.contacts_array_message.as_option()?.contacts.iter().take(CARDS_MAX).map(card).collect()
    };
    Some(Read::new(MessageKind::ContactCard, None).carrying(Carried::Cards { cards }))
}

fn card(told: &wa::message::ContactMessage) -> ContactCard {
    let mut card = vcard::read(told.vcard.as_deref().unwrap_or_default());
    if let Some(name) = bounds::line_of(told.display_name.as_ref()) {
        card.name = name;
    }
    card
}

fn poll(message: &wa::Message) -> Option<Read> {
    let polls = [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
        &message.poll_creation_message_v5,
        &message.poll_creation_message_v6,
    ];
    let told = polls.into_iter().find_map(|poll| poll.as_option())?;
    let options = told.options.iter().take(OPTIONS_MAX);
    let options = options.map(|option| (option.option_name.as_deref().unwrap_or_default(), 0));
    Some(poll_of(told.name.as_deref(), options, told.selectable_options_count.unwrap_or_default()))
}

/// A poll that was forwarded with how it stood.
fn results(message: &wa::Message) -> Option<Read> {
    let snapshots = [&message.poll_result_snapshot_message, &message.poll_result_snapshot_message_v3];
    let told = snapshots.into_iter().find_map(|snapshot| snapshot.as_option())?;
    let options = told.poll_votes.iter().take(OPTIONS_MAX).map(|option| {
        let votes = option.option_vote_count.and_then(|votes| u32::try_from(votes).ok());
        (option.option_name.as_deref().unwrap_or_default(), votes.unwrap_or_default())
    });
    Some(poll_of(told.name.as_deref(), options, 0))
}

fn poll_of<'a>(question: Option<&str>, options: impl Iterator<Item = (&'a str, u32)>, choose: u32) -> Read {
    // Votes name an option by the hash of its very bytes: what is cut here cannot be voted for, and nothing is cut that
    // WhatsApp's own clients write.
    let options = options.map(|(text, votes)| PollOption { text: bounds::option(text), votes }).collect();
    let question = bounds::line(question.unwrap_or_default()).unwrap_or_default();
    Read::new(MessageKind::Poll, None).carrying(Carried::Poll(Poll { question, options, choose }))
}

pub(super) fn secret(message: &wa::Message) -> Option<MessageSecret> {
    let secret = message.message_context_info.as_option()?.message_secret.as_deref()?;
    secret.try_into().ok().map(MessageSecret)
}
