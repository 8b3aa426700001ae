//! Stories about people, told through the real programs.

mod bad_input;
mod contract;
mod crash;
mod outages;
mod owner_line;
mod qr_to_ticket;
mod race;
mod restart;
