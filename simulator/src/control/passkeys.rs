//! Passkeys: the gate in front of linking, and the person's browser that opens it.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Control,
    body::{Body, Number, check_number},
    problem::Problem,
};
use crate::world::PhoneView;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gate {
    required: bool,
}

pub(super) async fn gate(
    State(control): State<Control>,
    Number(number): Number,
    Body(Gate { required }): Body<Gate>,
) -> Result<Json<PhoneView>, Problem> {
    control.world.require_passkey(&number, required).await?;
    Ok(Json(control.world.phone(&number).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    /// `PublicKeyCredentialRequestOptions`, as the device got them.
    request: Value,
    /// Whose passkey; that of the account whose device was asked when absent.
    number: Option<String>,
}

pub(super) async fn assert(
    State(control): State<Control>,
    Body(Request { request, number }): Body<Request>,
) -> Result<Json<Value>, Problem> {
    if let Some(number) = &number {
        check_number(number)?;
    }
    Ok(Json(control.world.assert_passkey(&request, number.as_deref()).await?))
}
