//! Who may come in: passwords, sessions, tokens, enrolment, the people's administration.

mod enrol;
mod keys;
mod limiter;
mod passwords;
mod people;
mod profile;
mod refresh;
mod sessions;
mod sign_in;

use std::{
    collections::HashMap,
    net::IpAddr,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use ownline_model::{
    account::Tokens,
    agent::{Agent, Role},
    ids::{AgentId, TenantId},
    limits::clean_name,
    problem::ProblemCode,
    time::UtcMillis,
};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use keys::Bearer;
pub(crate) use people::AgentOrEnrolment;

use crate::{
    clock::Clock,
    config::Lifetimes,
    desk::{Done, Refusal, contact::is_email},
    realtime::Hub,
    store::{Committed, Store, Tx, accounts, agents},
};
use keys::Keys;
use limiter::{Key, Limiter};
use passwords::Passwords;
use sessions::Ended;

/// The person and the sign-in behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) tenant: TenantId,
    pub(crate) session: Uuid,
    pub(crate) agent: Agent,
}

/// Everyone, as requests need them: filled when asked, kept true by the journal.
type People = RwLock<HashMap<(TenantId, AgentId), Agent>>;

#[derive(Debug, Clone)]
pub(crate) struct Accounts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    hub: Hub,
    clock: Clock,
    lifetimes: Lifetimes,
    keys: Keys,
    passwords: Passwords,
    limiter: Limiter,
    ended: Ended,
    people: Arc<Directory>,
    setup_token: RwLock<Option<String>>,
}

#[derive(Debug, Default)]
pub(crate) struct Directory(People);

impl Directory {
    /// Follows what was committed.
    pub(crate) fn follow(&self, committed: &[Committed]) {
        for entry in committed {
            if let ownline_model::event::Event::AgentUpdated(agent) = &entry.event {
                self.put(entry.tenant, agent.clone());
            }
        }
    }

    fn put(&self, tenant: TenantId, agent: Agent) {
        let mut people = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let known = people.entry((tenant, agent.id)).or_insert_with(|| agent.clone());
        if agent.version >= known.version {
            *known = agent;
        }
    }

    fn get(&self, tenant: TenantId, id: AgentId) -> Option<Agent> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&(tenant, id)).cloned()
    }
}

/// What a session starts with; the access token is signed after the commit.
struct Started {
    session: Uuid,
    refresh_token: String,
    refresh_expires_at: UtcMillis,
    agent: Agent,
}

