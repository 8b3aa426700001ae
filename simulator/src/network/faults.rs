//! The disturbances in force, in one place. The rest of the network asks at three moments: a stanza goes out to a device, a
//! message came in from one, a device logs in.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::account::lock;
use super::address::Address;
use super::media::Trouble;
use crate::world::{Fault, FaultKind, FaultView};

#[derive(Debug)]
struct Rule {
    view: FaultView,
    /// `view.fault.number`, parsed.
    number: Option<u64>,
    passed: u32,
    left: Option<u32>,
}

#[derive(Debug, Default)]
struct Rules {
    last_id: u64,
    rules: Vec<Rule>,
}

#[derive(Debug, Default)]
pub struct Faults {
    any: AtomicBool,
    rules: Mutex<Rules>,
}

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Outgoing,
    Incoming,
    Login,
    /// When it is set, once.
    AtOnce,
    Media,
}

fn moment(kind: &FaultKind) -> Moment {
    match kind {
        FaultKind::Drop
        | FaultKind::Delay { .. }
        | FaultKind::Duplicate
        | FaultKind::Reorder
        | FaultKind::Corrupt
        | FaultKind::Cut => Moment::Outgoing,
        FaultKind::Refuse { .. } | FaultKind::DropAck => Moment::Incoming,
        FaultKind::Ban { .. } | FaultKind::Failure { .. } | FaultKind::Outdated => Moment::Login,
        FaultKind::Close
        | FaultKind::Replaced
        | FaultKind::LoggedOut
        | FaultKind::StreamError { .. }
        | FaultKind::ExpiredMedia { .. } => Moment::AtOnce,
        FaultKind::SlowMedia { .. }
        | FaultKind::CorruptMedia
        | FaultKind::CutMedia { .. }
        | FaultKind::RefuseMedia { .. } => Moment::Media,
    }
}

impl Faults {
    /// Takes a fault into force. Those that strike at once are only numbered: the caller strikes.
    pub fn add(&self, fault: Fault, number: Option<u64>) -> FaultView {
        let mut rules = lock(&self.rules);
        rules.last_id += 1;
        let at_once = moment(&fault.kind) == Moment::AtOnce;
        let view = FaultView { id: rules.last_id, fault, struck: u32::from(at_once) };
        if !at_once {
            let left = view.fault.times;
            rules.rules.push(Rule { view: view.clone(), number, passed: 0, left });
            self.any.store(true, Ordering::Release);
        }
        view
    }

    pub fn list(&self) -> Vec<FaultView> {
        lock(&self.rules).rules.iter().map(|rule| rule.view.clone()).collect()
    }

    pub fn clear(&self) {
        lock(&self.rules).rules.clear();
        self.any.store(false, Ordering::Release);
    }

    /// What happens to a stanza on its way to `device`.
    pub fn outgoing(&self, device: Address, tag: &str, encrypted: bool) -> Option<FaultKind> {
        self.strike(Moment::Outgoing, device, tag, encrypted)
    }

    /// What happens to a message that came from `device`.
    pub fn incoming(&self, device: Address, tag: &str) -> Option<FaultKind> {
        self.strike(Moment::Incoming, device, tag, true)
    }

    /// Whether `device` may log in.
    pub fn login(&self, device: Address) -> Option<FaultKind> {
        self.strike(Moment::Login, device, "message", true)
    }

    /// What happens to a media transfer; of the account that shows itself, if it does. Unlike stanzas, a transfer can meet
    /// several faults at once.
    pub fn media(&self, number: Option<u64>, transfer: Transfer) -> Trouble {
        let mut trouble = Trouble::default();
        if !self.any.load(Ordering::Acquire) {
            return trouble;
        }
        let device = Address::phone(number.unwrap_or(0));
        let mut guard = lock(&self.rules);
        let fitting: Vec<usize> = (0..guard.rules.len())
            .filter(|index| guard.rules[*index].fits(Moment::Media, device, transfer.name(), true))
            .collect();
        // From the end, so that a rule that is used up does not move those before it.
        for index in fitting.into_iter().rev() {
            match self.spend(&mut guard.rules, index) {
                FaultKind::SlowMedia { ms, bytes_per_second } => {
                    (trouble.delay_ms, trouble.bytes_per_second) = (Some(ms), bytes_per_second);
                }
                FaultKind::CorruptMedia => trouble.corrupt = true,
                FaultKind::CutMedia { after } => trouble.cut_after = Some(after),
                FaultKind::RefuseMedia { code } => trouble.refused = Some(code),
                _ => {}
            }
        }
        trouble
    }

