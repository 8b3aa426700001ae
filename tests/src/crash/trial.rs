//! One trial, made from its seed alone.

use std::{fmt, time::Duration};

use super::dice::Dice;

/// Chats on the owner's number; in the first ones the owner answers, in the others the colleague.
pub(super) const CHATS: usize = 5;
pub(super) const CHATS_OF_OWNER: usize = 3;

/// The bridge's own moments, at which a test may end it; each is met at least this often in a trial with traffic.
const MOMENTS: &[(&str, u64)] = &[
    ("decrypted", 4),
    ("copied", 4),
    ("received", 4),
    ("committing", 30),
    ("committed", 4),
    ("cleared", 4),
    ("ratcheted", 4),
    ("pushing", 6),
    ("pushed", 6),
    ("pulled", 6),
    ("leaving", 4),
    ("left", 4),
    ("answered", 4),
    ("settled", 4),
    ("told", 4),
];

/// The same of what could not be read.
const UNREAD_MOMENTS: &[(&str, u64)] = &[("noted", 2), ("recovered", 1), ("decrypted", 4), ("committed", 3)];

/// Between the start of the traffic and the kill.
const MOMENT_MS: u64 = 400;
const PAUSE_MS: u64 = 120;
/// Between a start and the kill, where one follows the other.
const FALL_MS: u64 = 50;
const FALLS: u64 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    Owner,
    Colleague,
    Server,
    OwnerAndServer,
}

impl Victim {
    pub const fn is_owner(self) -> bool {
        matches!(self, Self::Owner | Self::OwnerAndServer)
    }

    pub const fn is_server(self) -> bool {
        matches!(self, Self::Server | Self::OwnerAndServer)
    }
}

/// What WhatsApp's side does besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The owner's connection ends: at once, or at the next stanza of a kind.
    Cut(&'static str),
    /// The next message is taken and not acknowledged.
    DropAck,
    /// The next messages to the owner cannot be read.
    Corrupt(u32),
}

/// Which trials a run is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Temper {
    /// Anything, at any moment.
    #[default]
    Even,
    /// The owner's bridge again and again, right after its start, while much waits for it and some of it cannot be read.
    Restless,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// The customer writes.
    Writes,
    /// The customer reads everything received so far.
    Reads,
    /// The chat's agent answers.
    Answers,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) after: Duration,
    pub(super) deed: Deed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    pub seed: u64,
    pub victim: Victim,
    pub moment: Duration,
    /// Where in its own work the owner's bridge ends, counted from its start, instead of at `moment`.
    pub dies_at: Option<(&'static str, u64)>,
    pub trouble: Option<Trouble>,
    /// Further kills of the owner's bridge, each so long after its next start.
    pub falls: Vec<Duration>,
    /// Else it is killed wherever its start has got to.
    pub once_online: bool,
    /// For each chat, what happens in it.
    pub(super) chats: Vec<Vec<Step>>,
}

impl Trial {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let victim = match dice.below(100) {
            0..70 => Victim::Owner,
            70..82 => Victim::Server,
            82..92 => Victim::Colleague,
            _ => Victim::OwnerAndServer,
        };
        let moment = dice.up_to_millis(MOMENT_MS);
        let trouble = match dice.below(100) {
            0..4 => Some(Trouble::Cut("now")),
            4..6 => Some(Trouble::Cut("message")),
            6..8 => Some(Trouble::Cut("receipt")),
            8..10 => Some(Trouble::Cut("ack")),
            10..18 => Some(Trouble::DropAck),
            _ => None,
        };
        let once_online = dice.percent(75);
        let dies_at = (victim.is_owner() && dice.percent(40)).then(|| {
            let (name, often) = MOMENTS[usize::try_from(dice.below(MOMENTS.len() as u64)).unwrap_or_default()];
            (name, 1 + dice.below(often))
        });
        let chats = (0..CHATS).map(|_| steps(&mut dice)).collect();
        Self { seed, victim, moment, dies_at, trouble, falls: Vec::new(), once_online, chats }
    }

    pub fn restless(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let moment = dice.up_to_millis(FALL_MS);
        let trouble = match dice.below(100) {
            0..50 => Some(Trouble::Corrupt(1 + u32::try_from(dice.below(4)).unwrap_or_default())),
            50..60 => Some(Trouble::Cut("message")),
            60..70 => Some(Trouble::Cut("receipt")),
            _ => None,
        };
        let moments = if matches!(trouble, Some(Trouble::Corrupt(_))) { UNREAD_MOMENTS } else { &MOMENTS[..7] };
        let dies_at = dice.percent(50).then(|| {
            let (name, often) = moments[usize::try_from(dice.below(moments.len() as u64)).unwrap_or_default()];
            (name, 1 + dice.below(often))
        });
        let falls = (0..dice.below(FALLS + 1)).map(|_| dice.up_to_millis(FALL_MS)).collect();
        let once_online = dice.percent(50);
        let chats = (0..CHATS).map(|_| steps(&mut dice)).collect();
        Self { seed, victim: Victim::Owner, moment, dies_at, trouble, falls, once_online, chats }
    }
}

impl Temper {
    pub(super) fn trial(self, seed: u64) -> Trial {
        match self {
            Self::Even => Trial::of(seed),
            Self::Restless => Trial::restless(seed),
        }
    }
}

fn steps(dice: &mut Dice) -> Vec<Step> {
    if dice.percent(35) {
        return Vec::new();
    }
    let count = 1 + dice.below(4);
    let step = |dice: &mut Dice| Step {
        after: dice.up_to_millis(PAUSE_MS),
        deed: match dice.below(100) {
            0..45 => Deed::Writes,
            45..90 => Deed::Answers,
            _ => Deed::Reads,
        },
    };
    (0..count).map(|_| step(dice)).collect()
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.moment.as_secs_f64() * 1000.0;
        write!(f, "seed {}: kill {:?} ", self.seed, self.victim)?;
        match self.dies_at {
            Some((name, times)) => write!(f, "when {name} for the {times}. time")?,
            None => write!(f, "after {ms:.1} ms")?,
        }
        if let Some(trouble) = self.trouble {
            write!(f, ", {trouble:?}")?;
        }
        for fall in &self.falls {
            write!(f, ", again {:.1} ms after its start", fall.as_secs_f64() * 1000.0)?;
        }
        if !self.once_online {
            write!(f, ", not awaiting its connection")?;
        }
        Ok(())
    }
}