impl Accounts {
    pub(crate) async fn open(
        data: &Path,
        store: Store,
        hub: Hub,
        people: Arc<Directory>,
        clock: Clock,
        lifetimes: Lifetimes,
    ) -> anyhow::Result<Self> {
        let keys = Keys::open(data)?;
        let ended = Ended::default();
        let since = clock.now().plus_millis(-lifetimes.access_ms);
        for (session, at) in store.any_tenant().revoked_since(since).await? {
            ended.add([session], at, since);
        }
        let setup_token = if store.any_tenant().admin_exists().await? { None } else { Some(keys::random_token()) };
        let inner = Inner {
            store,
            hub,
            clock,
            lifetimes,
            keys,
            passwords: Passwords::new()?,
            limiter: Limiter::default(),
            ended,
            people,
            setup_token: RwLock::new(setup_token),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The first-run token, until there is an admin.
    pub(crate) fn setup_token(&self) -> Option<String> {
        self.0.setup_token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the first admin is still to be made. The command line may have made one meanwhile.
    pub(crate) async fn setup_needed(&self) -> Done<bool> {
        if self.setup_token().is_none() {
            return Ok(false);
        }
        let needed = !self.0.store.any_tenant().admin_exists().await?;
        if !needed {
            self.end_setup();
        }
        Ok(needed)
    }

    fn end_setup(&self) {
        *self.0.setup_token.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whom an access token speaks for, if it still does.
    pub(crate) async fn identify(&self, token: &str) -> Done<Identity> {
        let inner = &self.0;
        let Bearer { tenant, agent, session } = inner.keys.read(token, inner.clock.now())?;
        if inner.ended.contains(session) {
            return Err(ProblemCode::SessionRevoked.into());
        }
        let agent = if let Some(agent) = inner.people.get(tenant, agent) {
            agent
        } else {
            let found = agents::find(&inner.store.reader(tenant), agent).await?;
            let found = found.ok_or(ProblemCode::Unauthenticated)?;
            inner.people.put(tenant, found.clone());
            found
        };
        if !agent.active {
            return Err(ProblemCode::AccountDisabled.into());
        }
        Ok(Identity { tenant, session, agent })
    }

    pub(crate) fn has_ended(&self, session: Uuid) -> bool {
        self.0.ended.contains(session)
    }

    fn now(&self) -> UtcMillis {
        self.0.clock.now()
    }

    /// Signs the tokens of a session that is durable.
    fn tokens(&self, tenant: TenantId, started: Started) -> Done<Tokens> {
        let now = self.now();
        // Tokens count whole seconds.
        let access_expires_at = UtcMillis((now.0 + self.0.lifetimes.access_ms) / 1000 * 1000);
        let bearer = Bearer { tenant, agent: started.agent.id, session: started.session };
        Ok(Tokens {
            access_token: self.0.keys.issue(bearer, now, access_expires_at)?,
            access_expires_at,
            refresh_token: started.refresh_token,
            refresh_expires_at: started.refresh_expires_at,
            agent: started.agent,
        })
    }

    /// Ends sessions everywhere at once: for requests, and for open sockets.
    fn end(&self, sessions: &[Uuid]) {
        let now = self.now();
        self.0.ended.add(sessions.iter().copied(), now, now.plus_millis(-self.0.lifetimes.access_ms - 60_000));
        self.0.hub.end_sessions(sessions);
    }

    /// Makes the first admin. Works once.
    pub(crate) async fn set_up(&self, setup: ownline_model::account::Setup, from: IpAddr) -> Done<Tokens> {
        let Some(expected) = self.setup_token() else { return Err(ProblemCode::SetupDone.into()) };
        let keys = [Key::address(from)];
        self.0.limiter.attempt(&keys, self.now())?;
        if !bool::from(keys::hash(&expected).ct_eq(&keys::hash(setup.token.trim()))) {
            return Err(ProblemCode::SetupTokenWrong.into());
        }
        self.0.limiter.give_back(&keys);
        let hash = self.0.passwords.hash(&setup.password).await?;
        let tenant = self.0.store.first_tenant().await?;
        let (name, email) = person(&setup.name, &setup.email)?;
        let refresh_ms = self.0.lifetimes.refresh_ms;
        let started = self
            .0
            .store
            .write(tenant, self.now(), move |tx| {
                Box::pin(async move {
                    if agents::admin_exists(tx).await? {
                        return Err(ProblemCode::SetupDone.into());
                    }
                    let agent = add_agent(tx, name, email, Role::Admin, Some(hash)).await?;
                    start_session(tx, agent, refresh_ms).await
                })
            })
            .await?;
        self.end_setup();
        self.tokens(tenant, started)
    }
}

/// A name and an address as they are kept.
fn person(name: &str, email: &str) -> Done<(String, String)> {
    let name = clean_name(name);
    if name.is_empty() {
        return Err(Refusal::field("name", "Give a name."));
    }
    let email = email.trim().to_owned();
    if !is_email(&email) {
        return Err(Refusal::field("email", "This is not an e-mail address."));
    }
    Ok((name, email))
}

async fn add_agent(tx: &mut Tx, name: String, email: String, role: Role, password_hash: Option<String>) -> Done<Agent> {
    if agents::email_is_taken(tx, &email).await? {
        return Err(ProblemCode::EmailTaken.into());
    }
    let agent = Agent {
        id: AgentId::fresh(),
        version: 1,
        name,
        email,
        role,
        active: true,
        enrolled: password_hash.is_some(),
        created_at: tx.now(),
    };
    agents::insert(tx, &agent, password_hash).await?;
    tx.journal(ownline_model::event::Event::AgentUpdated(agent.clone()));
    Ok(agent)
}

async fn start_session(tx: &mut Tx, agent: Agent, refresh_ms: i64) -> Done<Started> {
    let session = Uuid::now_v7();
    let refresh_token = keys::random_token();
    let refresh_expires_at = tx.now().plus_millis(refresh_ms);
    accounts::insert_session(tx, session, agent.id).await?;
    accounts::insert_refresh_token(tx, &keys::hash(&refresh_token), session, refresh_expires_at).await?;
    Ok(Started { session, refresh_token, refresh_expires_at, agent })
}
