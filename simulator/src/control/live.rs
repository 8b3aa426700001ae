//! The present state, and everything that happens from now on as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};

use super::{Control, offered::OfferedCode, transcript::MessageJson};
use crate::world::{self, Change};

pub(super) async fn state(State(control): State<Control>) -> Json<world::State> {
    Json(control.world.state().await)
}

/// What the page hears. `Resync` says that some events were missed: ask for the state again.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Heard {
    Message {
        number: String,
        message: Box<MessageJson>,
    },
    OfferedCodes {
        codes: Vec<OfferedCode>,
    },
    Resync,
    #[serde(untagged)]
    Other(Box<Change>),
}

struct Ears {
    control: Control,
    changes: broadcast::Receiver<Change>,
    offered: watch::Receiver<()>,
}

pub(super) async fn events(State(control): State<Control>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut ears = Ears { changes: control.world.changes(), offered: control.offered.changes(), control };
    // The codes on offer come first, whatever happened before.
    ears.offered.mark_changed();
    let heard = stream::unfold(ears, |mut ears| async move {
        let heard = next(&mut ears).await?;
        let event = Event::default().json_data(&heard).unwrap_or_default();
        Some((Ok(event), ears))
    });
    Sse::new(heard).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

async fn next(ears: &mut Ears) -> Option<Heard> {
    tokio::select! {
        biased;
        () = ears.control.closing.cancelled() => None,
        changed = ears.offered.changed() => {
            changed.ok()?;
            Some(Heard::OfferedCodes { codes: ears.control.offered.all() })
        }
        change = ears.changes.recv() => match change {
            Ok(Change::Message { number, message }) => Some(Heard::Message { number, message: Box::new((*message).into()) }),
            Ok(other) => Some(Heard::Other(Box::new(other))),
            Err(RecvError::Lagged(_)) => Some(Heard::Resync),
            Err(RecvError::Closed) => None,
        },
    }
}
