//! What people change about themselves.

use ownline_model::{account::ProfileUpdate, agent::Agent, event::Event, limits::clean_name, problem::ProblemCode};

use super::{Accounts, Identity, Key, Passwords};
use crate::{
    desk::{Done, Refusal},
    store::{accounts, agents},
};

impl Accounts {
    /// A new password needs the current one and ends all other sessions.
    pub(crate) async fn update_profile(&self, who: &Identity, update: ProfileUpdate) -> Done<Agent> {
        let inner = &self.0;
        let name = update.name.as_deref().map(clean_name);
        if name.as_deref() == Some("") {
            return Err(Refusal::field("name", "Give a name."));
        }
        let (id, session) = (who.agent.id, who.session);
        let new_hash = match &update.new_password {
            None => None,
            Some(password) => {
                Passwords::check_new(password)?;
                let limits = [Key::Account(agents::email_key(&who.agent.email))];
                inner.limiter.attempt(&limits, self.now())?;
                let account = agents::find_account(&inner.store.reader(who.tenant), id).await?;
                let stored = account.and_then(|account| account.password_hash);
                let current = update.current_password.as_deref().unwrap_or_default();
                if !inner.passwords.verify(current, stored.as_deref()).await? {
                    return Err(ProblemCode::WrongCredentials.into());
                }
                inner.limiter.give_back(&limits);
                Some(inner.passwords.hash(password).await?)
            }
        };
        let (agent, ended) = inner
            .store
            .write(who.tenant, self.now(), move |tx| {
                Box::pin(async move {
                    let before = agents::find_account(tx, id).await?.ok_or(ProblemCode::NotFound)?;
                    let mut agent = before.agent.clone();
                    agent.name = name.unwrap_or(agent.name);
                    let ended = match new_hash {
                        Some(_) => accounts::revoke_sessions_of(tx, id, Some(session)).await?,
                        None => Vec::new(),
                    };
                    if agent != before.agent || new_hash.is_some() {
                        agent.version += 1;
                        agents::update(tx, &agent, new_hash.or(before.password_hash)).await?;
                        tx.journal(Event::AgentUpdated(agent.clone()));
                    }
                    Ok::<_, Refusal>((agent, ended))
                })
            })
            .await?;
        self.end(&ended);
        Ok(agent)
    }
}
