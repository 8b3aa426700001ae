//! Numbers: which machine holds them, and whether it can be reached.

use ownline_model::{
    channel::Channel, event::Event, ids::AgentId, ids::ChannelId, limits::clean_name, phone::PhoneNumber,
    problem::ProblemCode, session::SessionStateName, sync::Truth,
};

use super::{Applied, Caller, Done};
use crate::store::{Stored, Tx, agents, channels};

/// What a bridge says about the number it holds.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) channel_id: ChannelId,
    pub(crate) number: PhoneNumber,
    pub(crate) name: String,
    pub(crate) session: SessionStateName,
    pub(crate) lends: bool,
}

pub(crate) async fn report(tx: &mut Tx, caller: &Caller, report: Report) -> Done<Applied> {
    let known = channels::by_number(tx, &report.number).await?;
    let name = Some(clean_name(&report.name)).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| report.number.pretty());
    let Some(before) = known else {
        let id_is_taken = channels::find(tx, report.channel_id).await?.is_some();
        let channel = Channel {
            // Another number than before is another channel: its chats are its own.
            id: if id_is_taken { ChannelId::fresh() } else { report.channel_id },
            version: 1,
            number: report.number,
            name,
            owner_id: caller.id(),
            lends: report.lends,
            session: report.session,
            owner_online: caller.bridge_online,
            updated_at: tx.now(),
        };
        channels::insert(tx, &channel).await?;
        tx.journal(Event::ChannelStatus(channel.clone()));
        return Ok(Applied::now(truth(channel)));
    };
    if before.owner_id != caller.id() {
        // A number follows its SIM card once the person who had it has left the team.
        let owner_is_here = agents::find(tx, before.owner_id).await?.is_some_and(|owner| owner.active);
        if owner_is_here {
            return Err(ProblemCode::NumberAlreadyLinked.into());
        }
    }
    let channel = Channel {
        name,
        owner_id: caller.id(),
        lends: report.lends,
        session: report.session,
        owner_online: caller.bridge_online,
        ..before.clone()
    };
    if channel == before {
        return Ok(Applied::before(truth(before)));
    }
    Ok(Applied::now(truth(save(tx, channel).await?)))
}

/// Notes that a person's bridge has come or gone.
pub(crate) async fn presence(tx: &mut Tx, owner: AgentId, online: bool) -> Stored<()> {
    for channel in channels::of_owner(tx, owner).await? {
        if channel.owner_online != online {
            save(tx, Channel { owner_online: online, ..channel }).await?;
        }
    }
    Ok(())
}

/// At start nobody is connected, whatever the file says.
pub(crate) async fn all_offline(tx: &mut Tx) -> Stored<()> {
    for channel in channels::online(tx).await? {
        save(tx, Channel { owner_online: false, ..channel }).await?;
    }
    Ok(())
}

async fn save(tx: &mut Tx, mut channel: Channel) -> Stored<Channel> {
    channel.version += 1;
    channel.updated_at = tx.now();
    channels::update(tx, &channel).await?;
    tx.journal(Event::ChannelStatus(channel.clone()));
    Ok(channel)
}

fn truth(channel: Channel) -> Truth {
    Truth { channel: Some(channel), ..Truth::default() }
}
