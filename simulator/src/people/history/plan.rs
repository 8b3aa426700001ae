//! In which parts a history is handed over: what is on the first screen, names, the newest of every other chat, and then all
//! the rest. Each message is in one part.

use waproto::whatsapp::message::HistorySyncType;

/// Chats of the first part, and how many messages a chat shows at first.
const FIRST_CHATS: u32 = 200;
const AT_FIRST: u32 = 20;
const DEFAULT_CHUNK: u32 = 1000;
/// Names in one part.
const NAMES: u32 = 5000;

/// A run of a chat's messages, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub chat: u32,
    pub from: u32,
    pub count: u32,
    /// Nothing of this chat comes later.
    pub last: bool,
}

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub kind: HistorySyncType,
    /// Counts the parts of its kind from 1.
    pub order: u32,
    /// Of 100, over all parts; 100 in the last.
    pub progress: u32,
    pub spans: Vec<Span>,
    /// Chats whose names it bears.
    pub names: std::ops::Range<u32>,
}

impl Chunk {
    pub(super) fn messages(&self) -> u64 {
        self.spans.iter().map(|span| u64::from(span.count)).sum()
    }
}

/// The sizes of all chats, by which the parts are cut. Costs a few bytes a chat, whatever the chats hold.
#[derive(Debug)]
pub(super) struct Plan {
    /// Of each chat: messages that are handed over.
    sizes: Vec<u32>,
    chunk: u32,
}

impl Plan {
    pub(super) fn new(sizes: Vec<u32>, chunk: Option<u32>) -> Self {
        Self { sizes, chunk: chunk.unwrap_or(DEFAULT_CHUNK) }
    }

    pub(super) fn messages(&self) -> u64 {
        self.sizes.iter().copied().map(u64::from).sum()
    }

    /// All parts in order.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Chunk> + '_ {
        let all = self.sizes.len() as u32;
        let first = self.parts(HistorySyncType::INITIAL_BOOTSTRAP, 0..all.min(FIRST_CHATS), false);
        let names = (0..all).step_by(NAMES as usize).map(move |from| from..(from + NAMES).min(all));
        let names = names.map(|names| (HistorySyncType::PUSH_NAME, Vec::new(), names));
        let recent = self.parts(HistorySyncType::RECENT, all.min(FIRST_CHATS)..all, false);
        let full = self.parts(HistorySyncType::FULL, 0..all, true);
        // A phone that knows nothing says so.
        let nothing = (all == 0).then(|| (HistorySyncType::INITIAL_BOOTSTRAP, Vec::new(), 0..0));
        let mut parts = nothing.into_iter().chain(first).chain(names).chain(recent).chain(full).peekable();
        let (total, mut done, mut previous, mut order) = (self.messages().max(1), 0_u64, None, 0);
        std::iter::from_fn(move || {
            let (kind, spans, names) = parts.next()?;
            order = if previous == Some(kind) { order + 1 } else { 1 };
            previous = Some(kind);
            done += spans.iter().map(|span| u64::from(span.count)).sum::<u64>();
            let progress = if parts.peek().is_none() { 100 } else { (done * 100 / total).min(99) as u32 };
            Some(Chunk { kind, order, progress, spans, names })
        })
    }

    fn parts(
        &self,
        kind: HistorySyncType,
        chats: std::ops::Range<u32>,
        rest: bool,
    ) -> impl Iterator<Item = (HistorySyncType, Vec<Span>, std::ops::Range<u32>)> + '_ {
        let mut spans = chats.flat_map(move |chat| self.spans(chat, rest)).peekable();
        std::iter::from_fn(move || {
            let mut part = Vec::new();
            let mut size = 0;
            while let Some(span) = spans.next_if(|span| part.is_empty() || size + span.count.max(1) <= self.chunk) {
                // An empty chat takes room too.
                size += span.count.max(1);
                part.push(span);
            }
            (!part.is_empty()).then_some((kind, part, 0..0))
        })
    }

    /// The spans of one chat: what it shows at first, or the rest.
    fn spans(&self, chat: u32, rest: bool) -> impl Iterator<Item = Span> + use<> {
        let size = self.sizes[chat as usize];
        let (from, end) = if rest { (size.min(AT_FIRST), size) } else { (0, size.min(AT_FIRST)) };
        let chunk = self.chunk;
        let empty = (!rest && size == 0).then_some(Span { chat, from: 0, count: 0, last: true });
        let spans = (from..end).step_by(chunk as usize).map(move |from| {
            let count = chunk.min(end - from);
            Span { chat, from, count, last: from + count == size }
        });
        empty.into_iter().chain(spans)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_message_is_in_one_part_and_progress_ends_at_100() {
        let sizes: Vec<u32> = (0..450_u32).map(|chat| chat % 61).collect();
        for chunk in [1, 7, 100, 10_000] {
            let plan = Plan::new(sizes.clone(), Some(chunk));
            let chunks: Vec<Chunk> = plan.chunks().collect();
            let mut next: HashMap<u32, u32> = HashMap::new();
            let mut ended: HashMap<u32, u32> = HashMap::new();
            let mut before = 0;
            for part in &chunks {
                assert!(part.messages() <= u64::from(chunk), "{part:?}");
                assert!(part.progress >= before);
                before = part.progress;
                for span in &part.spans {
                    let next = next.entry(span.chat).or_default();
                    assert_eq!(*next, span.from, "in order and without a gap");
                    *next += span.count;
                    *ended.entry(span.chat).or_default() += u32::from(span.last);
                }
            }
            assert_eq!(before, 100);
            assert!(chunks.iter().rev().skip(1).all(|part| part.progress < 100));
            for (chat, size) in sizes.iter().enumerate() {
                let chat = chat as u32;
                assert_eq!((next.get(&chat), ended.get(&chat)), (Some(size), Some(&1)), "chat {chat}");
            }
            let named: u32 = chunks.iter().map(|part| part.names.len() as u32).sum();
            assert_eq!(named, 450);
            let kinds: Vec<HistorySyncType> =
                chunks.iter().filter(|part| part.order == 1).map(|part| part.kind).collect();
            assert_eq!(
                kinds,
                [
                    HistorySyncType::INITIAL_BOOTSTRAP,
                    HistorySyncType::PUSH_NAME,
                    HistorySyncType::RECENT,
                    HistorySyncType::FULL
                ]
            );
        }
    }

    #[test]
    fn a_phone_that_knows_nothing_says_so_once() {
        let chunks: Vec<Chunk> = Plan::new(Vec::new(), None).chunks().collect();
        assert_eq!(chunks.len(), 1);
        assert_eq!((chunks[0].kind, chunks[0].progress), (HistorySyncType::INITIAL_BOOTSTRAP, 100));
    }
}
