//! By what names and pictures customers and groups are known, from WhatsApp's wire to the team's screens.

use anyhow::{Context as _, Result};
use ownline_model::{
    contact::{Contact, ContactKind},
    conversation::Scope,
    ids::ContactId,
};
use ownline_tests::{Stage, agent::AgentApp, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// The customer behind a number as an agent's machine knows them, once `enough`.
async fn person(app: &AgentApp, number: &str, enough: impl Fn(&Contact) -> bool) -> Result<Contact> {
    Ok(app.find(number, |item| enough(&item.contact)).await?.contact)
}

#[tokio::test]
async fn a_business_goes_by_the_name_under_which_whatsapp_lists_it() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887841").await?;
    let bruno = stage.agent("Bruno").await?;
    let shop = stage.network.customer("5511912345841", "Joana").await?;
    let path = format!("/customers/{}/business", shop.number);
    let lists = async |name: Option<&str>| stage.network.api.post::<Value>(&path, &json!({ "name": name })).await;

    shop.writes(&phone, "Good morning").await?;
    for screen in [&ana, &bruno] {
        let known = person(screen, &shop.number, |it| it.name == "Joana").await?;
        assert_eq!((known.verified_name, known.push_name.as_deref()), (None, Some("Joana")));
    }

    // By itself: this machine hears it at once, the team with the next word. Whom an account has heard of, its phone tells.
    let phones = format!("/phones/{}/messages?with={}", phone.number, shop.number);
    let heard = async || stage.network.api.get::<Value>(&phones).await;
    until("the phone to have the message", heard, |all| all.to_string().contains("Good morning")).await?;
    lists(Some("Padaria Silva")).await?;
    let known = person(&ana, &shop.number, |it| it.name == "Padaria Silva").await?;
    assert_eq!(known.verified_name.as_deref(), Some("Padaria Silva"));
    assert_eq!(known.push_name.as_deref(), Some("Joana"), "who writes is not forgotten");
    shop.writes(&phone, "Your bread is ready").await?;
    person(&bruno, &shop.number, |it| it.verified_name.as_deref() == Some("Padaria Silva")).await?;

    // With a message.
    lists(Some("Padaria Silva & Filhos")).await?;
    shop.writes(&phone, "We have a new name").await?;
    for screen in [&ana, &bruno] {
        let known = person(screen, &shop.number, |it| it.name == "Padaria Silva & Filhos").await?;
        assert_eq!(known.verified_name.as_deref(), Some("Padaria Silva & Filhos"));
    }
    lists(None).await?;
    shop.writes(&phone, "and are closing").await?;
    let id = ana.conversation_with(&shop.number).await?.conversation.id;
    let said = ["Good morning", "Your bread is ready", "We have a new name", "and are closing"];
    bruno.sees_texts(id, &said).await?;
    Ok(())
}

/// The picture as it is on an agent's machine now.
async fn picture(app: &AgentApp, id: ContactId) -> Result<Option<Vec<u8>>> {
    let answer = app.api.request(Method::GET, &format!("/api/contacts/{id}/picture")).send().await?;
    match answer.status() {
        StatusCode::NOT_FOUND => Ok(None),
        _ => Ok(Some(answer.error_for_status()?.bytes().await?.to_vec())),
    }
}

#[tokio::test]
async fn a_groups_picture_comes_when_somebody_looks_and_is_followed() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887842").await?;
    let joana = stage.network.customer("5511912345842", "Joana").await?;
    let body = json!({ "subject": "Condo 12", "owner": joana.number, "members": [&phone.number] });
    let made: Value = stage.network.api.post("/groups", &body).await?;
    let group = made["id"].as_str().context("the group's id")?.to_owned();
    let path = format!("/groups/{group}/picture");
    let draws = async |seed: u64| -> Result<String> {
        let set: Value = stage.network.api.put(&path, &json!({ "seed": seed })).await?;
        Ok(set["id"].as_str().context("the picture's id")?.to_owned())
    };

    let hello = json!({ "to": group, "text": "Hello" });
    stage.network.api.post::<Value>(&format!("/customers/{}/messages", joana.number), &hello).await?;
    let known = |picture: Option<&str>| {
        let (ana, picture) = (&ana, picture.map(str::to_owned));
        async move {
            let look = async || {
                let all = ana.conversations().await?;
                Ok(all.into_iter().find(|item| item.contact.kind == ContactKind::Group))
            };
            let what = format!("the group with picture {picture:?}");
            until(&what, look, |item| item.as_ref().is_some_and(|it| it.contact.picture_id == picture)).await
        }
    };
    let chat = known(None).await?.context("the group just seen")?;
    assert_eq!(chat.conversation.scope, Scope::Private);
    let id = chat.contact.id;

    let first = draws(1).await?;
    assert_eq!(picture(&ana, id).await?, None, "nobody has looked before");
    known(Some(&first)).await?;
    let shown = picture(&ana, id).await?.context("the picture")?;
    assert!(shown.starts_with(&[0xff, 0xd8]), "a JPEG");

    let second = draws(2).await?;
    known(Some(&second)).await?;
    assert_ne!(picture(&ana, id).await?.context("the new picture")?, shown);
    stage.network.api.delete::<Value>(&path).await?;
    known(None).await?;
    assert_eq!(picture(&ana, id).await?, None);
    Ok(())
}
