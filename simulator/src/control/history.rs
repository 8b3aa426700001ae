//! The past of a phone.

use axum::{Json, extract::State};

use super::{
    Control,
    body::{Body, Number},
    problem::Problem,
};
use crate::world::{HistorySummary, NewHistory};

pub(super) async fn set(
    State(control): State<Control>,
    Number(number): Number,
    Body(history): Body<NewHistory>,
) -> Result<Json<HistorySummary>, Problem> {
    Ok(Json(control.world.set_history(&number, history).await?))
}
