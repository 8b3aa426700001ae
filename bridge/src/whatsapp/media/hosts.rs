//! WhatsApp's media hosts: where a file is asked for, and where one is brought.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use whatsapp_rust::{
    download::{DownloadParams, DownloadUtils, MediaRoute, MediaType},
    mediaconn::MediaConn,
};

use super::{Line, media_type};
use crate::store::inbound::RemoteFile;

/// No answer about a file is longer.
const ANSWER_MAX: usize = 64 * 1024;

/// Why a host did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum HostError {
    /// The file is not there any more.
    #[error("the file is not at WhatsApp any more")]
    NotThere,
    /// Asking again cannot help.
    #[error("WhatsApp's media host answered {0}")]
    Refused(u16),
    #[error("{0}")]
    Trouble(String),
}

impl From<reqwest::Error> for HostError {
    fn from(error: reqwest::Error) -> Self {
        Self::Trouble(error.without_url().to_string())
    }
}

impl HostError {
    /// What a status means; `None`: it is no error.
    fn of_status(status: reqwest::StatusCode) -> Option<Self> {
        match status.as_u16() {
            404 | 410 => Some(Self::NotThere),
            408 | 425 | 429 | 500.. => Some(Self::Trouble(format!("WhatsApp's media host answered {status}"))),
            code @ 400..500 => Some(Self::Refused(code)),
            _ => None,
        }
    }
}

impl Line {
    async fn conn(&self, anew: bool) -> Result<MediaConn, HostError> {
        let conn = self.client.refresh_media_conn(anew).await;
        let conn = conn.map_err(|error| HostError::Trouble(error.to_string()))?;
        if conn.hosts.is_empty() {
            return Err(HostError::Trouble("WhatsApp named no media hosts".to_owned()));
        }
        Ok(conn)
    }

    async fn turn(&self) -> Result<Turn, HostError> {
        Ok(Turn { conn: self.conn(false).await?, host: 0, anew: false })
    }

    /// Begins to read a file from a byte on. The answer may begin at the front all the same.
    pub(super) async fn open(&self, file: &RemoteFile, from: u64) -> Result<reqwest::Response, HostError> {
        let mut turn = self.turn().await?;
        loop {
            match self.open_at(&turn, file, from).await {
                Ok(response) => return Ok(response),
                Err(error) => turn.next(self, error).await?,
            }
        }
    }

    async fn open_at(&self, turn: &Turn, file: &RemoteFile, from: u64) -> Result<reqwest::Response, HostError> {
        let params = DownloadParams::encrypted(
            &file.direct_path,
            &file.media_key.0,
            file.sha256.as_ref().map_or(&[][..], |hash| &hash[..]),
            &file.enc_sha256,
            file.size,
            media_type(file.media),
        );
        let requests = DownloadUtils::prepare_download_requests(&params, &MediaRoute::from(&turn.conn));
        let requests = requests.map_err(|error| HostError::Trouble(error.to_string()))?;
        let Some(request) = requests.get(turn.host) else { return Err(HostError::NotThere) };
        let response = self.http.file(&request.url, from).await?;
        match response.status().as_u16() {
            // It has no more than is here.
            416 => Ok(response),
            _ => HostError::of_status(response.status()).map_or(Ok(response), Err),
        }
    }

    /// Brings an encrypted file, or the rest of it where an earlier attempt broke off.
    pub(super) async fn bring(&self, file: &Encrypted, kind: MediaType) -> Result<Brought, HostError> {
        let mut turn = self.turn().await?;
        loop {
            match self.bring_to(&turn, file, kind).await {
                Ok(brought) => return Ok(brought),
                Err(error) => turn.next(self, error).await?,
            }
        }
    }

    async fn bring_to(&self, turn: &Turn, file: &Encrypted, kind: MediaType) -> Result<Brought, HostError> {
        let token = BASE64_URL_SAFE_NO_PAD.encode(file.enc_sha256);
        let (hostname, auth) = (&turn.conn.hosts[turn.host].hostname, &turn.conn.auth);
        let url = format!("https://{hostname}{}/{token}?auth={auth}&token={token}", kind.upload_path());
        let from = match self.there_already(&url).await {
            There::Whole(brought) => return Ok(brought),
            There::Part(from) if from < file.length => from,
            There::Part(_) => 0,
        };
        let rest = if from > 0 { format!("{url}&file_offset={from}") } else { url };
        let body = file.body(from).await.map_err(|error| HostError::Trouble(error.to_string()))?;
        let response = self.http.post(&rest, Some((body, file.length - from))).await?;
        match HostError::of_status(response.status()) {
            None => read(response).await,
            Some(error) => Err(error),
        }
    }

    /// How much of a file the host has from earlier attempts. One that does not say has nothing.
    async fn there_already(&self, url: &str) -> There {
        let asked = self.http.post(&format!("{url}&resume=1"), None).await;
        let Ok(response) = asked else { return There::Part(0) };
        if !response.status().is_success() {
            return There::Part(0);
        }
        match read::<Progress>(response).await {
            Ok(Progress { resume: Some(resume), url, direct_path: Some(direct_path) }) if resume == "complete" => {
                There::Whole(Brought { url, direct_path })
            }
            Ok(Progress { resume: Some(resume), .. }) => There::Part(resume.parse().unwrap_or(0)),
            _ => There::Part(0),
        }
    }
}

/// Whose turn it is to be asked.
struct Turn {
    conn: MediaConn,
    host: usize,
    /// The right to ask was renewed.
    anew: bool,
}

impl Turn {
    /// Host after host, and once more with a fresh right to ask. Answers with the error where nobody is left.
    async fn next(&mut self, line: &Line, error: HostError) -> Result<(), HostError> {
        match error {
            HostError::Refused(401 | 403) if !self.anew => {
                *self = Self { conn: line.conn(true).await?, host: 0, anew: true };
                Ok(())
            }
            HostError::Trouble(_) if self.host + 1 < self.conn.hosts.len() => {
                self.host += 1;
                Ok(())
            }
            // Another host has it no more than this one.
            error => Err(error),
        }
    }
}

enum There {
    Whole(Brought),
    Part(u64),
}

#[derive(Debug, Deserialize)]
struct Progress {
    resume: Option<String>,
    url: Option<String>,
    direct_path: Option<String>,
}

/// Where a file lies now.
#[derive(Debug, Deserialize)]
pub(super) struct Brought {
    pub(super) url: Option<String>,
    pub(super) direct_path: String,
}

/// A file as it goes up.
pub(super) struct Encrypted {
    pub(super) path: std::path::PathBuf,
    pub(super) length: u64,
    pub(super) enc_sha256: [u8; 32],
}

impl Encrypted {
    async fn body(&self, from: u64) -> std::io::Result<reqwest::Body> {
        use tokio::io::AsyncSeekExt as _;
        let mut file = tokio::fs::File::open(&self.path).await?;
        file.seek(std::io::SeekFrom::Start(from)).await?;
        let pieces = futures_util::stream::try_unfold(file, |mut file| async move {
            let mut piece = bytes::BytesMut::with_capacity(64 * 1024);
            let read = tokio::io::AsyncReadExt::read_buf(&mut file, &mut piece).await?;
            Ok::<_, std::io::Error>((read > 0).then(|| (piece.freeze(), file)))
        });
        Ok(reqwest::Body::wrap_stream(pieces))
    }
}

async fn read<T: serde::de::DeserializeOwned>(mut response: reqwest::Response) -> Result<T, HostError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(HostError::Trouble("the media host's answer is too long".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| HostError::Trouble("the media host's answer cannot be read".to_owned()))
}
