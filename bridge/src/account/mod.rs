//! The agent's account at the team's server: the one HTTP client towards it, and the tokens, which never leave this
//! process. Used by `sync` (push, pull, socket) and by `api` (sign-in, forwarded requests).

mod address;
mod error;
mod files;

use std::{sync::Arc, time::Duration};

use ownline_model::{
    PROTOCOL,
    account::{Enrol, Login, Refresh, Tokens},
    agent::Agent,
    bridge::{EnrolAt, ServerLink, SignIn},
    health::ServerHealth,
    problem::ProblemCode,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Mutex;

use crate::store::{SignedIn, Store};

pub use error::RemoteError;

const CONNECT_WITHIN: Duration = Duration::from_secs(8);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// No answer of the server is longer than this, save for pages of the journal, which hold texts.
const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;

type Remote<T> = Result<T, RemoteError>;

/// Cheap to clone; all clones are one account.
#[derive(Debug, Clone)]
pub struct Account {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    store: Store,
    /// Held while tokens are refreshed, so that a refresh token is used once.
    refreshing: Mutex<()>,
}

impl Account {
    pub fn new(store: Store) -> Remote<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("ownline-bridge/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            // A redirect could lead the token elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| RemoteError::Unreachable(error.to_string()))?;
        Ok(Self { inner: Arc::new(Inner { http, store, refreshing: Mutex::new(()) }) })
    }

    /// Whether there is an Ownline server at an address, and one that this build understands.
    pub async fn check(&self, address: &str) -> Remote<ServerHealth> {
        let server = address::normalise(address)?;
        self.check_origin(&server).await
    }

    async fn check_origin(&self, server: &str) -> Remote<ServerHealth> {
        let request = self.inner.http.get(format!("{server}/api/health")).timeout(CONNECT_WITHIN);
        let response = request.send().await.map_err(|error| RemoteError::of_transport(&error))?;
        let stranger = || RemoteError::from(ProblemCode::NotAnOwnlineServer);
        if !response.status().is_success() {
            return Err(stranger());
        }
        let health: ServerHealth = read(response).await.map_err(|_| stranger())?;
        if health.product != "ownline-server" {
            return Err(stranger());
        }
        if health.protocol_min > PROTOCOL {
            return Err(RemoteError::UpdateNeeded);
        }
        Ok(health)
    }

    pub async fn sign_in(&self, sign_in: SignIn) -> Remote<Agent> {
        let login = Login { email: sign_in.email, password: sign_in.password };
        self.enter(&sign_in.url, "/api/auth/login", &login).await
    }

    pub async fn enrol(&self, enrol: EnrolAt) -> Remote<Agent> {
        let body = Enrol { code: enrol.code.trim().to_owned(), password: enrol.password };
        self.enter(&enrol.url, "/api/auth/enrol", &body).await
    }

    async fn enter(&self, address: &str, path: &str, body: &impl Serialize) -> Remote<Agent> {
        let server = address::normalise(address)?;
        // Asked first, so that a password is never shown to something else.
        self.check_origin(&server).await?;
        let request = self.inner.http.post(format!("{server}{path}")).json(body);
        let tokens: Tokens = decode(send(request).await?).await?;
        let agent = tokens.agent.clone();
        self.inner.store.set_server_link(ServerLink::Connecting { url: server.clone() });
        self.inner.store.sign_in(server, tokens).await?;
        Ok(agent)
    }

    /// Ends the session at the server, as far as it can be reached, and forgets the tokens.
    pub async fn sign_out(&self) -> Remote<()> {
        if let Some(SignedIn { server, tokens }) = self.inner.store.signed_in().await? {
            let body = Refresh { refresh_token: tokens.refresh_token };
            let request = self.inner.http.post(format!("{server}/api/auth/logout")).timeout(CONNECT_WITHIN).json(&body);
            if let Err(error) = request.send().await {
                tracing::warn!(error = %error.without_url(), "the server was not told of the sign-out");
            }
        }
        self.inner.store.drop_tokens(true).await?;
        self.inner.store.set_server_link(ServerLink::SignedOut);
        Ok(())
    }

    /// Sends a request as the agent who is signed in. `body` is JSON. An expired token is refreshed once.
    pub async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Remote<T> {
        decode(checked(self.forward(method, path, body).await?).await?).await
    }

    /// As [`call`](Self::call), but answers with whatever the server says.
    pub async fn forward(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Remote<Response> {
        let signed_in = self.signed_in().await?;
        let response = self.attempt(&signed_in, &method, path, body.clone()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let signed_in = self.refresh(&signed_in).await?;
        self.attempt(&signed_in, &method, path, body).await
    }

    async fn attempt(
        &self,
        signed_in: &SignedIn,
        method: &Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Remote<Response> {
        let mut request = self
            .inner
            .http
            .request(method.clone(), format!("{}{path}", signed_in.server))
            .bearer_auth(&signed_in.tokens.access_token);
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        }
        let response = request.send().await.map_err(|error| RemoteError::of_transport(&error))?;
        if response.status() == StatusCode::UPGRADE_REQUIRED { Err(RemoteError::UpdateNeeded) } else { Ok(response) }
    }

    pub async fn signed_in(&self) -> Remote<SignedIn> {
        self.inner.store.signed_in().await?.ok_or(RemoteError::NotSignedIn)
    }

    /// Fresh tokens in place of `stale`. However many callers find their token expired, one request is made.
    pub async fn refresh(&self, stale: &SignedIn) -> Remote<SignedIn> {
        let _one_at_a_time = self.inner.refreshing.lock().await;
        let known = self.signed_in().await?;
        if known.tokens.access_token != stale.tokens.access_token {
            return Ok(known);
        }
        let body = Refresh { refresh_token: known.tokens.refresh_token };
        let request = self.inner.http.post(format!("{}/api/auth/refresh", known.server)).json(&body);
        match send(request).await {
            Ok(response) => {
                let tokens: Tokens = decode(response).await?;
                // Kept before it is used: the old one is spent.
                self.inner.store.keep_tokens(tokens.clone()).await?;
                Ok(SignedIn { server: known.server, tokens })
            }
            Err(RemoteError::Refused(problem)) if matches!(problem.status, 401 | 403) => {
                tracing::warn!(code = problem.code.as_str(), "the server ended this sign-in");
                self.inner.store.drop_tokens(false).await?;
                self.inner.store.set_server_link(ServerLink::SignInNeeded { url: known.server });
                Err(RemoteError::SignInNeeded)
            }
            Err(error) => Err(error),
        }
    }
}

async fn send(request: RequestBuilder) -> Remote<Response> {
    checked(request.send().await.map_err(|error| RemoteError::of_transport(&error))?).await
}

/// Turns an error answer into its problem.
async fn checked(response: Response) -> Remote<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if status == StatusCode::UPGRADE_REQUIRED {
        return Err(RemoteError::UpdateNeeded);
    }
    match read(response).await {
        Ok(problem) => Err(RemoteError::Refused(Box::new(problem))),
        // A proxy in between, or a server that is just starting.
        Err(_) => Err(RemoteError::Unreachable(format!("the server answered {status}"))),
    }
}

async fn decode<T: DeserializeOwned>(response: Response) -> Remote<T> {
    read(response).await.map_err(|cause| RemoteError::Unreachable(format!("an unreadable answer: {cause}")))
}

async fn read<T: DeserializeOwned>(mut response: Response) -> Result<T, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| error.without_url().to_string())? {
        if body.len() + chunk.len() > ANSWER_MAX_BYTES {
            return Err("it is too long".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|error| error.to_string())
}
