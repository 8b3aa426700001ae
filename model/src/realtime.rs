//! Frames of the `/api/realtime` WebSocket, the same on the bridge and on the server. Text frames, one JSON value each.
//!
//! The client's first frame is `hello`; a socket that says nothing for 5 s is closed with 4401. The cursor of
//! `/api/sync/pull` is the truth: whoever falls behind is closed with 4408 and catches up by pulling.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    event::{Event, Typing},
    ids::DeviceId,
    problem::Problem,
};

/// Close codes of the socket.
pub const CLOSE_UNAUTHENTICATED: u16 = 4401;
pub const CLOSE_TOO_SLOW: u16 = 4408;
pub const CLOSE_PROTOCOL_TOO_OLD: u16 = 4426;

/// Seconds a fresh socket may stay silent.
pub const HELLO_WITHIN_SECS: u64 = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    Hello {
        token: String,
        protocol: u32,
        /// Present on a bridge's socket: marks its agent's number as reachable.
        #[serde(default)]
        device_id: Option<DeviceId>,
    },
    /// `desk` for everything lasting, `conversation:<id>` for one chat with its typing.
    Subscribe {
        room: String,
    },
    Unsubscribe {
        room: String,
    },
    /// From a bridge: the customer types. From a screen: the agent types.
    Typing(Typing),
    /// From a bridge: its agent types, in whosever chat. Colleagues see it.
    AgentTyping(Typing),
    Ping,
}

#[expect(clippy::large_enum_variant, reason = "most frames are events, and each lives for one write")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    Welcome {
        protocol: u32,
    },
    Event {
        /// The journal's sequence, absent for what is not journalled.
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<i64>,
        event: Event,
    },
    Pong,
    Error {
        problem: Problem,
    },
}
