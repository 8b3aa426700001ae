//! What others see of a person, and what the network does to an account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CustomerView, Result, World, WorldError};
use crate::crypto;
use crate::network::Network;
use crate::network::account::{Kind, lock};
use crate::network::business::Business;
use crate::network::media::MediaKind;
use crate::network::now_seconds;
use crate::network::profile::{PRIVACY, Picture, Presence, Timelock};

/// A picture is no larger.
const LARGEST: usize = 5 * 1024 * 1024;
const SIDE: u32 = 640;

/// Where a profile picture is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureView {
    pub id: String,
    pub url: String,
}

/// `POST /customers/{number}/presence`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPresence {
    pub available: bool,
    /// When it was last there, UTC milliseconds; now when absent.
    #[serde(default)]
    pub last: Option<i64>,
    /// It keeps that to itself.
    #[serde(default)]
    pub hidden: bool,
}

/// `POST /phones/{number}/timelock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTimelock {
    /// 0 lifts it.
    pub seconds: u32,
    /// As the network names it; `DEFAULT` when absent.
    #[serde(default)]
    pub kind: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelockView {
    pub active: bool,
    /// UTC milliseconds.
    pub until: Option<i64>,
}

/// A picture of two colours, which a seed chooses.
fn drawn(seed: u64) -> Result<Vec<u8>> {
    let colours = crypto::sha256(&seed.to_be_bytes());
    let picture = image::RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let part = if (x / 80 + y / 80) % 2 == 0 { 0 } else { 3 };
        image::Rgb([colours[part], colours[part + 1], colours[part + 2]])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).map_err(|error| WorldError::BadMedia(error.to_string()))?;
    Ok(bytes.into_inner())
}

/// Puts a picture with the media hosts, a drawn one where there are no bytes.
pub(super) async fn picture(network: &Network, owner: u64, bytes: Option<Vec<u8>>, seed: u64) -> Result<Picture> {
    let bytes = match bytes {
        Some(bytes) => bytes,
        None => drawn(seed)?,
    };
    let known = image::guess_format(&bytes).is_ok();
    if !known || bytes.len() > LARGEST {
        return Err(WorldError::BadMedia("a picture is a JPEG, PNG or WebP of at most 5 MiB".to_owned()));
    }
    let stored = network.put_media(MediaKind::Image, owner, &bytes).await?;
    let id = u32::from_be_bytes(crypto::random()).to_string();
    Ok(Picture { id, url: stored.url, direct_path: stored.direct_path })
}

impl World {
    /// Gives a person a picture, a drawn one where there are no bytes.
    pub async fn set_picture(
        &self,
        number: &str,
        kind: Kind,
        bytes: Option<Vec<u8>>,
        seed: u64,
    ) -> Result<PictureView> {
        let person = self.person(number, kind)?;
        let picture = picture(&self.0.network, person.number(), bytes, seed).await?;
        let view = PictureView { id: picture.id.clone(), url: picture.url.clone() };
        self.0.network.set_picture(&person.account, Some(picture)).await?;
        Ok(view)
    }

    pub async fn remove_picture(&self, number: &str, kind: Kind) -> Result<()> {
        let person = self.person(number, kind)?;
        Ok(self.0.network.set_picture(&person.account, None).await?)
    }

    pub async fn rename_customer(&self, number: &str, name: &str) -> Result<CustomerView> {
        let name = super::body::name(name)?;
        let person = self.person(number, Kind::Customer)?;
        self.to_its_end(async move { person.rename(&name).await }).await?;
        self.customer(number).await
    }

    /// Lists a customer as a business of this name, or no longer.
    pub async fn set_business(&self, number: &str, name: Option<&str>) -> Result<CustomerView> {
        let name = name.map(super::body::name).transpose()?;
        let person = self.person(number, Kind::Customer)?;
        let serial = u64::from(u32::from_be_bytes(crypto::random()));
        let business = name.map(|name| Business { name, serial });
        self.0.network.set_business(&person.account, business).await?;
        self.customer(number).await
    }

    pub fn set_presence(&self, number: &str, presence: &NewPresence) -> Result<()> {
        let person = self.person(number, Kind::Customer)?;
        let last = presence.last.map_or_else(now_seconds, |last| last / 1000);
        let presence = Presence { available: presence.available, last: (!presence.hidden).then_some(last) };
        self.0.network.set_presence(&person.account, presence);
        Ok(())
    }

    pub async fn set_privacy(&self, number: &str, kind: Kind, settings: BTreeMap<String, String>) -> Result<()> {
        let person = self.person(number, kind)?;
        for (name, value) in &settings {
            let known = PRIVACY.iter().any(|(known, values)| known == name && values.contains(&value.as_str()));
            if !known {
                return Err(WorldError::BadRequest(format!("there is no privacy setting {name} = {value}")));
            }
        }
        Ok(self.0.network.set_privacy(&person.account, settings.into_iter().collect()).await?)
    }

    /// The account may only answer, not begin chats, for so long.
    pub async fn set_timelock(&self, number: &str, wanted: NewTimelock) -> Result<TimelockView> {
        let person = self.person(number, Kind::Phone)?;
        let until = now_seconds() + i64::from(wanted.seconds);
        let kind = wanted.kind.unwrap_or_else(|| "DEFAULT".to_owned());
        let timelock = (wanted.seconds > 0).then_some(Timelock { until, kind });
        let view = TimelockView { active: timelock.is_some(), until: timelock.as_ref().map(|lock| lock.until * 1000) };
        lock(&person.account.profile).timelock = timelock;
        self.0.network.store.write(vec![Network::profile_op(&person.account)]).await?;
        Ok(view)
    }

    /// Leaves a linked device so many one-time prekeys.
    pub async fn deplete_prekeys(&self, number: &str, device: u16, keep: usize) -> Result<usize> {
        let person = self.person(number, Kind::Phone)?;
        let device = person.account.device(device).filter(|device| device.address.device != 0);
        let device = device.ok_or_else(|| WorldError::BadRequest("there is no such linked device".to_owned()))?;
        Ok(self.0.network.deplete(&device, keep).await?)
    }

    /// A customer changes the number: its keys, its hidden id and what it wrote stay.
    pub async fn change_number(&self, number: &str, to: &str) -> Result<CustomerView> {
        self.person(number, Kind::Customer)?;
        let (from, new) = (super::body::number(number)?, super::body::number(to)?);
        let world = self.clone();
        self.to_its_end(async move { world.0.people.change_number(from, new).await }).await?;
        self.customer(to).await
    }
}
