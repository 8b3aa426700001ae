//! What later messages make of earlier ones: corrections, deletions, reactions and votes.

use std::collections::HashMap;

use waproto::whatsapp::Message;

use super::{Line, shown};
use crate::network::Network;
use crate::people::poll::Poll;
use crate::world::{Content, MessageView, Reaction, Vote};

pub(super) fn fold(network: &Network, lines: &[Line]) -> Vec<MessageView> {
    let mut views = Vec::with_capacity(lines.len());
    let mut polls: HashMap<String, Poll> = HashMap::new();
    // The first message under an id is the one that others speak of.
    let mut places: HashMap<String, usize> = HashMap::with_capacity(lines.len());
    for line in lines {
        let (mut view, message) = shown(network, line);
        if matches!(view.content, Content::Poll(_))
            && let Some(poll) = Poll::of(&line.row.id, line.row.author, &message)
        {
            polls.insert(line.row.id.clone(), poll);
        }
        open_vote(network, &polls, line, &mut view, &message);
        apply(&view, &places, &mut views);
        places.entry(line.row.id.clone()).or_insert(views.len());
        views.push(view);
    }
    views
}

fn open_vote(network: &Network, polls: &HashMap<String, Poll>, line: &Line, view: &mut MessageView, message: &Message) {
    if let Content::PollVote(vote) = &mut view.content
        && let Some(poll) = polls.get(&vote.id)
        && let Some(update) = message.poll_update_message.as_option()
    {
        vote.options = poll.open(network, line.row.author, update);
    }
}

fn apply(view: &MessageView, places: &HashMap<String, usize>, views: &mut [MessageView]) {
    let target = match &view.content {
        Content::Reaction(reaction) => &reaction.id,
        Content::Edit(edit) => &edit.id,
        Content::Revoke(revoke) => &revoke.id,
        Content::PollVote(vote) => &vote.id,
        _ => return,
    };
    let Some(target) = places.get(target).and_then(|place| views.get_mut(*place)) else { return };
    // Only the author corrects and deletes.
    let own = target.from == view.from;
    match &view.content {
        Content::Reaction(reaction) => {
            let reactions = &mut target.effects.reactions;
            reactions.retain(|other| other.from != view.from);
            if !reaction.emoji.is_empty() {
                reactions.push(Reaction { from: view.from.clone(), emoji: reaction.emoji.clone() });
            }
        }
        Content::Edit(edit) if own => target.effects.edited = Some(edit.text.clone()),
        Content::Revoke(_) if own => target.effects.revoked = true,
        Content::PollVote(vote) => {
            if let (Content::Poll(poll), Some(options)) = (&mut target.content, &vote.options) {
                poll.votes.retain(|other| other.from != view.from);
                if !options.is_empty() {
                    poll.votes.push(Vote { from: view.from.clone(), options: options.clone() });
                }
            }
        }
        _ => {}
    }
}
