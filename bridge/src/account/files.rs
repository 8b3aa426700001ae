//! Files of messages, to the team's server and from it, streamed.

use std::time::Duration;

use ownline_model::ids::MessageId;
use reqwest::{Body, Method, Response, StatusCode, header};

use super::{Account, Remote, RemoteError, checked};

/// The slowest line that is waited for, in bytes a second, and what comes on top.
const AT_LEAST: u64 = 16 * 1024;
const ON_TOP: Duration = Duration::from_mins(1);

impl Account {
    /// The file of a message, of about `size` bytes.
    pub(crate) async fn file(&self, message: MessageId, size: u64) -> Remote<Response> {
        checked(self.file_call(Method::GET, message, size, || Ok(None)).await?).await
    }

    /// Brings the file of a message. `body` is asked for again where the token has expired.
    pub(crate) async fn bring_file(
        &self,
        message: MessageId,
        size: u64,
        mut body: impl FnMut() -> std::io::Result<Body> + Send,
    ) -> Remote<()> {
        checked(self.file_call(Method::PUT, message, size, || body().map(Some)).await?).await.map(drop)
    }

    async fn file_call(
        &self,
        method: Method,
        message: MessageId,
        size: u64,
        mut body: impl FnMut() -> std::io::Result<Option<Body>> + Send,
    ) -> Remote<Response> {
        let mut signed_in = self.signed_in().await?;
        for refreshed in [false, true] {
            let mut request = self
                .inner
                .http
                .request(method.clone(), format!("{}/api/messages/{message}/media", signed_in.server))
                .bearer_auth(&signed_in.tokens.access_token)
                .timeout(ON_TOP + Duration::from_secs(size / AT_LEAST));
            if let Some(body) = body().map_err(|error| RemoteError::Unreachable(error.to_string()))? {
                request = request
                    .header(header::CONTENT_TYPE, "application/octet-stream")
                    .header(header::CONTENT_LENGTH, size)
                    .body(body);
            }
            let response = request.send().await.map_err(|error| RemoteError::of_transport(&error))?;
            match response.status() {
                StatusCode::UNAUTHORIZED if !refreshed => signed_in = self.refresh(&signed_in).await?,
                StatusCode::UPGRADE_REQUIRED => return Err(RemoteError::UpdateNeeded),
                _ => return Ok(response),
            }
        }
        Err(RemoteError::SignInNeeded)
    }
}
