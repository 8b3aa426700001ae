//! What can be written.

/// One change of the state. Numbers are telephone numbers; `node`, `record` and `body` are in their own encodings.
#[derive(Debug)]
pub enum Op {
    Meta {
        key: &'static str,
        value: Vec<u8>,
    },
    Account {
        number: u64,
        data: Vec<u8>,
    },
    Device {
        number: u64,
        device: u16,
        data: Vec<u8>,
    },
    RemoveDevice {
        number: u64,
        device: u16,
    },
    PreKeys {
        number: u64,
        device: u16,
        keys: Vec<(u32, [u8; 32])>,
    },
    RemovePreKey {
        number: u64,
        device: u16,
        id: u32,
    },
    ClearPreKeys {
        number: u64,
        device: u16,
    },
    Enqueue {
        number: u64,
        device: u16,
        seq: u64,
        node: Vec<u8>,
    },
    Dequeue {
        number: u64,
        device: u16,
        seq: u64,
    },
    Patch {
        number: u64,
        collection: String,
        version: u64,
        patch: Vec<u8>,
    },
    Person {
        number: u64,
        data: Vec<u8>,
    },
    /// An account goes on under another number.
    Move {
        from: u64,
        to: u64,
    },
    History {
        number: u64,
        data: Vec<u8>,
    },
    PersonPreKeys {
        number: u64,
        keys: Vec<(u32, [u8; 32])>,
    },
    RemovePersonPreKey {
        number: u64,
        id: u32,
    },
    Session {
        number: u64,
        peer: u64,
        device: u16,
        record: Vec<u8>,
    },
    RemoveSession {
        number: u64,
        peer: u64,
        device: u16,
    },
    Group {
        id: u64,
        data: Vec<u8>,
    },
    /// The key of a device for a group, as `number` has it.
    SenderKey {
        number: u64,
        group: u64,
        lid: u64,
        device: u16,
        record: Vec<u8>,
    },
    /// Who has `number`'s own key for a group.
    KeyHolders {
        number: u64,
        group: u64,
        data: Vec<u8>,
    },
    /// Who is to read `owner`'s message in a group.
    Readers {
        owner: u64,
        id: String,
        readers: Vec<u64>,
    },
    /// What became of `owner`'s message at one reader, and with that of the message.
    ReadBy {
        owner: u64,
        id: String,
        reader: u64,
        status: u8,
        at: i64,
    },
    Media(MediaRow),
    /// What came of fetching the file of `owner`'s message.
    Fetched {
        owner: u64,
        id: String,
        author: u64,
        data: Vec<u8>,
    },
    Message(Box<MessageRow>),
    /// Moves the status of `owner`'s message forward, never back.
    Status {
        owner: u64,
        id: String,
        author: u64,
        status: u8,
        at: i64,
    },
}

/// A file of the media hosts, or that it is gone.
#[derive(Debug, Clone)]
pub struct MediaRow {
    /// Hash of the encrypted bytes.
    pub token: [u8; 32],
    pub blob: Option<crate::network::media::Blob>,
}

/// A line of a transcript.
#[derive(Debug, Clone)]
pub struct MessageRow {
    pub owner: u64,
    pub peer: u64,
    pub id: String,
    pub direction: u8,
    pub author: u64,
    pub author_device: u16,
    pub at: i64,
    pub status: u8,
    pub status_at: i64,
    pub body: Vec<u8>,
}
