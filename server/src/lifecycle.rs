//! Start and end of the server, in one place.

use std::{io, net::SocketAddr, time::Duration};

use ownline_model::problem::ProblemCode;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::{app::App, clock::Clock, config::Config, jobs, router};

/// Requests and sockets get this long to end.
const GRACE: Duration = Duration::from_secs(4);

/// The line on standard output that says the server serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ready {
    pub ready: bool,
    pub url: String,
    /// Until the first admin exists: where to make one, and the token for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_token: Option<String>,
}

/// A server that has its port and its data, and serves once it is run.
#[derive(Debug)]
pub struct Server {
    app: App,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    pub async fn open(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        // The port first: a second server on the same port must not touch the data.
        let listener = TcpListener::bind(config.listen).await.map_err(|error| cannot_listen(config.listen, &error))?;
        let address = listener.local_addr()?;
        let app = App::open(config, clock).await?;
        Ok(Self { app, listener, address })
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn ready(&self) -> Ready {
        let url = format!("http://{}", self.address);
        let setup_token = self.app.setup_token();
        let setup_url = setup_token.as_ref().map(|token| format!("{url}/setup#token={token}"));
        Ready { ready: true, url, setup_url, setup_token }
    }

    /// Serves until `end`, then finishes within five seconds.
    pub async fn run(self, end: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        let Self { app, listener, .. } = self;
        let tenant = app.begin_alone().await?;
        let tasks = TaskTracker::new();
        tasks.spawn(jobs::run(app.clone(), tenant));
        tasks.close();
        let stop = app.stop_token().clone();
        let ending = {
            let (app, stop) = (app.clone(), stop.clone());
            async move {
                end.await;
                tracing::info!("ending");
                stop.cancel();
                app.hub().end();
            }
        };
        let service = router::service(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            // Small frames must not wait for company.
            let _ = stream.set_nodelay(true);
        });
        let serving = IntoFuture::into_future(axum::serve(listener, service).with_graceful_shutdown(ending));
        let served = tokio::select! {
            served = serving => served,
            () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => {
                tracing::warn!("some connections did not end in time");
                Ok(())
            }
        };
        app.close().await;
        tasks.wait().await;
        served.map_err(Into::into)
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> anyhow::Error {
    if error.kind() == io::ErrorKind::AddrInUse {
        let code = ProblemCode::PortInUse;
        anyhow::anyhow!("{}: {address} is in use by another program; choose another with --listen", code.as_str())
    } else {
        anyhow::anyhow!("cannot listen on {address}: {error}")
    }
}
