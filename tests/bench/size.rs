//! How much of everything: enough for figures that mean something, or just enough to see that the measures work.

pub(crate) struct Size {
    pub rounds: usize,
    /// Messages one by one, each awaited on a screen or by an answer.
    pub lone_messages: usize,
    /// Messages of one round of intake: texts alone, beside server and sync, with pictures among them.
    pub texts: u64,
    pub texts_with_sync: u64,
    pub with_pictures: u64,
    pub restarts: usize,
    pub contacts: u64,
    pub messages_per_contact: u64,
    /// Messages of one round of the simulated network's own measure.
    pub ceiling: u64,
    /// Batches that each connection pushes to the server in one round.
    pub batches: usize,
}

impl Size {
    /// The rounds of intake make a hundred thousand messages.
    pub(crate) const FULL: Self = Self {
        rounds: 5,
        lone_messages: 200,
        texts: 10_000,
        texts_with_sync: 5_000,
        with_pictures: 5_000,
        restarts: 5,
        contacts: 100_000,
        messages_per_contact: 10,
        ceiling: 20_000,
        batches: 12,
    };

    pub(crate) const SMALL: Self = Self {
        rounds: 2,
        lone_messages: 10,
        texts: 500,
        texts_with_sync: 300,
        with_pictures: 400,
        restarts: 2,
        contacts: 1_000,
        messages_per_contact: 10,
        ceiling: 1_000,
        batches: 2,
    };
}
