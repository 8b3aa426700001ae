//! Which messages are on their way: one per chat, so that order holds even where one is lost, and not too many at once. Pure,
//! with the clock passed in.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use ownline_model::ids::{ConversationId, MessageId};

/// Messages on their way at once.
const WIDTH: usize = 32;
/// WhatsApp's server answers in well under a second; silence for so long means that the answer was lost.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_mins(10);
/// After so many attempts that came to nothing on a working connection, the agent is told.
const TROUBLES_MAX: u32 = 8;

#[derive(Debug)]
struct OnItsWay {
    message: MessageId,
    chat: ConversationId,
    /// When silence counts as loss; `None` while the library still prepares it.
    deadline: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct Window {
    by_wa_id: HashMap<String, OnItsWay>,
    /// Chats whose head waits before the next attempt.
    resting: HashMap<ConversationId, Instant>,
    /// How often a message has come to nothing since this program runs.
    troubles: HashMap<MessageId, u32>,
}

/// What to do with a message that came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It goes again later.
    Again,
    /// It has failed.
    GiveUp(MessageId),
}

impl Window {
    pub(super) fn has_room(&self) -> bool {
        self.room() > 0
    }

    /// How many more may be on their way.
    pub(super) fn room(&self) -> usize {
        WIDTH.saturating_sub(self.by_wa_id.len())
    }

    /// Chats whose next message may not go now.
    pub(super) fn busy(&self, now: Instant) -> HashSet<ConversationId> {
        let resting = self.resting.iter().filter(|(_, until)| **until > now).map(|(&chat, _)| chat);
        self.by_wa_id.values().map(|on_its_way| on_its_way.chat).chain(resting).collect()
    }

    /// Whether the next message of this chat may go now.
    pub(super) fn admits(&self, chat: ConversationId, now: Instant) -> bool {
        self.has_room()
            && self.by_wa_id.values().all(|on_its_way| on_its_way.chat != chat)
            && self.resting.get(&chat).is_none_or(|&until| until <= now)
    }

    pub(super) fn begin(&mut self, wa_id: String, message: MessageId, chat: ConversationId) {
        self.resting.remove(&chat);
        self.by_wa_id.insert(wa_id, OnItsWay { message, chat, deadline: None });
    }

    /// The library has handed it to the socket. Answers with its chat.
    pub(super) fn left(&mut self, wa_id: &str, now: Instant) -> Option<ConversationId> {
        let on_its_way = self.by_wa_id.get_mut(wa_id)?;
        on_its_way.deadline = Some(now + ANSWER_WITHIN);
        Some(on_its_way.chat)
    }

    /// WhatsApp answered, or the attempt ended. `None`: it was not on its way, or no longer.
    pub(super) fn end(&mut self, wa_id: &str) -> Option<MessageId> {
        let message = self.by_wa_id.remove(wa_id)?.message;
        self.troubles.remove(&message);
        Some(message)
    }

    /// There was no connection for it. The next one ends this rest.
    pub(super) fn offline(&mut self, wa_id: &str, now: Instant) {
        if let Some(on_its_way) = self.by_wa_id.remove(wa_id) {
            self.resting.insert(on_its_way.chat, now + FIRST_REST);
        }
    }

    /// Ends the attempt and lets the chat rest before the next, longer each time.
    pub(super) fn rest(&mut self, wa_id: &str, now: Instant) -> Next {
        let Some(on_its_way) = self.by_wa_id.remove(wa_id) else { return Next::Again };
        let next = self.trouble(on_its_way.message);
        if let Some(&troubles) = self.troubles.get(&on_its_way.message) {
            let rest = FIRST_REST.saturating_mul(1 << (troubles - 1).min(16)).min(LONGEST_REST);
            self.resting.insert(on_its_way.chat, now + rest);
        }
        next
    }

