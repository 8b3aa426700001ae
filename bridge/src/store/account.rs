//! The sign-in to the team's server, as far as it must outlive a restart. The tokens are in the encrypted file only.

use ownline_model::{
    account::Tokens,
    agent::Agent,
    ids::DeviceId,
    problem::{Problem, ProblemCode},
};
use rusqlite::Connection;

use super::{DeskError, Result, Store, change::Change, own, table, writer::Tx};

const SERVER: &str = "account.server";
const TOKENS: &str = "account.tokens";
const AGENT: &str = "account.agent";
const DEVICE: &str = "device.id";

/// A sign-in that may be used.
#[derive(Clone)]
pub struct SignedIn {
    /// Origin of the server, without a slash at the end.
    pub server: String,
    pub tokens: Tokens,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("server", &self.server).finish_non_exhaustive()
    }
}

pub(super) fn agent(connection: &Connection) -> Result<Option<Agent>> {
    table::value::get_json(connection, AGENT)
}

impl Store {
    pub async fn signed_in(&self) -> Result<Option<SignedIn>> {
        self.read(|connection| {
            let server = table::value::get(connection, SERVER)?;
            let tokens = table::value::get_json(connection, TOKENS)?;
            Ok(server.zip(tokens).map(|(server, tokens)| SignedIn { server, tokens }))
        })
        .await
    }

    /// The server that was signed in to last, whether or not the sign-in still counts.
    pub async fn last_server(&self) -> Result<Option<String>> {
        self.value(SERVER).await
    }

    /// Keeps a new sign-in. The replica belongs to one person: another's is made room for only if nothing would be lost.
    pub async fn sign_in(&self, server: String, tokens: Tokens) -> std::result::Result<(), DeskError> {
        self.write(move |tx| sign_in(tx, &server, &tokens))
            .await?
            .map_err(|problem| DeskError::Refused(Box::new(problem)))
    }

    /// After a refresh: the token just used will not work again.
    pub async fn keep_tokens(&self, tokens: Tokens) -> Result<()> {
        self.write(move |tx| {
            table::value::set_json(tx, TOKENS, &tokens)?;
            table::value::set_json(tx, AGENT, &tokens.agent)
        })
        .await
    }

    /// Forgets the tokens and, with `person`, who was signed in. The replica and what waits in it stay.
    pub async fn drop_tokens(&self, person: bool) -> Result<()> {
        self.write(move |tx| {
            table::value::set(tx, TOKENS, None)?;
            if person {
                table::value::set(tx, AGENT, None)?;
            }
            tx.tell(Change::Status);
            Ok(())
        })
        .await
    }

    /// This installation's id, made on first use.
    pub async fn device_id(&self) -> Result<DeviceId> {
        self.write(|tx| {
            if let Some(id) = table::value::get(tx, DEVICE)?.and_then(|id| id.parse().ok()) {
                return Ok(id);
            }
            let id = DeviceId::fresh();
            table::value::set(tx, DEVICE, Some(&id.to_string()))?;
            Ok(id)
        })
        .await
    }
}

fn sign_in(tx: &mut Tx<'_>, server: &str, tokens: &Tokens) -> Result<std::result::Result<(), Problem>> {
    let same = own::owner(tx)?.is_none_or(|owner| owner.id == tokens.agent.id);
    if !same {
        if own::account(tx)?.is_some() || table::outbox::count(tx)? > 0 {
            return Ok(Err(Problem::new(ProblemCode::AlreadyLinked).with_detail(
                "This machine holds another person's WhatsApp number or unsent work. Unlink it, or let that person sign in.",
            )));
        }
        tx.execute_batch(
            "DELETE FROM agent; DELETE FROM channel; DELETE FROM contact; DELETE FROM conversation; DELETE FROM message;
             DELETE FROM ticket; DELETE FROM outbox; DELETE FROM alias;
             DELETE FROM local_file; DELETE FROM remote_file;
             DELETE FROM file_fetch; DELETE FROM file_upload; DELETE FROM file_share;
             DELETE FROM value WHERE key LIKE 'sync.%' OR key LIKE 'channel.%';",
        )?;
        tx.tell(Change::FilesDropped);
    }
    table::value::set(tx, SERVER, Some(server))?;
    table::value::set_json(tx, TOKENS, tokens)?;
    table::value::set_json(tx, AGENT, &tokens.agent)?;
    table::value::set_json(tx, own::OWNER, &tokens.agent)?;
    table::agent::put(tx, &tokens.agent)?;
    own::adopt(tx, tokens.agent.id)?;
    tx.tell(Change::Status);
    tx.tell(Change::SignedIn);
    Ok(Ok(()))
}