    fn strike(&self, when: Moment, device: Address, tag: &str, encrypted: bool) -> Option<FaultKind> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut guard = lock(&self.rules);
        let index = guard.rules.iter_mut().position(|rule| rule.fits(when, device, tag, encrypted))?;
        Some(self.spend(&mut guard.rules, index))
    }

    /// Uses a rule once.
    fn spend(&self, rules: &mut Vec<Rule>, index: usize) -> FaultKind {
        let rule = &mut rules[index];
        rule.view.struck += 1;
        let kind = rule.view.fault.kind.clone();
        if let Some(left) = &mut rule.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                rules.remove(index);
                self.any.store(!rules.is_empty(), Ordering::Release);
            }
        }
        kind
    }
}

/// Which way a file goes; as `stanza` of a media fault names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    Upload,
    Download,
}

impl Transfer {
    fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Download => "download",
        }
    }
}

impl Rule {
    /// Whether this stanza is one to strike. Counts those that are let pass.
    fn fits(&mut self, when: Moment, device: Address, tag: &str, encrypted: bool) -> bool {
        let fault = &self.view.fault;
        let unnamed = if when == Moment::Media { "any" } else { "message" };
        let stanza = fault.stanza.as_deref().unwrap_or(unnamed);
        let fits = moment(&fault.kind) == when
            && self.number.is_none_or(|number| number == device.number)
            && fault.device.is_none_or(|index| index == device.device)
            && (stanza == "any" || stanza == tag)
            && (encrypted || fault.kind != FaultKind::Corrupt);
        if fits && self.passed < fault.skip {
            self.passed += 1;
            return false;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: Address = Address::new(4_915_100_000_001, 1);

    fn fault(kind: FaultKind) -> Fault {
        Fault { kind, number: None, device: None, stanza: None, times: None, skip: 0 }
    }

    #[test]
    fn a_fault_strikes_where_and_as_often_as_it_says() {
        let faults = Faults::default();
        faults.add(Fault { times: Some(2), skip: 1, ..fault(FaultKind::Drop) }, Some(DEVICE.number));
        assert_eq!(faults.outgoing(Address::new(1, 1), "message", true), None, "another account");
        assert_eq!(faults.outgoing(DEVICE, "receipt", false), None, "another stanza");
        assert_eq!(faults.outgoing(DEVICE, "message", true), None, "the first passes");
        assert_eq!(faults.outgoing(DEVICE, "message", true), Some(FaultKind::Drop));
        assert_eq!(faults.outgoing(DEVICE, "message", true), Some(FaultKind::Drop));
        assert_eq!(faults.outgoing(DEVICE, "message", true), None, "twice is enough");
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_transfer_meets_all_its_faults_at_once() {
        let faults = Faults::default();
        faults.add(fault(FaultKind::SlowMedia { ms: 5, bytes_per_second: Some(100) }), None);
        faults.add(Fault { times: Some(1), ..fault(FaultKind::CorruptMedia) }, None);
        let named = Fault { stanza: Some("upload".to_owned()), ..fault(FaultKind::CutMedia { after: 10 }) };
        faults.add(named, Some(DEVICE.number));
        let down = faults.media(None, Transfer::Download);
        assert_eq!(
            down,
            Trouble { delay_ms: Some(5), bytes_per_second: Some(100), corrupt: true, ..Trouble::default() }
        );
        let up = faults.media(Some(DEVICE.number), Transfer::Upload);
        assert_eq!((up.corrupt, up.cut_after, up.delay_ms), (false, Some(10), Some(5)));
        assert_eq!(faults.media(None, Transfer::Upload).cut_after, None, "nobody who is named");
        assert_eq!(faults.outgoing(DEVICE, "message", true), None);
    }

    #[test]
    fn refusals_meet_what_comes_in_and_bans_meet_logins() {
        let faults = Faults::default();
        faults.add(fault(FaultKind::Refuse { code: 463 }), None);
        faults.add(fault(FaultKind::Ban { code: 101, expire: 60 }), None);
        assert_eq!(faults.outgoing(DEVICE, "message", true), None);
        assert_eq!(faults.incoming(DEVICE, "message"), Some(FaultKind::Refuse { code: 463 }));
        assert_eq!(faults.login(DEVICE), Some(FaultKind::Ban { code: 101, expire: 60 }));
        faults.clear();
        assert_eq!(faults.incoming(DEVICE, "message"), None);
    }
}
