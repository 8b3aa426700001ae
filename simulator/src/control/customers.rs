//! Customers: each has an own device with own keys, writes, reads and types.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    Control,
    body::{Body, Number, With, check_chat, check_number},
    problem::Problem,
    sending::SendBody,
    transcript::MessageJson,
};
use crate::world::{CustomerView, MarkRead, NewCustomer, Sent, Typing};

pub(super) async fn list(State(control): State<Control>) -> Json<Vec<CustomerView>> {
    Json(control.world.customers().await)
}

pub(super) async fn create(
    State(control): State<Control>,
    Body(customer): Body<NewCustomer>,
) -> Result<Json<CustomerView>, Problem> {
    check_number(&customer.number)?;
    Ok(Json(control.world.create_customer(customer).await?))
}

pub(super) async fn send(
    State(control): State<Control>,
    Number(number): Number,
    Body(message): Body<SendBody>,
) -> Result<Json<Sent>, Problem> {
    Ok(Json(control.world.customer_send(&number, message.check()?).await?))
}

/// Both directions in order, as this customer's own keys decrypt them.
pub(super) async fn transcript(
    State(control): State<Control>,
    Number(number): Number,
    With(with): With,
) -> Result<Json<Vec<MessageJson>>, Problem> {
    let messages = control.world.customer_messages(&number, with.as_deref()).await?;
    Ok(Json(messages.into_iter().map(MessageJson::from).collect()))
}

pub(super) async fn typing(
    State(control): State<Control>,
    Number(number): Number,
    Body(typing): Body<Typing>,
) -> Result<Json<Value>, Problem> {
    check_chat(&typing.to)?;
    control.world.customer_typing(&number, typing).await?;
    Ok(Json(json!({})))
}

pub(super) async fn read(
    State(control): State<Control>,
    Number(number): Number,
    Body(read): Body<MarkRead>,
) -> Result<Json<Value>, Problem> {
    check_chat(&read.to)?;
    control.world.customer_read(&number, read).await?;
    Ok(Json(json!({})))
}
