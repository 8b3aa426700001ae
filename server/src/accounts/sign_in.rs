//! Signing in and out.

use std::net::IpAddr;

use ownline_model::{
    account::{Login, Tokens},
    problem::ProblemCode,
};

use super::{Accounts, Key, keys, start_session};
use crate::{
    desk::Done,
    store::{accounts, agents},
};

impl Accounts {
    /// Says the same, after the same time, to a wrong password and to an unknown address.
    pub(crate) async fn sign_in(&self, login: Login, from: IpAddr) -> Done<Tokens> {
        let inner = &self.0;
        let limits = [Key::Account(agents::email_key(&login.email)), Key::address(from)];
        inner.limiter.attempt(&limits, self.now())?;
        let account = inner.store.any_tenant().account_by_email(&login.email).await?;
        let stored = account.as_ref().and_then(|account| account.password_hash.as_deref());
        let right = inner.passwords.verify(&login.password, stored).await?;
        let Some(account) = account.filter(|_| right) else {
            tracing::info!("a sign-in was refused");
            return Err(ProblemCode::WrongCredentials.into());
        };
        inner.limiter.give_back(&limits);
        // Only whoever knows the password learns that the account is off.
        if !account.agent.active {
            return Err(ProblemCode::AccountDisabled.into());
        }
        let (tenant, agent) = (account.tenant, account.agent.id);
        let verified = account.password_hash;
        let refresh_ms = inner.lifetimes.refresh_ms;
        let started = inner
            .store
            .write(tenant, self.now(), move |tx| {
                Box::pin(async move {
                    // What was true while the password was checked must be true now.
                    let account = agents::find_account(tx, agent).await?.ok_or(ProblemCode::WrongCredentials)?;
                    if account.password_hash != verified {
                        return Err(ProblemCode::WrongCredentials.into());
                    }
                    if !account.agent.active {
                        return Err(ProblemCode::AccountDisabled.into());
                    }
                    start_session(tx, account.agent, refresh_ms).await
                })
            })
            .await?;
        tracing::info!(agent = %agent, "signed in");
        self.tokens(tenant, started)
    }

    /// Ends the session of a refresh token. A token that is not known is as good as ended.
    pub(crate) async fn sign_out(&self, refresh_token: &str) -> Done<()> {
        let inner = &self.0;
        let Some(token) = inner.store.any_tenant().refresh_token(&keys::hash(refresh_token)).await? else {
            return Ok(());
        };
        let session = token.session;
        inner
            .store
            .write(session.tenant, self.now(), move |tx| {
                Box::pin(async move { Ok::<_, crate::desk::Refusal>(accounts::revoke_session(tx, session.id).await?) })
            })
            .await?;
        self.end(&[session.id]);
        Ok(())
    }
}
