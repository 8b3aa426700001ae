//! Sending safety: what may leave this number, and when. Pure: the clock, what was sent and how the line stands are passed
//! in, a verdict comes out. The numbers behind it are in [`Rules`]; everything that counts is kept by the store, so that
//! neither a restart nor a new link starts afresh.
//!
//! ```text
//! message ─► Draft ─┐
//! sent before ─► Ledger ─┼─► judge ─► go · wait until · refuse
//! line's age, restrictions ─► Standing ─┘
//! ```

mod alike;
mod ledger;
mod links;
mod meters;
mod opt_out;
mod policy;
mod rules;
mod standing;

pub use alike::fingerprint;
pub use ledger::{Ledger, Sent, SentAs};
pub use links::has_link;
pub use meters::meters;
pub use opt_out::opt_out_word;
pub use policy::{Draft, Reach, Refusal, Verdict, Wait, WaitFor, judge, refusal};
pub use rules::Rules;
pub use standing::{Standing, Stop};
