//! Files between this machine and the team's server: those of shared chats go up once the server knows their message, those
//! of colleagues' chats come down when somebody asks.

use std::io;

use ownline_model::{
    details::{Attachment, FileState},
    limits::DOCUMENT_MAX_BYTES,
    message::{Failure, MessageStatus},
    problem::ProblemCode,
};
use reqwest::Body;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    account::{Account, RemoteError},
    media::{
        describe,
        folder::Held,
        intake::{self, IntakeError},
        stream::pieces,
        work::{End, Job, work_off},
    },
    store::{
        Store, StoreError,
        change::Change,
        inbound::{MessageRef, StatusNews},
        media::{Fetch, Source, ToShare},
    },
    time::now,
};

const TRIES: u32 = 5;

/// Works off both. Runs until dropped.
pub(super) async fn run(store: &Store, account: &Account) {
    tokio::select! {
        () = fetches(store, account) => {}
        () = shares(store, account) => {}
    }
}

async fn fetches(store: &Store, account: &Account) {
    let look = || {
        let (store, account) = (store.clone(), account.clone());
        async move {
            let fetches = if is_signed_in(&store).await? { store.fetches(Source::Server).await? } else { vec![] };
            Ok(fetches
                .into_iter()
                .map(|fetch| Coming { store: store.clone(), account: account.clone(), fetch })
                .collect())
        }
    };
    work_off(look, store.changes(), |change| matches!(change, Change::Files | Change::SignedIn)).await;
}

async fn shares(store: &Store, account: &Account) {
    let look = || {
        let (store, account) = (store.clone(), account.clone());
        async move {
            let shares = if is_signed_in(&store).await? { store.shares().await? } else { vec![] };
            Ok(shares
                .into_iter()
                .map(|share| Going { store: store.clone(), account: account.clone(), share })
                .collect())
        }
    };
    // The server knows a message once it has answered the change that told of it.
    let wakes = |change: &Change| matches!(change, Change::Files | Change::SignedIn | Change::Settled { .. });
    work_off(look, store.changes(), wakes).await;
}

async fn is_signed_in(store: &Store) -> Result<bool, StoreError> {
    Ok(store.signed_in().await?.is_some())
}

/// A file that the server has.
struct Coming {
    store: Store,
    account: Account,
    fetch: Fetch,
}

impl Job for Coming {
    fn key(&self) -> Uuid {
        self.fetch.message_id.0
    }

    /// A message that waits for its file waits as long as it may: its author's machine may be away.
    fn tries(&self) -> Option<u32> {
        (!self.fetch.queued).then_some(TRIES)
    }

    async fn run(&self) -> End {
        match self.fetch().await {
            Ok(()) => End::Done,
            Err(FetchError::Remote(RemoteError::Refused(problem))) => match problem.code {
                // Its owner's machine has not brought it yet.
                ProblemCode::MediaUnavailable | ProblemCode::RateLimited | ProblemCode::Unavailable => {
                    End::Later(problem.code.as_str().to_owned())
                }
                ProblemCode::MediaGone | ProblemCode::NotFound => self.ended(FileState::Gone).await,
                code => self.failed(code.as_str()).await,
            },
            Err(FetchError::Intake(IntakeError::Io(error))) if intake::is_full(&error) => {
                self.failed(ProblemCode::DiskFull.as_str()).await
            }
            Err(FetchError::Intake(IntakeError::TooLarge(_))) => self.failed(ProblemCode::MediaTooLarge.as_str()).await,
            Err(FetchError::Corrupt) => self.failed("media_corrupt").await,
            Err(error) => End::Later(error.to_string()),
        }
    }

    async fn give_up(&self, _why: String) {
        self.failed(ProblemCode::MediaUnavailable.as_str()).await;
    }
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error("what came is not what was sent")]
    Corrupt,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<io::Error> for FetchError {
    fn from(error: io::Error) -> Self {
        Self::Intake(error.into())
    }
}

impl Coming {
    async fn fetch(&self) -> Result<(), FetchError> {
        let response = self.account.file(self.fetch.message_id, self.fetch.attachment.size).await?;
        let (sender, receiver) = mpsc::channel(intake::PIECES);
        let (folder, fetch) = (self.store.folder().clone(), self.fetch.clone());
        let taking = tokio::task::spawn_blocking(move || -> Result<(Held, Attachment), FetchError> {
            let whole = intake::receive(&folder, receiver, |_| DOCUMENT_MAX_BYTES)?;
            if fetch.attachment.sha256.as_ref().is_some_and(|told| !told.eq_ignore_ascii_case(&whole.sha256)) {
                return Err(FetchError::Corrupt);
            }
            let known = Attachment { sha256: Some(whole.sha256), ..fetch.attachment };
            let attachment = describe::as_stranger(known, fetch.kind, folder.read(&whole.held.name)?)?;
            Ok((whole.held, attachment))
        });
        intake::pass_on(Box::pin(response.bytes_stream()), sender).await;
        let (held, attachment) = taking.await.map_err(io::Error::other)??;
        if self.store.file_is_here(self.fetch.message_id, attachment, held.name.clone()).await? {
            held.keep();
        }
        Ok(())
    }

    async fn failed(&self, code: &str) -> End {
        self.ended(FileState::Failed { code: code.to_owned() }).await
    }

    async fn ended(&self, state: FileState) -> End {
        let ended = async {
            self.store.file_is_not_here(self.fetch.message_id, state).await?;
            if self.fetch.queued {
                let code = ProblemCode::MediaUnknown;
                let failure =
                    Failure { code: code.as_str().to_owned(), detail: code.title().to_owned(), retryable: true };
                let message = MessageRef::Id(self.fetch.message_id);
                let news = StatusNews { message, status: MessageStatus::Failed, at: now(), failure: Some(failure) };
                self.store.advance_statuses(vec![news]).await?;
            }
            Ok::<_, StoreError>(())
        };
        ended.await.map_or_else(|error| End::Later(error.to_string()), |()| End::Done)
    }
}

/// A file that the server is to get.
struct Going {
    store: Store,
    account: Account,
    share: ToShare,
}

impl Job for Going {
    fn key(&self) -> Uuid {
        self.share.message_id.0
    }

    fn tries(&self) -> Option<u32> {
        None
    }

    async fn run(&self) -> End {
        match self.bring().await {
            Ok(()) => {}
            // It does not want it: the chat is shared no more, or the file is more than it keeps.
            Err(RemoteError::Refused(problem))
                if problem.status < 500 && !matches!(problem.code, ProblemCode::RateLimited) =>
            {
                tracing::warn!(code = problem.code.as_str(), message = %self.share.message_id, "the server did not take a file");
            }
            Err(error) => return End::Later(error.to_string()),
        }
        match self.store.file_is_shared(self.share.message_id).await {
            Ok(()) => End::Done,
            Err(error) => End::Later(error.to_string()),
        }
    }

    async fn give_up(&self, _why: String) {}
}

impl Going {
    async fn bring(&self) -> Result<(), RemoteError> {
        let file = &self.share.file;
        let body = || {
            let sealed = self.store.folder().read(&file.name)?;
            Ok(Body::wrap_stream(pieces(sealed, file.size)))
        };
        self.account.bring_file(self.share.message_id, file.size, body).await
    }
}
