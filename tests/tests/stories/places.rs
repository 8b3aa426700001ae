//! What could not be read stands where it stood on the wire, whatever the power does meanwhile.

use std::time::Duration;

use anyhow::{Result, ensure};
use ownline_model::ids::ConversationId;
use ownline_tests::{AgentApp, Customer, Phone, Stage, until};
use serde_json::{Value, json};

const ENDS_WITHIN: Duration = Duration::from_secs(30);
/// So long WhatsApp holds back the last of what waited: until then the library keeps together what it could read.
const HELD_MS: u64 = 20_000;

struct Line {
    stage: Stage,
    ana: AgentApp,
    phone: Phone,
    joana: Customer,
    chat: ConversationId,
}

impl Line {
    async fn set(number: &str) -> Result<Self> {
        let stage = Stage::set().await?;
        let (ana, phone) = stage.linked_agent("Ana", number).await?;
        let joana = stage.network.customer("5511912345601", "Joana").await?;
        joana.writes(&phone, "hello").await?;
        let chat = ana.conversation_with(&joana.number).await?.conversation.id;
        Ok(Self { stage, ana, phone, joana, chat })
    }

    /// Joana writes while nobody listens; the messages after the first cannot be read when they come, but for the last,
    /// which comes much later. Answers with the ids of those that cannot be read.
    async fn misses(&mut self, texts: &[&str]) -> Result<Vec<String>> {
        self.ana.program.kill().await?;
        let mut ids = Vec::new();
        for text in texts {
            ids.push(self.joana.writes(&self.phone, text).await?);
        }
        let (number, unread) = (&self.phone.number, texts.len() - 2);
        let corrupt = json!({ "corrupt": { "number": number, "skip": 1, "times": unread } });
        let delay = json!({ "delay": { "number": number, "skip": 1, "times": 1, "ms": HELD_MS } });
        self.stage.network.fault(corrupt).await?;
        self.stage.network.fault(delay).await?;
        Ok(ids.drain(1..=unread).collect())
    }

    async fn starts_anew_and_sees(&mut self, texts: &[&str]) -> Result<()> {
        let _: Value = self.stage.network.api.delete("/faults").await?;
        self.ana.start_again().await?;
        self.ana.sees_texts(self.chat, texts).await.map(drop)
    }
}

#[tokio::test]
async fn f10_what_could_not_be_read_stays_behind_what_came_before_it_and_is_not_stored_yet() -> Result<()> {
    let mut line = Line::set("5511988887621").await?;
    line.misses(&["before", "unreadable", "too", "behind"]).await?;
    let _: Result<()> = line.ana.start_again_with(&[("OWNLINE_DIE_AT", "noted:2")]).await;
    let ended = line.ana.program.ends_by_itself(ENDS_WITHIN).await?;
    ensure!(ended, "it noted nothing:\n{}", line.ana.program.log_tail());
    line.starts_anew_and_sees(&["hello", "before", "unreadable", "too", "behind"]).await
}

#[tokio::test]
async fn f10_what_is_asked_for_again_stays_behind_what_came_before_it() -> Result<()> {
    let mut line = Line::set("5511988887622").await?;
    let unread = line.misses(&["before", "unreadable", "too", "behind"]).await?;
    line.ana.start_again().await?;
    let asked = async || Ok(line.stage.network.asked_again());
    until("both asked for again", asked, |asked| unread.iter().all(|id| asked.contains(id))).await?;
    line.ana.program.kill().await?;
    line.starts_anew_and_sees(&["hello", "before", "unreadable", "too", "behind"]).await
}
