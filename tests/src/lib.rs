//! The cast of the stories: a WhatsApp network with its phones and customers, a desk with its people, and the agents'
//! bridges. Each is the real program in a process and a folder of its own.

pub mod agent;
pub mod crash;
pub mod desk;
pub mod http;
pub mod network;
pub mod program;
pub mod stage;
pub mod wait;

pub use agent::AgentApp;
pub use desk::{Desk, Person};
pub use network::{Customer, Network, Phone};
pub use program::Program;
pub use stage::Stage;
pub use wait::until;
