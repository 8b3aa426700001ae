//! The server, driven from outside: in process for rules and refusals, over real ports and processes where those matter.

mod accounts;
mod amend;
mod compose;
mod crash;
mod desk;
mod hardening;
mod kinds;
mod media;
mod people;
mod realtime;
mod scope;
mod support;
mod sync;
