//! The disturbances in force, in one place. The rest of the network asks at three moments: a stanza goes out to a device, a
//! message came in from one, a device logs in.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::account::lock;
use super::address::Address;
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
        FaultKind::Close | FaultKind::Replaced | FaultKind::LoggedOut | FaultKind::StreamError { .. } => Moment::AtOnce,
        FaultKind::SlowMedia { .. } => Moment::Media,
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

    /// How long a media transfer of the account waits, in milliseconds.
    pub fn media(&self, number: u64) -> Option<u64> {
        match self.strike(Moment::Media, Address::phone(number), "message", true) {
            Some(FaultKind::SlowMedia { ms }) => Some(ms),
            _ => None,
        }
    }

    fn strike(&self, when: Moment, device: Address, tag: &str, encrypted: bool) -> Option<FaultKind> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut guard = lock(&self.rules);
        let index = guard.rules.iter_mut().position(|rule| rule.fits(when, device, tag, encrypted))?;
        let rule = &mut guard.rules[index];
        rule.view.struck += 1;
        let kind = rule.view.fault.kind.clone();
        if let Some(left) = &mut rule.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                guard.rules.remove(index);
                self.any.store(!guard.rules.is_empty(), Ordering::Release);
            }
        }
        Some(kind)
    }
}

impl Rule {
    /// Whether this stanza is one to strike. Counts those that are let pass.
    fn fits(&mut self, when: Moment, device: Address, tag: &str, encrypted: bool) -> bool {
        let fault = &self.view.fault;
        let stanza = fault.stanza.as_deref().unwrap_or("message");
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
