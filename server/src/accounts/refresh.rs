//! Refresh tokens are spent by use; each has one successor. A spent token that turns up again means that two parties hold
//! it, so the session ends. Only for half a minute, and only while its successor is unspent, is it taken for an answer
//! that got lost: then the same successor is given again.

use ownline_model::{account::Tokens, problem::ProblemCode};

use super::{Accounts, Started, keys};
use crate::{
    desk::{Done, Refusal},
    store::{accounts, agents},
};

const GRACE_MS: i64 = 30_000;

enum Outcome {
    Next(Started),
    /// A spent token was used again.
    Stolen,
}

impl Accounts {
    pub(crate) async fn refresh(&self, token: &str) -> Done<Tokens> {
        let inner = &self.0;
        let hash = keys::hash(token);
        let known = inner.store.any_tenant().refresh_token(&hash).await?.ok_or(ProblemCode::Unauthenticated)?;
        let (tenant, session) = (known.session.tenant, known.session.id);
        let successor = inner.keys.successor(token);
        let refresh_ms = inner.lifetimes.refresh_ms;
        let outcome = inner
            .store
            .write(tenant, self.now(), move |tx| {
                Box::pin(async move {
                    let known = accounts::refresh_token_in(tx, &hash).await?.ok_or(ProblemCode::Unauthenticated)?;
                    if known.session.revoked_at.is_some() {
                        return Err(ProblemCode::SessionRevoked.into());
                    }
                    if known.expires_at <= tx.now() {
                        return Err(ProblemCode::TokenExpired.into());
                    }
                    let agent = agents::find(tx, known.session.agent).await?.ok_or(ProblemCode::Unauthenticated)?;
                    if !agent.active {
                        return Err(ProblemCode::AccountDisabled.into());
                    }
                    let next_hash = keys::hash(&successor);
                    let refresh_expires_at = match known.used_at {
                        None => {
                            let expires_at = tx.now().plus_millis(refresh_ms);
                            accounts::spend_refresh_token(tx, &hash).await?;
                            accounts::insert_refresh_token(tx, &next_hash, session, expires_at).await?;
                            expires_at
                        }
                        Some(used_at) => {
                            let next = accounts::refresh_token_in(tx, &next_hash).await?;
                            let unspent = next.filter(|next| next.used_at.is_none());
                            if let Some(next) = unspent.filter(|_| tx.now().since(used_at) <= GRACE_MS) {
                                next.expires_at
                            } else {
                                accounts::revoke_session(tx, session).await?;
                                return Ok::<_, Refusal>(Outcome::Stolen);
                            }
                        }
                    };
                    let refresh_token = successor;
                    Ok(Outcome::Next(Started { session, refresh_token, refresh_expires_at, agent }))
                })
            })
            .await?;
        match outcome {
            Outcome::Next(started) => self.tokens(tenant, started),
            Outcome::Stolen => {
                tracing::warn!(%session, "a spent refresh token was used again; the session has ended");
                self.end(&[session]);
                Err(ProblemCode::SessionRevoked.into())
            }
        }
    }
}