    /// Gives up waiting for answers that are overdue: the same messages go again, under the same ids. Answers with those that
    /// have gone often enough.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<MessageId> {
        let mut overdue = vec![];
        self.by_wa_id.retain(|wa_id, on_its_way| {
            let is_overdue = on_its_way.deadline.is_some_and(|deadline| deadline <= now);
            if is_overdue {
                tracing::warn!(%wa_id, "WhatsApp did not acknowledge a message; it goes again under the same id");
                overdue.push(on_its_way.message);
            }
            !is_overdue
        });
        overdue.retain(|&message| self.trouble(message) != Next::Again);
        overdue
    }

    fn trouble(&mut self, message: MessageId) -> Next {
        let troubles = self.troubles.entry(message).or_default();
        *troubles += 1;
        if *troubles < TROUBLES_MAX {
            return Next::Again;
        }
        self.troubles.remove(&message);
        Next::GiveUp(message)
    }

    /// The connection is gone, and with it every answer. Messages still being prepared end by themselves.
    pub(super) fn disconnected(&mut self) {
        self.by_wa_id.retain(|_, on_its_way| on_its_way.deadline.is_none());
        self.resting.clear();
    }

    /// When something changes by itself.
    pub(super) fn next_moment(&self) -> Option<Instant> {
        let overdue = self.by_wa_id.values().filter_map(|on_its_way| on_its_way.deadline);
        overdue.chain(self.resting.values().copied()).min()
    }

    /// Forgets rests that are over.
    pub(super) fn wake(&mut self, now: Instant) {
        self.resting.retain(|_, until| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_its_way(window: &mut Window, wa_id: &str, chat: ConversationId) -> MessageId {
        let message = MessageId::fresh();
        window.begin(wa_id.into(), message, chat);
        message
    }

    #[test]
    fn one_message_of_a_chat_at_a_time() {
        let (mut window, now) = (Window::default(), Instant::now());
        let (ana, bruno) = (ConversationId::fresh(), ConversationId::fresh());
        let first = on_its_way(&mut window, "A", ana);
        assert!(!window.admits(ana, now), "the second waits for the answer to the first");
        assert!(window.admits(bruno, now), "other chats do not");
        assert_eq!(window.end("A"), Some(first));
        assert_eq!(window.end("A"), None, "a second answer says nothing new");
        assert!(window.admits(ana, now));
    }

    #[test]
    fn not_too_many_at_once() {
        let (mut window, now) = (Window::default(), Instant::now());
        for number in 0..WIDTH {
            on_its_way(&mut window, &number.to_string(), ConversationId::fresh());
        }
        assert!(!window.admits(ConversationId::fresh(), now));
        window.end("0");
        assert!(window.admits(ConversationId::fresh(), now));
    }

    #[test]
    fn silence_frees_the_chat_for_the_same_message() {
        let (mut window, now, chat) = (Window::default(), Instant::now(), ConversationId::fresh());
        on_its_way(&mut window, "A", chat);
        window.expire(now + ANSWER_WITHIN * 10);
        assert!(!window.admits(chat, now), "it has not left yet");
        window.left("A", now);
        assert_eq!(window.next_moment(), Some(now + ANSWER_WITHIN));
        window.expire(now + ANSWER_WITHIN / 2);
        assert!(!window.admits(chat, now));
        window.expire(now + ANSWER_WITHIN);
        assert!(window.admits(chat, now));
    }

    #[test]
    fn rests_grow_and_the_agent_is_told_in_the_end() {
        let (mut window, now, chat) = (Window::default(), Instant::now(), ConversationId::fresh());
        let message = MessageId::fresh();
        let mut rests = vec![];
        for _ in 1..TROUBLES_MAX {
            window.begin("A".into(), message, chat);
            assert_eq!(window.rest("A", now), Next::Again);
            assert!(!window.admits(chat, now));
            let until = window.next_moment().expect("a rest");
            assert!(window.admits(chat, until));
            rests.push((until - now).as_secs());
        }
        assert_eq!(rests, [5, 10, 20, 40, 80, 160, 320]);
        window.begin("A".into(), message, chat);
        assert_eq!(window.rest("A", now), Next::GiveUp(message));
        assert!(window.admits(chat, now), "the next message of the chat need not wait");
        window.begin("A".into(), message, chat);
        assert_eq!(window.rest("A", now), Next::Again, "asked for once more, it starts afresh");
        window.wake(now + FIRST_REST);
        assert_eq!(window.next_moment(), None);
    }

    #[test]
    fn endless_silence_is_told_too() {
        let (mut window, now, chat) = (Window::default(), Instant::now(), ConversationId::fresh());
        let message = MessageId::fresh();
        for round in 1..=TROUBLES_MAX {
            window.begin("A".into(), message, chat);
            window.left("A", now);
            let given_up = window.expire(now + ANSWER_WITHIN);
            assert_eq!(given_up, if round == TROUBLES_MAX { vec![message] } else { vec![] }, "round {round}");
        }
    }

    #[test]
    fn a_new_connection_starts_afresh() {
        let (mut window, now) = (Window::default(), Instant::now());
        let (ana, bruno, clara) = (ConversationId::fresh(), ConversationId::fresh(), ConversationId::fresh());
        on_its_way(&mut window, "A", ana);
        window.left("A", now);
        on_its_way(&mut window, "B", bruno);
        on_its_way(&mut window, "C", clara);
        window.rest("C", now);
        window.disconnected();
        assert!(window.admits(ana, now), "its answer was lost");
        assert!(
            !window.admits(bruno, now),
            "still being prepared: a second attempt at the same time would help nobody"
        );
        assert!(window.admits(clara, now));
    }
}
