//! The socket that feeds a screen.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use ownline_model::{
    PROTOCOL,
    event::Event,
    realtime::{ClientFrame, ServerFrame},
};
use ownline_tests::AgentApp;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

pub(crate) struct Screen(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Screen {
    pub(crate) async fn open(app: &AgentApp) -> Result<Self> {
        let url = format!("{}/api/realtime", app.api.base.replacen("http", "ws", 1));
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
        let token = app.api.token.clone().context("a token")?;
        for frame in [
            ClientFrame::Hello { token, protocol: PROTOCOL, device_id: None },
            ClientFrame::Subscribe { room: "desk".to_owned() },
        ] {
            socket.send(Message::text(serde_json::to_string(&frame)?)).await?;
        }
        let mut screen = Self(socket);
        screen.hears(|frame| matches!(frame, ServerFrame::Welcome { .. })).await.context("waiting for the welcome")?;
        Ok(screen)
    }

    /// Waits until a message with that text is on the screen.
    pub(crate) async fn shows(&mut self, text: &str) -> Result<()> {
        let is_it = |frame: &ServerFrame| {
            matches!(frame, ServerFrame::Event { event: Event::MessageNew(message), .. }
                if message.text.as_deref() == Some(text))
        };
        self.hears(is_it).await.with_context(|| format!("waiting for {text:?}"))
    }

    async fn hears(&mut self, wanted: impl Fn(&ServerFrame) -> bool) -> Result<()> {
        let heard = async {
            while let Some(frame) = self.0.next().await {
                let Message::Text(json) = frame? else { continue };
                if wanted(&serde_json::from_str(&json)?) {
                    return Ok(());
                }
            }
            bail!("the socket ended")
        };
        tokio::time::timeout(Duration::from_secs(30), heard).await?
    }
}
