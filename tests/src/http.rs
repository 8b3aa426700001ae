//! Calls to a program's HTTP API, with problems as values.

use anyhow::{Context as _, Result, bail};
use ownline_model::problem::{Problem, ProblemCode};
use reqwest::{Method, RequestBuilder};
use serde::{Serialize, de::DeserializeOwned};

/// A refused call.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path}: {status} {}", .problem.as_ref().map_or_else(|| .body.clone(), |p| format!("{p:?}")))]
pub struct Refused {
    pub method: Method,
    pub path: String,
    pub status: u16,
    pub problem: Option<Problem>,
    pub body: String,
}

#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    pub base: String,
    pub token: Option<String>,
}

impl Api {
    pub fn new(base: impl Into<String>, token: Option<String>) -> Self {
        // A second install answers with an error that means the same: there is a provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: reqwest::Client::new(), base: base.into(), token }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.send(Method::GET, path, None::<&()>).await
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.send(Method::DELETE, path, None::<&()>).await
    }

    async fn send<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<T> {
        let mut request = self.request(method.clone(), path);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.with_context(|| format!("{method} {}{path}", self.base))?;
        let status = response.status();
        let body = response.text().await?;
        if !status.is_success() {
            let problem = serde_json::from_str(&body).ok();
            bail!(Refused { method, path: path.to_owned(), status: status.as_u16(), problem, body });
        }
        // An empty answer reads as null.
        let text = if body.is_empty() { "null" } else { &body };
        serde_json::from_str(text).with_context(|| format!("the answer to {method} {path}: {body}"))
    }
}

/// The code of a refusal; fails when the call went through.
pub fn refusal<T: std::fmt::Debug>(result: Result<T>) -> Result<ProblemCode> {
    match result {
        Ok(value) => bail!("expected a refusal, got {value:?}"),
        Err(error) => match error.downcast::<Refused>() {
            Ok(Refused { problem: Some(problem), .. }) => Ok(problem.code),
            Ok(refused) => bail!("refused, but not with a problem: {refused}"),
            Err(error) => Err(error),
        },
    }
}

/// Status and code of a refusal by a program with codes of its own, such as the simulator.
pub fn refused_with<T: std::fmt::Debug>(result: Result<T>) -> Result<(u16, String)> {
    let refused = match result {
        Ok(value) => bail!("expected a refusal, got {value:?}"),
        Err(error) => error.downcast::<Refused>()?,
    };
    let body: serde_json::Value = serde_json::from_str(&refused.body)?;
    Ok((refused.status, body["code"].as_str().unwrap_or_default().to_owned()))
}
