//! The power goes at moments of the bridge's own work that could cost a message (random ones are `crash`'s), and the machine
//! sleeps.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ownline_model::{
    ids::ConversationId,
    message::{Direction, Message, MessageKind, MessageStatus},
};
use ownline_tests::{AgentApp, Customer, Phone, Stage, agent::texts, until};
use serde_json::{Value, json};

const ENDS_WITHIN: Duration = Duration::from_secs(30);
const COMES_WITHIN: Duration = Duration::from_secs(8);
/// Longer than the bridge waits for an acknowledgement.
const NAP: Duration = Duration::from_secs(22);

struct Line {
    stage: Stage,
    ana: AgentApp,
    phone: Phone,
    joana: Customer,
    pedro: Customer,
    with_joana: ConversationId,
    with_pedro: ConversationId,
    said: Vec<String>,
}

impl Line {
    async fn set(number: &str) -> Result<Self> {
        let stage = Stage::set().await?;
        let (ana, phone) = stage.linked_agent("Ana", number).await?;
        let joana = stage.network.customer("5511912345601", "Joana").await?;
        let pedro = stage.network.customer("5511912345602", "Pedro").await?;
        joana.writes(&phone, "hello").await?;
        pedro.writes(&phone, "hello").await?;
        let with_joana = ana.conversation_with(&joana.number).await?.conversation.id;
        let with_pedro = ana.conversation_with(&pedro.number).await?.conversation.id;
        Ok(Self { stage, ana, phone, joana, pedro, with_joana, with_pedro, said: vec!["hello".to_owned()] })
    }

    /// Both customers write the same, at once.
    async fn both_write(&mut self, text: &str) -> Result<()> {
        let (joana, pedro) = (self.joana.writes(&self.phone, text), self.pedro.writes(&self.phone, text));
        futures_util::future::try_join(joana, pedro).await?;
        self.said.push(text.to_owned());
        Ok(())
    }

    /// Starts the bridge so that it ends at that moment of its work. It may do so before it is ready.
    async fn starts_to_die(&mut self, moment: &str) {
        let _: Result<()> = self.ana.start_again_with(&[("OWNLINE_DIE_AT", moment)]).await;
    }

    /// The same, with nothing that waits for it: what comes to that moment comes live.
    async fn is_online_to_die(&mut self, moment: &str) -> Result<()> {
        // A goodbye confirms what is here; after a kill some of it would come again at the start.
        self.ana.program.stop().await?;
        self.starts_to_die(moment).await;
        self.ana.is_online().await
    }

    async fn ends(&mut self, moment: &str) -> Result<()> {
        let ended = self.ana.program.ends_by_itself(ENDS_WITHIN).await?;
        ensure!(ended, "it never came to {moment}:\n{}", self.ana.program.log_tail());
        Ok(())
    }

    /// Everything that was said, once and in order, in both chats.
    async fn has_everything(&self) -> Result<()> {
        let said: Vec<&str> = self.said.iter().map(String::as_str).collect();
        self.ana.sees_texts(self.with_joana, &said).await?;
        self.ana.sees_texts(self.with_pedro, &said).await.map(drop)
    }
}

#[tokio::test]
async fn f01_live_messages_outlive_the_power_at_each_moment() -> Result<()> {
    let mut line = Line::set("5511988887611").await?;
    // Where it is held, the other chat's message goes on and brings the used keys of both to the disk.
    for moment in ["decrypted:1:1000", "copied:1:1000", "received:2", "committed:2", "cleared:1:1000", "ratcheted:1"] {
        line.is_online_to_die(moment).await?;
        line.both_write(&format!("{moment}, live")).await?;
        line.ends(moment).await?;
        line.both_write(&format!("{moment}, after it")).await?;
        line.ana.start_again().await?;
        line.has_everything().await.context(moment)?;
    }
    Ok(())
}

#[tokio::test]
async fn f01_messages_that_waited_outlive_the_power_at_each_moment_again_and_again() -> Result<()> {
    let mut line = Line::set("5511988887612").await?;
    line.is_online_to_die("decrypted:1:1000").await?;
    line.both_write("live").await?;
    line.ends("decrypted").await?;
    line.both_write("waiting").await?;
    for moment in ["decrypted", "copied", "ratcheted", "received", "committed", "cleared"] {
        line.starts_to_die(moment).await;
        line.ends(moment).await?;
    }
    line.ana.start_again().await?;
    line.has_everything().await
}

