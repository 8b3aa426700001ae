//! Stories about people, told through the real programs.

mod bad_input;
mod contract;
mod crash;
mod group;
mod history;
mod media;
mod moments;
mod names_and_faces;
mod outages;
mod owner_line;
mod places;
mod privacy;
mod qr_to_ticket;
mod race;
mod restart;
mod safety;
