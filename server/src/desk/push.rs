//! A bridge's changes: applied in order, each on its own, each answered with the server's truth.

use std::sync::Arc;

use ownline_model::{
    ids::{ChangeId, TenantId},
    problem::ProblemCode,
    sync::{Change, ChangeResult, Op, Outcome, Truth},
    time::UtcMillis,
};

use super::{
    Applied, Caller, Done, Refusal, aliases::Aliases, amend, burst::Burst, channel, contact, delivery, identity,
    ingest, opt_out, read, reply, scope, tickets,
};
use crate::store::{self, Store, StoreError, Tx};

/// Applies the changes in one transaction. Where the database balks at one of them, they are run one by one, so that a
/// single bad change cannot block a bridge's outbox for ever.
pub(crate) async fn push(
    store: &Store,
    tenant: TenantId,
    now: UtcMillis,
    caller: Caller,
    changes: Vec<Change>,
) -> Result<Vec<ChangeResult>, StoreError> {
    let (caller, changes) = (Arc::new(caller), Arc::<[Change]>::from(changes));
    let none = Aliases::default();
    match apply_all(store, tenant, now, Arc::clone(&caller), Arc::clone(&changes), none.clone()).await {
        Ok((results, _)) => Ok(results),
        Err(error) if concerns_one_row(&error) => {
            tracing::warn!(%error, "a push is applied change by change");
            let mut results = Vec::with_capacity(changes.len());
            let mut aliases = none;
            for change in changes.iter() {
                let one = Arc::from([change.clone()]);
                match apply_all(store, tenant, now, Arc::clone(&caller), one, aliases.clone()).await {
                    Ok((result, learnt)) => {
                        results.extend(result);
                        aliases = learnt;
                    }
                    Err(error) if concerns_one_row(&error) => {
                        tracing::error!(%error, change = %change.id, "a change could not be applied");
                        results.push(rejected(change.id, ProblemCode::Internal, Truth::default(), None));
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(results)
        }
        Err(error) => Err(error),
    }
}

async fn apply_all(
    store: &Store,
    tenant: TenantId,
    now: UtcMillis,
    caller: Arc<Caller>,
    changes: Arc<[Change]>,
    mut aliases: Aliases,
) -> Result<(Vec<ChangeResult>, Aliases), StoreError> {
    store
        .write(tenant, now, move |tx| {
            Box::pin(async move {
                let mut results = Vec::with_capacity(changes.len());
                let mut burst = Burst::default();
                for change in changes.iter() {
                    let op = aliases.settle(change.op.clone());
                    let result = Box::pin(result(tx, &caller, change.id, op, &mut burst)).await?;
                    if !matches!(result.outcome, Outcome::Rejected { .. }) {
                        aliases.learn(&change.op, &result.truth);
                    }
                    results.push(result);
                    tx.order_events();
                }
                burst.flush(tx).await?;
                Ok((results, aliases))
            })
        })
        .await
}

/// Whether the data is at fault rather than the disk: the same change would fail again.
fn concerns_one_row(error: &StoreError) -> bool {
    match error {
        StoreError::Damaged(_) | StoreError::Panicked => true,
        StoreError::Database(error) => error.sql_err().is_some(),
        StoreError::Open(_) | StoreError::Commit(_) | StoreError::Closed => false,
    }
}

fn rejected(id: ChangeId, code: ProblemCode, truth: Truth, detail: Option<String>) -> ChangeResult {
    let detail = detail.unwrap_or_else(|| code.title().to_owned());
    ChangeResult { id, outcome: Outcome::Rejected { code, detail }, truth }
}

async fn result(
    tx: &mut Tx,
    caller: &Caller,
    id: ChangeId,
    op: Op,
    burst: &mut Burst,
) -> Result<ChangeResult, StoreError> {
    if !matches!(op, Op::MessageReceived { .. }) {
        burst.flush(tx).await?;
        *burst = Burst::default();
    }
    // Facts are recognised by what they carry. A request could be granted twice, and a word taken back be taken back
    // again: these are remembered.
    let request = is_request(&op);
    if request && store::accounts::was_applied(tx, id).await? {
        let truth = truth_about(tx, &op).await?;
        return Ok(ChangeResult { id, outcome: Outcome::AlreadyApplied, truth });
    }
    match Box::pin(apply(tx, caller, op.clone(), burst)).await {
        Ok(Applied { changed, truth }) => {
            if request {
                store::accounts::note_applied(tx, id).await?;
            }
            let outcome = if changed { Outcome::Applied } else { Outcome::AlreadyApplied };
            Ok(ChangeResult { id, outcome, truth })
        }
        Err(Refusal::Problem(problem)) => {
            let truth = truth_about(tx, &op).await?;
            Ok(rejected(id, problem.code, truth, problem.detail))
        }
        Err(Refusal::Store(error)) => Err(error),
    }
}

const fn is_request(op: &Op) -> bool {
    matches!(
        op,
        Op::RetryMessage { .. }
            | Op::OptedOut { .. }
            | Op::OptedIn { .. }
            | Op::ContactPatched { .. }
            | Op::TicketTake { .. }
            | Op::TicketTransfer { .. }
            | Op::TicketResolve { .. }
            | Op::TicketClose { .. }
            | Op::TicketReopen { .. }
    )
}

async fn apply(tx: &mut Tx, caller: &Caller, op: Op, burst: &mut Burst) -> Done<Applied> {
    match op {
        Op::ChannelReported { channel_id, number, name, session, lends } => {
            channel::report(tx, caller, channel::Report { channel_id, number, name, session, lends }).await
        }
        Op::ConversationOpened { contact, conversation_id, channel_id, scope } => {
            ingest::opened(tx, caller, &contact, conversation_id, channel_id, scope).await
        }
        Op::MessageReceived { contact, scope, message } => {
            Box::pin(ingest::received(tx, caller, &contact, scope, message, burst)).await
        }
        Op::Reply { message } => reply::pushed(tx, caller, message).await,
        Op::MessageStatus { message_id, status, failure, at: _ } => {
            delivery::status(tx, caller, message_id, status, failure).await
        }
        Op::RetryMessage { message_id } => delivery::retry(tx, caller, message_id).await,
        Op::MessageAmended { message_id, amendment } => amend::amend(tx, caller, message_id, amendment).await,
        Op::ConversationScope { conversation_id, scope } => scope::set(tx, caller, conversation_id, scope).await,
        Op::NumberChanged { contact_id, from, to } => {
            identity::number_changed(tx, caller, contact_id, &from, &to).await
        }
        Op::OptedOut { contact_id, word, at } => opt_out::opted_out(tx, caller, contact_id, &word, at).await,
        Op::OptedIn { contact_id, at } => opt_out::opted_in(tx, caller, contact_id, at).await,
        Op::ConversationRead { conversation_id, position } => read::up_to(tx, conversation_id, position).await,
        Op::ContactPatched { contact_id, base_version, patch } => {
            let (contact, changed) = contact::patch(tx, contact_id, Some(base_version), patch).await?;
            Ok(Applied { changed, truth: Truth { contact: Some(contact), ..Truth::default() } })
        }
        Op::TicketTake { ticket_id, base_version: _ } => tickets::take::take(tx, caller, ticket_id).await,
        Op::TicketTransfer { ticket_id, to, reason: _ } => tickets::transfer::transfer(tx, caller, ticket_id, to).await,
        Op::TicketResolve { ticket_id, note } => tickets::resolve::resolve(tx, caller, ticket_id, note).await,
        Op::TicketClose { ticket_id } => tickets::close::close(tx, caller, ticket_id).await,
        Op::TicketReopen { ticket_id } => tickets::reopen::reopen(tx, caller, ticket_id).await,
    }
}

/// What the server holds of the things that a change names.
async fn truth_about(tx: &Tx, op: &Op) -> Result<Truth, StoreError> {
    let mut truth = Truth::default();
    let mut conversation = None;
    match op {
        Op::ChannelReported { number, .. } => truth.channel = store::channels::by_number(tx, number).await?,
        Op::TicketTake { ticket_id, .. }
        | Op::TicketTransfer { ticket_id, .. }
        | Op::TicketResolve { ticket_id, .. }
        | Op::TicketClose { ticket_id }
        | Op::TicketReopen { ticket_id } => {
            truth.ticket = store::tickets::find(tx, *ticket_id).await?;
            conversation = truth.ticket.as_ref().map(|ticket| ticket.conversation_id);
        }
        Op::ContactPatched { contact_id, .. }
        | Op::NumberChanged { contact_id, .. }
        | Op::OptedOut { contact_id, .. }
        | Op::OptedIn { contact_id, .. } => {
            truth.contact = store::contacts::find(tx, *contact_id).await?.map(|known| known.contact);
        }
        Op::MessageStatus { message_id, .. }
        | Op::RetryMessage { message_id }
        | Op::MessageAmended { message_id, .. } => {
            truth.message = store::messages::find(tx, *message_id).await?;
            conversation = truth.message.as_ref().map(|message| message.conversation_id);
        }
        Op::Reply { message } => conversation = Some(message.conversation_id),
        Op::ConversationRead { conversation_id, .. } | Op::ConversationScope { conversation_id, .. } => {
            conversation = Some(*conversation_id);
        }
        Op::ConversationOpened { .. } | Op::MessageReceived { .. } => {}
    }
    if let Some(id) = conversation
        && let Some(thread) = store::conversations::find(tx, id).await?
    {
        if truth.ticket.is_none()
            && let Some(ticket) = thread.conversation.ticket_id
        {
            truth.ticket = store::tickets::find(tx, ticket).await?;
        }
        truth.conversation = Some(thread.conversation);
    }
    Ok(truth)
}
