//! The one handle by which everything outside the protocol (the control API, the page, the command line, tests) acts on
//! the simulated world. Every operation returns when it is written to the state folder.

pub mod error;
pub mod types;

use std::path::PathBuf;

use tokio::sync::broadcast;

pub use error::{ErrorClass, Result, WorldError};
pub use types::*;

/// How a world is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of the state; made when absent.
    pub state: PathBuf,
    /// `host:port` that `media_conn` answers; none: the control address.
    pub media_host: Option<String>,
}

/// A WhatsApp network with its people. Cheap to clone.
#[derive(Debug, Clone)]
pub struct World {
}

impl World {
    /// Hexadecimal public key of the certificate root, 32 bytes.
    pub fn root_key(&self) -> String { String::new() }

    /// Changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> { broadcast::channel(1).1 }

    /// Makes a phone. The same number and name again answers the phone that is there.
    pub async fn create_phone(&self, _phone: NewPhone) -> Result<PhoneView> { Err(WorldError::Closing) }
    pub async fn phones(&self) -> Vec<PhoneView> { vec![] }
    pub async fn phone(&self, _number: &str) -> Result<PhoneView> { Err(WorldError::Closing) }
    /// The phone scans the linking code and approves. Returns when the device has proved its part.
    pub async fn scan(&self, _number: &str, _qr: &str) -> Result<Linked> { Err(WorldError::Closing) }
    /// Written on the phone itself; its linked devices get their copies.
    pub async fn phone_send(&self, _number: &str, _message: SendMessage) -> Result<Sent> { Err(WorldError::Closing) }
    /// Transcript of the phone; with one other number, or all when absent. Oldest first.
    pub async fn phone_messages(&self, _number: &str, _with: Option<&str>) -> Result<Vec<MessageView>> { Err(WorldError::Closing) }
    pub async fn phone_typing(&self, _number: &str, _typing: Typing) -> Result<()> { Err(WorldError::Closing) }
    pub async fn phone_read(&self, _number: &str, _read: MarkRead) -> Result<()> { Err(WorldError::Closing) }
    /// Unlinks one device, or all when absent.
    pub async fn logout(&self, _number: &str, _device: Option<u16>) -> Result<Unlinked> { Err(WorldError::Closing) }
    /// Switches the phone off or on. Linked devices go on without it.
    pub async fn set_offline(&self, _number: &str, _offline: bool) -> Result<PhoneView> { Err(WorldError::Closing) }

    pub async fn create_customer(&self, _customer: NewCustomer) -> Result<CustomerView> { Err(WorldError::Closing) }
    pub async fn customers(&self) -> Vec<CustomerView> { vec![] }
    pub async fn customer(&self, _number: &str) -> Result<CustomerView> { Err(WorldError::Closing) }
    pub async fn customer_send(&self, _number: &str, _message: SendMessage) -> Result<Sent> { Err(WorldError::Closing) }
    pub async fn customer_messages(&self, _number: &str, _with: Option<&str>) -> Result<Vec<MessageView>> { Err(WorldError::Closing) }
    pub async fn customer_typing(&self, _number: &str, _typing: Typing) -> Result<()> { Err(WorldError::Closing) }
    pub async fn customer_read(&self, _number: &str, _read: MarkRead) -> Result<()> { Err(WorldError::Closing) }

    pub async fn add_fault(&self, _fault: Fault) -> Result<FaultView> { Err(WorldError::Closing) }
    pub async fn faults(&self) -> Vec<FaultView> { vec![] }
    pub async fn clear_faults(&self) {}

    /// Sends in bulk and returns when all is delivered.
    pub async fn load(&self, _load: Load) -> Result<LoadReport> { Err(WorldError::Closing) }
    pub async fn state(&self) -> State { State { phones: vec![], customers: vec![], faults: vec![], connections: 0, waiting_to_link: 0 } }
}
