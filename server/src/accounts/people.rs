//! The people's administration.

use ownline_model::{
    account::{AgentPatch, Enrolment, NewAgent},
    agent::{Agent, Role},
    event::Event,
    ids::{AgentId, TenantId},
    limits::clean_name,
    problem::ProblemCode,
};

use super::{Accounts, add_agent, enrol, person};
use crate::{
    desk::{Done, Refusal},
    store::{accounts, agents},
};

/// What adding a person gives: with a password they can sign in at once, without one they need a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AgentOrEnrolment {
    Agent(Agent),
    Enrolment(Enrolment),
}

impl Accounts {
    /// Adds a person. With a password they can sign in at once.
    pub(crate) async fn add(&self, tenant: TenantId, new: NewAgent, password: Option<&str>) -> Done<AgentOrEnrolment> {
        let (name, email) = person(&new.name, &new.email)?;
        let hash = match password {
            Some(password) => Some(self.0.passwords.hash(password).await?),
            None => None,
        };
        let enrolled = hash.is_some();
        let (agent, code) = self
            .0
            .store
            .write(tenant, self.now(), move |tx| {
                Box::pin(async move {
                    let agent = add_agent(tx, name, email, new.role, hash).await?;
                    let code = if enrolled { None } else { Some(enrol::new_code(tx, agent.id).await?) };
                    Ok::<_, Refusal>((agent, code))
                })
            })
            .await?;
        Ok(match code {
            None => AgentOrEnrolment::Agent(agent),
            Some((code, expires_at)) => AgentOrEnrolment::Enrolment(Enrolment { agent, code, expires_at }),
        })
    }

    /// A new code for a person; earlier ones stop working.
    pub(crate) async fn renew_enrolment(&self, tenant: TenantId, id: AgentId) -> Done<Enrolment> {
        self.0
            .store
            .write(tenant, self.now(), move |tx| {
                Box::pin(async move {
                    let agent = agents::find(tx, id).await?.ok_or(ProblemCode::NotFound)?;
                    let (code, expires_at) = enrol::new_code(tx, id).await?;
                    Ok(Enrolment { agent, code, expires_at })
                })
            })
            .await
    }

    /// Changes a person. Switching the account off ends its sessions and closes its sockets.
    pub(crate) async fn change(&self, tenant: TenantId, id: AgentId, patch: AgentPatch) -> Done<Agent> {
        let (agent, ended) = self
            .0
            .store
            .write(tenant, self.now(), move |tx| {
                Box::pin(async move {
                    let before = agents::find_account(tx, id).await?.ok_or(ProblemCode::NotFound)?;
                    let mut agent = before.agent.clone();
                    if let Some(name) = patch.name {
                        agent.name = clean_name(&name);
                        if agent.name.is_empty() {
                            return Err(Refusal::field("name", "Give a name."));
                        }
                    }
                    agent.role = patch.role.unwrap_or(agent.role);
                    agent.active = patch.active.unwrap_or(agent.active);
                    if agent == before.agent {
                        return Ok((agent, Vec::new()));
                    }
                    agent.version += 1;
                    agents::update(tx, &agent, before.password_hash).await?;
                    let was_admin = before.agent.role == Role::Admin && before.agent.active;
                    if was_admin && agents::active_admins(tx).await? == 0 {
                        return Err(Refusal::because(
                            ProblemCode::Forbidden,
                            "This is the last admin who can sign in. Make someone else an admin first.",
                        ));
                    }
                    let ended =
                        if agent.active { Vec::new() } else { accounts::revoke_sessions_of(tx, id, None).await? };
                    tx.journal(Event::AgentUpdated(agent.clone()));
                    Ok((agent, ended))
                })
            })
            .await?;
        self.end(&ended);
        Ok(agent)
    }
}
