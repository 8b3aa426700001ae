//! The runtime given to the library: each task that it starts belongs to one connection and ends with it.

use std::{pin::Pin, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use whatsapp_rust::wacore::runtime::{AbortHandle, Runtime};

#[derive(Debug, Clone, Default)]
pub(super) struct OwnedRuntime {
    tasks: TaskTracker,
    end: CancellationToken,
}

impl OwnedRuntime {
    /// Waits for the library's tasks, then ends those that are left.
    pub(super) async fn end(self, grace: Duration) {
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_err() {
            tracing::debug!(left = self.tasks.len(), "ending what is left of the WhatsApp connection");
            self.end.cancel();
            self.tasks.wait().await;
        }
    }
}

impl Runtime for OwnedRuntime {
    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send + 'static>>) -> AbortHandle {
        let end = self.end.clone();
        let task = self.tasks.spawn(async move {
            end.run_until_cancelled(future).await;
        });
        AbortHandle::new(move || task.abort())
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send + 'static>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let task = self.tasks.spawn_blocking(work);
        Box::pin(async move {
            let _ = task.await;
        })
    }

    fn yield_now(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_outlives_the_connection() {
        let runtime = OwnedRuntime::default();
        let (alive, mut ended) = tokio::sync::mpsc::channel::<()>(1);
        runtime.spawn_detached(Box::pin(async move {
            let _alive = alive;
            std::future::pending::<()>().await;
        }));
        runtime.end(Duration::from_millis(10)).await;
        assert_eq!(ended.recv().await, None, "the task was dropped");
    }
}