#[tokio::test]
async fn f10_what_could_not_be_read_outlives_the_power_at_each_moment() -> Result<()> {
    let mut line = Line::set("5511988887613").await?;
    for moment in
        ["noted:1", "noted:1:1000", "noted:2", "recovered:1", "recovered:1:1000", "committed:2", "decrypted:2:1000"]
    {
        line.ana.program.kill().await?;
        line.both_write(&format!("{moment}, waiting")).await?;
        line.both_write(&format!("{moment}, behind it")).await?;
        line.stage.network.fault(json!({ "corrupt": { "number": line.phone.number, "times": 2 } })).await?;
        line.starts_to_die(moment).await;
        // How often it comes to the later ones depends on what comes together; then the plug is pulled where it is.
        if !line.ana.program.ends_by_itself(COMES_WITHIN).await? {
            line.ana.program.kill().await?;
        }
        let _: Value = line.stage.network.api.delete("/faults").await?;
        line.ana.start_again().await?;
        line.has_everything().await.context(moment)?;
    }
    Ok(())
}

#[tokio::test]
async fn f10_a_placeholder_is_filled_after_a_restart_though_nobody_answered_before() -> Result<()> {
    let mut line = Line::set("5511988887614").await?;
    line.ana.program.kill().await?;
    line.both_write("unreadable").await?;
    line.stage.network.fault(json!({ "corrupt": { "number": line.phone.number, "times": 2 } })).await?;
    // Neither the senders' repetitions nor the phone's answers reach this machine.
    line.stage.network.fault(json!({ "drop": { "number": line.phone.number } })).await?;
    line.ana.start_again().await?;
    line.ana.is_online().await?;
    for id in [line.with_joana, line.with_pedro] {
        let unread = |messages: &Vec<Message>| messages.iter().any(|it| it.kind == MessageKind::Undecryptable);
        until("a placeholder", async || line.ana.messages(id).await, unread).await?;
    }
    let _: Value = line.stage.network.api.delete("/faults").await?;
    line.ana.program.kill().await?;
    line.ana.start_again().await?;
    line.has_everything().await
}

#[tokio::test]
async fn f14_a_tick_outlives_the_power_before_it_is_stored() -> Result<()> {
    let mut line = Line::set("5511988887616").await?;
    let ticket = line.ana.conversation_with(&line.joana.number).await?.ticket.context("a ticket")?;
    line.ana.takes(&ticket).await?;
    for (moment, text) in [("told:1", "the first"), ("told:1:1000", "the second")] {
        line.is_online_to_die(moment).await?;
        let sent = line.ana.answers(line.with_joana, text).await?;
        line.ends(moment).await?;
        line.ana.start_again().await?;
        line.ana.sees_status(&sent, MessageStatus::Delivered).await.context(moment)?;
        line.is_online_to_die(moment).await?;
        line.joana.reads(&line.phone, std::slice::from_ref(&sent.wa_id)).await?;
        line.ends(moment).await?;
        line.ana.start_again().await?;
        line.ana.sees_status(&sent, MessageStatus::Read).await.context(moment)?;
    }
    Ok(())
}

#[tokio::test]
async fn f17_a_machine_that_slept_is_live_again_and_sends_nothing_twice() -> Result<()> {
    let line = Line::set("5511988887615").await?;
    let ticket = line.ana.conversation_with(&line.joana.number).await?.ticket.context("a ticket")?;
    line.ana.takes(&ticket).await?;
    // On its way when the lid is closed: WhatsApp's acknowledgement of the first finds nobody, the second has not left.
    line.ana.answers(line.with_joana, "before the nap").await?;
    line.ana.answers(line.with_joana, "just before it").await?;
    line.ana.program.sleep().await?;
    line.joana.writes(&line.phone, "meanwhile").await?;
    tokio::time::sleep(NAP).await;
    line.stage.network.cut(&line.phone).await?;
    line.joana.writes(&line.phone, "a minute ago").await?;
    line.ana.program.wake().await?;
    // Whoever asks in the first moment may find a connection that ended in its sleep.
    line.ana.is_online().await?;
    let last = line.ana.answers(line.with_joana, "after it").await?;
    line.joana.has_received(&line.phone, &["before the nap", "just before it", "after it"]).await?;
    line.ana.sees_status(&last, MessageStatus::Delivered).await?;
    let heard = async || Ok(texts(&line.ana.messages(line.with_joana).await?, Direction::Inbound).join(", "));
    until("what was written meanwhile", heard, |heard: &String| heard == "hello, meanwhile, a minute ago").await?;
    Ok(())
}
