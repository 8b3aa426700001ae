//! Stories about people, told through the real programs.

mod bad_input;
mod contract;
mod crash;
mod history;
mod media;
mod outages;
mod owner_line;
mod privacy;
mod qr_to_ticket;
mod race;
mod restart;
mod safety;
