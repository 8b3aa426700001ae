//! From the store to WhatsApp: queued messages, in order, under the ids fixed when they were written. A message counts as sent
//! only when WhatsApp's server has acknowledged it without an error; until then it goes again, under the same id, after silence,
//! after a lost connection and after a restart.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ownline_model::{
    ids::MessageId,
    message::{Failure, MessageStatus},
    time::UtcMillis,
};
use tokio::{
    sync::{broadcast, mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use whatsapp_rust::{Client, IqError, SendError, SendOptions};

use super::{
    groups, hook, identity, outbound,
    pace::{Leaving, Pace, Sorted},
    refusal::{self, Verdict},
    window::{Next, Window},
};
use crate::{
    failpoint,
    safety::{Ledger, Sent},
    store::{
        Store, StoreError,
        change::Change,
        groups::GroupNews,
        inbound::{MessageRef, StatusNews, ToSend, WaIdentity},
    },
};

/// Chats looked at in one go: more than can be on their way, because some wait for an answer or rest.
const LOOK_AT: u32 = 512;
/// A machine that sleeps does not count this clock's time, and people set the other: what is held for longer is looked at
/// again after this.
const LONGEST_SLEEP: Duration = Duration::from_mins(10);
/// The store could not be read: a full disk, a lock.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);
/// Answers handled in one transaction.
const ANSWERS_AT_ONCE: usize = 64;
/// Answers that may wait here; the session waits when there are more.
const ANSWERS_WAITING: usize = 256;

/// WhatsApp's server answered a message.
#[derive(Debug)]
pub(super) struct ServerAnswer {
    pub(super) wa_id: String,
    pub(super) error: Option<String>,
    pub(super) at: UtcMillis,
    /// The group that it was sent to, where it was one.
    pub(super) group: Option<WaIdentity>,
}

pub(super) struct Sender {
    store: Store,
    client: Arc<Client>,
    /// The number of the connection that is online, if one is.
    online: watch::Receiver<Option<u64>>,
    answers: mpsc::Receiver<ServerAnswer>,
    window: Window,
    /// What the sending rules know; absent until it was read.
    pace: Option<Pace>,
    /// When the first message that a rule holds may go.
    held_until: Option<Instant>,
    attempts: JoinSet<Attempt>,
    /// Whether the store may hold something that has not been looked at.
    look: bool,
}

/// How one attempt ended.
#[derive(Debug)]
struct Attempt {
    wa_id: String,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    /// On the socket; the answer comes later.
    Left,
    /// It must not be sent any more.
    Withdrawn,
    /// There is no connection; it stays queued for the next one.
    Offline,
    /// It may work later.
    Later(String),
    Failed(Failure),
}

pub(super) fn sender(
    store: Store,
    client: Arc<Client>,
    online: watch::Receiver<Option<u64>>,
) -> (Sender, mpsc::Sender<ServerAnswer>) {
    let (answers, receiver) = mpsc::channel(ANSWERS_WAITING);
    let sender = Sender {
        store,
        client,
        online,
        answers: receiver,
        window: Window::default(),
        pace: None,
        held_until: None,
        attempts: JoinSet::new(),
        look: true,
    };
    (sender, answers)
}

impl Sender {
    pub(super) async fn run(mut self, cancel: CancellationToken) {
        let mut changes = self.store.changes();
        let mut online = self.online.clone();
        loop {
            if self.online.borrow().is_some() {
                self.fill().await;
            }
            let moment = [self.window.next_moment(), self.held_until].into_iter().flatten().min();
            tokio::select! {
                () = cancel.cancelled() => break,
                connection = online.changed() => match connection {
                    Ok(()) => {
                        self.window.disconnected();
                        self.look = true;
                    }
                    Err(_) => break,
                },
                change = changes.recv() => match change {
                    Ok(Change::ToSend) | Err(broadcast::error::RecvError::Lagged(_)) => self.look = true,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Closed) => break,
                },
                Some(answer) = self.answers.recv() => self.answered(answer).await,
                Some(Ok(attempt)) = self.attempts.join_next(), if !self.attempts.is_empty() => self.attempted(attempt).await,
                () = until(moment) => {
                    let now = Instant::now();
                    for message in self.window.expire(now) {
                        self.fail(message, refusal::unanswered()).await;
                    }
                    self.window.wake(now);
                    self.look = true;
                }
            }
        }
        // What is being prepared is dropped before it reaches the socket: it stays queued and goes after the restart.
        self.attempts.shutdown().await;
        while let Ok(answer) = self.answers.try_recv() {
            self.answered(answer).await;
        }
    }

    /// Starts as many attempts as there is room for and the rules allow: the head of each chat.
    async fn fill(&mut self) {
        if !self.look || !self.window.has_room() {
            return;
        }
        self.look = false;
        self.held_until = None;
        let sorted = match self.sort().await {
            Ok(sorted) => sorted,
            Err(error) => {
                self.held_until = Some(Instant::now() + AFTER_TROUBLE);
                return tracing::error!(%error, "the messages to send could not be read");
            }
        };
        self.held_until = sorted.wake_at.map(instant);
        for leaving in sorted.leaving {
            self.begin(leaving);
        }
        if !sorted.held.is_empty()
            && let Err(error) = self.store.hold(sorted.held, sorted.turns).await
        {
            tracing::warn!(%error, "why messages wait could not be noted");
        }
        if !sorted.refused.is_empty() {
            let now = crate::time::now();
            let refused = sorted.refused.into_iter();
            self.look = true;
            self.tell(refused.map(|(id, why)| news(MessageRef::Id(id), Some(why.failure()), now)).collect()).await;
        }
    }

    async fn sort(&mut self) -> Result<Sorted, StoreError> {
        if self.pace.is_none() {
            self.pace = Some(Pace::new(self.store.sent_lately().await?));
        }
        let now = Instant::now();
        let offers = self.store.offers(LOOK_AT, self.window.busy(now)).await?;
        let (pace, window) = (self.pace.get_or_insert_with(|| Pace::new(Ledger::default())), &self.window);
        Ok(pace.sort(offers, |chat| window.admits(chat, now), window.room(), crate::time::now()))
    }

    fn begin(&mut self, leaving: Leaving) {
        let Leaving { message, sent } = leaving;
        self.window.begin(message.wa_id.clone(), message.message_id, message.conversation_id);
        let (store, client) = (self.store.clone(), Arc::clone(&self.client));
        self.attempts.spawn(async move {
            let wa_id = message.wa_id.clone();
            let outcome = attempt(&store, &client, message, sent).await;
            Attempt { wa_id, outcome }
        });
    }

    async fn attempted(&mut self, attempt: Attempt) {
        let now = Instant::now();
        match attempt.outcome {
            Outcome::Left => {
                if let (Some(chat), Some(pace)) = (self.window.left(&attempt.wa_id, now), &mut self.pace) {
                    pace.left(chat, crate::time::now());
                }
            }
            Outcome::Withdrawn => {
                self.window.end(&attempt.wa_id);
                self.look = true;
            }
            // The news of the lost connection is on its way, or the next connection is up already: either ends this rest.
            Outcome::Offline => self.window.offline(&attempt.wa_id, now),
            Outcome::Later(why) => {
                tracing::warn!(why, wa_id = %attempt.wa_id, "a message could not be handed to WhatsApp yet");
                if let Next::GiveUp(message) = self.window.rest(&attempt.wa_id, now) {
                    self.fail(message, refusal::unsendable(&why)).await;
                }
            }
            Outcome::Failed(failure) => {
                if let Some(message) = self.window.end(&attempt.wa_id) {
                    self.fail(message, failure).await;
                }
            }
        }
    }

    async fn fail(&mut self, message: MessageId, failure: Failure) {
        self.look = true;
        self.tell(vec![news(MessageRef::Id(message), Some(failure), crate::time::now())]).await;
    }

    /// Handles one answer and those that came with it, in one transaction.
    async fn answered(&mut self, first: ServerAnswer) {
        failpoint::here("answered");
        let mut answers = vec![first];
        while answers.len() < ANSWERS_AT_ONCE
            && let Ok(answer) = self.answers.try_recv()
        {
            answers.push(answer);
        }
        let mut told = Vec::with_capacity(answers.len());
        let mut frozen = false;
        let mut doubted = Vec::new();
        for answer in answers {
            let verdict = match &answer.group {
                Some(group) => {
                    if answer.error.is_some() {
                        groups::forget_keys(&self.client, group).await;
                        doubted.push((group.clone(), GroupNews::Changed));
                    }
                    refusal::group_verdict(answer.error.as_deref())
                }
                None => refusal::verdict(answer.error.as_deref()),
            };
            match verdict {
                Verdict::Accepted => told.push(self.settled(&answer, None)),
                Verdict::NewChatsFrozen(failure) => {
                    frozen = true;
                    told.push(self.settled(&answer, Some(failure)));
                }
                Verdict::Refused(failure) => told.push(self.settled(&answer, Some(failure))),
                Verdict::NoRecipient => told.push(self.settled(&answer, Some(refusal::not_on_whatsapp()))),
                Verdict::Later => {
                    if let Next::GiveUp(message) = self.window.rest(&answer.wa_id, Instant::now()) {
                        told.push(news(MessageRef::Id(message), Some(refusal::unanswered()), answer.at));
                    }
                }
            }
        }
        self.look = true;
        if frozen && let Err(error) = self.store.new_chats_frozen(None).await {
            tracing::error!(%error, "that WhatsApp takes no new chats could not be noted");
        }
        self.tell(told).await;
        if !doubted.is_empty()
            && let Err(error) = self.store.note_groups(doubted).await
        {
            tracing::warn!(%error, "WhatsApp could not be asked about a group that refused a message");
        }
        failpoint::here("settled");
    }

    /// An answer that comes after its time still counts: WhatsApp has the message.
    fn settled(&mut self, answer: &ServerAnswer, failure: Option<Failure>) -> StatusNews {
        let message = match self.window.end(&answer.wa_id) {
            Some(message) => MessageRef::Id(message),
            None => MessageRef::Sent { chat: None, wa_id: answer.wa_id.clone() },
        };
        news(message, failure, answer.at)
    }

    async fn tell(&self, news: Vec<StatusNews>) {
        if !news.is_empty()
            && let Err(error) = self.store.advance_statuses(news).await
        {
            // The message stays queued and goes again under the same id, which brings the answer again.
            tracing::error!(%error, "WhatsApp's answer could not be stored");
        }
    }
}

fn news(message: MessageRef, failure: Option<Failure>, at: UtcMillis) -> StatusNews {
    let status = if failure.is_some() { MessageStatus::Failed } else { MessageStatus::Sent };
    StatusNews { message, status, at, failure }
}

async fn attempt(store: &Store, client: &Arc<Client>, message: ToSend, sent: Option<Sent>) -> Outcome {
    let Some(address) = identity::address(&message.chat) else {
        return Outcome::Failed(refusal::not_on_whatsapp());
    };
    match note(store, message.message_id, sent).await {
        Ok(true) => {}
        Ok(false) => return Outcome::Withdrawn,
        Err(why) => return Outcome::Later(why),
    }
    let uses_lids = if message.chat.is_group() {
        if message.attempts > 0 {
            // Nobody knows how far it came the last time, nor the keys that left with it.
            groups::forget_keys(client, &message.chat).await;
        }
        groups::uses_lids(client, &address).await
    } else {
        address.is_lid()
    };
    let wire = match outbound::message(&message, &address, &hook::own(client), uses_lids) {
        Ok(wire) => wire,
        Err(why) => return Outcome::Failed(refusal::unsendable(&why.to_string())),
    };
    let options = SendOptions::default().with_message_id(message.wa_id);
    failpoint::here("leaving");
    match client.send_message_with_options(address, wire, options).await {
        Ok(_) => {
            failpoint::here("left");
            Outcome::Left
        }
        Err(error) => outcome_of(client, &message.chat, error).await,
    }
}

async fn note(store: &Store, message: MessageId, sent: Option<Sent>) -> Result<bool, String> {
    store.note_leaving(message, sent).await.map_err(|error| error.to_string())
}

async fn outcome_of(client: &Client, chat: &WaIdentity, error: SendError) -> Outcome {
    match error {
        SendError::Client(_) | SendError::NotLoggedIn => Outcome::Offline,
        _ if !client.is_connected() => Outcome::Offline,
        SendError::InvalidRequest(detail) => Outcome::Failed(refusal::unsendable(&detail)),
        // The library asks who is in a group before it sends.
        SendError::Iq(IqError::ServerError { code: 401 | 403 | 404 | 410, .. }) if chat.is_group() => {
            Outcome::Failed(refusal::not_a_member())
        }
        error if chat.is_group() => Outcome::Later(error.to_string()),
        // The library could not find the customer's devices or keys: that is what a number without WhatsApp looks like.
        error => match is_on_whatsapp(client, chat).await {
            Some(false) => Outcome::Failed(refusal::not_on_whatsapp()),
            _ => Outcome::Later(error.to_string()),
        },
    }
}

/// `None` where WhatsApp does not say.
async fn is_on_whatsapp(client: &Client, chat: &WaIdentity) -> Option<bool> {
    let address = identity::address(chat)?;
    let found = client.contacts().is_on_whatsapp(&[address]).await.ok()?;
    found.first().map(|person| person.is_registered)
}

/// This moment, or an earlier one to look again.
fn instant(at: UtcMillis) -> Instant {
    let lasts = Duration::from_millis(u64::try_from(at.since(crate::time::now())).unwrap_or_default());
    Instant::now() + lasts.min(LONGEST_SLEEP)
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
