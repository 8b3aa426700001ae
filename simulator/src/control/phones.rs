//! Phones: they hold an account, scan linking codes and can write themselves.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Control,
    body::{Body, Number, OptionalBody, With, check_number},
    problem::Problem,
    sending::SendBody,
    transcript::MessageJson,
};
use crate::world::{Linked, NewPhone, PhoneView, Sent, SetOffline, Unlinked};

pub(super) async fn list(State(control): State<Control>) -> Json<Vec<PhoneView>> {
    Json(control.world.phones().await)
}

pub(super) async fn create(
    State(control): State<Control>,
    Body(phone): Body<NewPhone>,
) -> Result<Json<PhoneView>, Problem> {
    check_number(&phone.number)?;
    Ok(Json(control.world.create_phone(phone).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scan {
    /// What the QR code says.
    qr: String,
}

pub(super) async fn scan(
    State(control): State<Control>,
    Number(number): Number,
    Body(Scan { qr }): Body<Scan>,
) -> Result<Json<Linked>, Problem> {
    let qr = qr.trim();
    let linked = control.world.scan(&number, qr).await?;
    control.offered.withdraw(qr);
    Ok(Json(linked))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnterCode {
    /// The eight characters on the device's screen, with or without the dash.
    code: String,
}

pub(super) async fn enter_code(
    State(control): State<Control>,
    Number(number): Number,
    Body(EnterCode { code }): Body<EnterCode>,
) -> Result<Json<Linked>, Problem> {
    Ok(Json(control.world.enter_code(&number, &code).await?))
}

pub(super) async fn send(
    State(control): State<Control>,
    Number(number): Number,
    Body(message): Body<SendBody>,
) -> Result<Json<Sent>, Problem> {
    Ok(Json(control.world.phone_send(&number, message.check()?).await?))
}

pub(super) async fn transcript(
    State(control): State<Control>,
    Number(number): Number,
    With(with): With,
) -> Result<Json<Vec<MessageJson>>, Problem> {
    let messages = control.world.phone_messages(&number, with.as_deref()).await?;
    Ok(Json(messages.into_iter().map(MessageJson::from).collect()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Logout {
    /// One linked device; all when absent.
    device: Option<u16>,
}

pub(super) async fn logout(
    State(control): State<Control>,
    Number(number): Number,
    OptionalBody(Logout { device }): OptionalBody<Logout>,
) -> Result<Json<Unlinked>, Problem> {
    Ok(Json(control.world.logout(&number, device).await?))
}

/// Switches the phone off, or on again with `{"offline": false}`.
pub(super) async fn offline(
    State(control): State<Control>,
    Number(number): Number,
    OptionalBody(SetOffline { offline }): OptionalBody<SetOffline>,
) -> Result<Json<Value>, Problem> {
    let phone = control.world.set_offline(&number, offline).await?;
    Ok(Json(json!({ "number": phone.number, "offline": phone.offline })))
}
