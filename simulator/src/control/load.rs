//! Bulk: many customers write to one number; the answer comes when the number's device has confirmed every message.

use axum::{Json, extract::State};

use super::{
    Control,
    body::{Body, check_number},
    problem::Problem,
};
use crate::world::{Load, LoadReport};

const MOST_CUSTOMERS: u32 = 10_000;
const MOST_MESSAGES: u32 = 1_000_000;

pub(super) async fn run(State(control): State<Control>, Body(load): Body<Load>) -> Result<Json<LoadReport>, Problem> {
    check(&load)?;
    Ok(Json(control.world.load(load).await?))
}

fn check(load: &Load) -> Result<(), Problem> {
    check_number(&load.to)?;
    if !(1..=MOST_CUSTOMERS).contains(&load.customers) {
        return Err(Problem::invalid(format!("customers: 1 to {MOST_CUSTOMERS}")));
    }
    if !(load.customers..=MOST_MESSAGES).contains(&load.messages) {
        return Err(Problem::invalid(format!("messages: from one per customer to {MOST_MESSAGES} in all")));
    }
    if load.rate.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
        return Err(Problem::invalid("rate: messages per second, more than 0"));
    }
    if !(0.0..=100.0).contains(&load.media_percent) {
        return Err(Problem::invalid("media_percent: 0 to 100"));
    }
    Ok(())
}
