//! The socket, over a real port.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use futures_util::{SinkExt as _, StreamExt as _};
use ownline_model::{
    channel::Channel,
    event::{Event, Typing},
    ids::{ConversationId, DeviceId},
    problem::ProblemCode,
    realtime::{ClientFrame, ServerFrame},
};
use ownline_server::router;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest as _},
};

use crate::support::{Customer, Desk, Person};

/// Far longer than anything takes.
const SOON: Duration = Duration::from_secs(30);

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// The desk on a port of its own, as long as the test lasts.
async fn listen(desk: &Desk) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("address");
    let service = router::service(desk.app.clone());
    tokio::spawn(async move { axum::serve(listener, service).await });
    format!("ws://{address}/api/realtime")
}

impl Socket {
    async fn open(url: &str) -> Self {
        Self(connect_async(url).await.expect("opens").0)
    }

    async fn hello(url: &str, who: &Person, device_id: Option<DeviceId>) -> Self {
        let mut socket = Self::open(url).await;
        let token = who.tokens.access_token.clone();
        socket.say(&ClientFrame::Hello { token, protocol: 1, device_id }).await;
        assert_eq!(socket.hear().await, ServerFrame::Welcome { protocol: 1 });
        socket
    }

    async fn in_room(url: &str, who: &Person, room: &str) -> Self {
        let mut socket = Self::hello(url, who, None).await;
        socket.say(&ClientFrame::Subscribe { room: room.into() }).await;
        // The answer to a ping says that the subscription was heard.
        socket.say(&ClientFrame::Ping).await;
        assert_eq!(socket.hear().await, ServerFrame::Pong);
        socket
    }

    async fn say(&mut self, frame: &ClientFrame) {
        self.0.send(Message::text(serde_json::to_string(frame).expect("json"))).await.expect("sent");
    }

    async fn next(&mut self) -> Message {
        loop {
            let frame = tokio::time::timeout(SOON, self.0.next()).await.expect("something comes");
            match frame.expect("open").expect("sound") {
                Message::Ping(_) | Message::Pong(_) => {}
                other => return other,
            }
        }
    }

    async fn hear(&mut self) -> ServerFrame {
        let frame = self.next().await;
        serde_json::from_str(frame.to_text().expect("text")).unwrap_or_else(|error| panic!("{error}: {frame}"))
    }

    /// The next event that is journalled.
    async fn event(&mut self) -> (i64, Event) {
        loop {
            match self.hear().await {
                ServerFrame::Event { seq: Some(seq), event } => return (seq, event),
                ServerFrame::Event { .. } => {}
                other => panic!("not an event: {other:?}"),
            }
        }
    }

    async fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.next().await {
                return frame.expect("a reason").code.into();
            }
        }
    }
}

#[tokio::test]
async fn the_desk_hears_what_is_durable_in_order() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let url = listen(&desk).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let mut screen = Socket::in_room(&url, &bruno, "desk").await;
    desk.push(&ana, Customer::of_number("+5511911112222").says(line, "Hello")).await;
    let mut seqs = Vec::new();
    let mut names = Vec::new();
    for _ in 0..4 {
        let (seq, event) = screen.event().await;
        seqs.push(seq);
        names.push(serde_json::to_value(&event).expect("json")["name"].as_str().expect("name").to_owned());
    }
    assert_eq!(names, ["contact:updated", "conversation:new", "ticket:created", "message:new"]);
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1));
    let pulled = desk.pull(&bruno, None, 500).await;
    assert!(pulled.entries.len() > 4);
}

#[tokio::test]
async fn t04_a_stranger_gets_no_further_than_the_hello() {
    let (desk, admin) = Desk::with_admin().await;
    let url = listen(&desk).await;
    let mut forged = Socket::open(&url).await;
    forged.say(&ClientFrame::Hello { token: "forged".into(), protocol: 1, device_id: None }).await;
    let ServerFrame::Error { problem } = forged.hear().await else { panic!("not refused") };
    assert_eq!(problem.code, ProblemCode::Unauthenticated);
    assert_eq!(forged.closed().await, 4401);

    let mut rude = Socket::open(&url).await;
    rude.say(&ClientFrame::Subscribe { room: "desk".into() }).await;
    assert_eq!(rude.closed().await, 4401);

    let mut old = Socket::open(&url).await;
    old.say(&ClientFrame::Hello { token: admin.tokens.access_token.clone(), protocol: 0, device_id: None }).await;
    assert_eq!(old.closed().await, 4426);

    let mut silent = Socket::open(&url).await;
    assert_eq!(silent.closed().await, 4401);
}

#[tokio::test]
async fn t04_pages_of_other_origins_are_refused() {
    let (desk, _) = Desk::with_admin().await;
    let url = listen(&desk).await;
    let host = url.trim_start_matches("ws://").trim_end_matches("/api/realtime");
    for (origin, welcome) in [("https://evil.example", false), ("null", false), (&*format!("http://{host}"), true)] {
        let mut request = url.as_str().into_client_request().expect("request");
        request.headers_mut().insert("origin", origin.parse().expect("header"));
        match connect_async(request).await {
            Ok(_) => assert!(welcome, "{origin}"),
            Err(tungstenite::Error::Http(answer)) => {
                assert!(!welcome, "{origin}");
                assert_eq!(answer.status(), StatusCode::FORBIDDEN);
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn t31_rooms_are_for_those_who_may_see_them() {
    let (desk, admin) = Desk::with_admin().await;
    let url = listen(&desk).await;
    let mut socket = Socket::hello(&url, &admin, None).await;
    for room in [format!("conversation:{}", ConversationId::fresh()), "tenant:1".into(), String::new()] {
        socket.say(&ClientFrame::Subscribe { room: room.clone() }).await;
        let ServerFrame::Error { problem } = socket.hear().await else { panic!("{room} was given") };
        assert_eq!(problem.code, ProblemCode::NotFound);
    }
}

#[tokio::test]
async fn t31_an_ended_session_loses_its_socket() {
    let (desk, admin, [ana]) = Desk::team(["Ana"]).await;
    let url = listen(&desk).await;
    let mut screen = Socket::in_room(&url, &ana, "desk").await;
    let off = json!({"active": false});
    let path = format!("/api/agents/{}", ana.id());
    assert!(desk.call(Method::PATCH, &path, Some(&admin), Some(&off)).await.status.is_success());
    assert_eq!(screen.closed().await, 4401);
}

#[tokio::test]
async fn a_number_is_reachable_while_its_owners_bridge_is_connected() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let url = listen(&desk).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let online = async || -> bool {
        let all: Vec<Channel> = desk.get("/api/channels", &bruno).await.ok();
        all.iter().find(|channel| channel.id == line).expect("channel").owner_online
    };
    assert!(!online().await);
    let mut screen = Socket::in_room(&url, &bruno, "desk").await;
    let anas_screen = Socket::hello(&url, &ana, None).await;
    assert!(!online().await, "a screen sends nothing");
    let bridge = Socket::hello(&url, &ana, Some(DeviceId::fresh())).await;
    let (_, event) = screen.event().await;
    assert!(matches!(&event, Event::ChannelStatus(channel) if channel.id == line && channel.owner_online));
    assert!(online().await);
    drop(bridge);
    let (_, event) = screen.event().await;
    assert!(matches!(&event, Event::ChannelStatus(channel) if channel.id == line && !channel.owner_online));
    assert!(!online().await);
    drop(anas_screen);
    loop {
        if let ServerFrame::Event { seq: None, event: Event::AgentOffline(gone) } = screen.hear().await {
            assert_eq!(gone.agent_id, ana.id());
            break;
        }
    }
}

#[tokio::test]
async fn typing_is_heard_in_the_chats_room_only() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let url = listen(&desk).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    desk.push(&ana, carla.says(line, "Hello")).await;
    let room = format!("conversation:{}", carla.conversation);
    let mut watching = Socket::in_room(&url, &bruno, &room).await;
    let mut elsewhere = Socket::in_room(&url, &bruno, "desk").await;
    let mut bridge = Socket::hello(&url, &ana, Some(DeviceId::fresh())).await;
    let mut screen = Socket::hello(&url, &ana, None).await;
    let typing = Typing { conversation_id: carla.conversation, typing: true, recording: false };
    bridge.say(&ClientFrame::Typing(typing.clone())).await;
    assert_eq!(watching.hear().await, ServerFrame::Event { seq: None, event: Event::CustomerTyping(typing.clone()) });
    screen.say(&ClientFrame::Typing(typing.clone())).await;
    let heard = watching.hear().await;
    assert!(matches!(heard, ServerFrame::Event { seq: None, event: Event::AgentTyping(t) } if t.agent_id == ana.id()));
    let mut brunos_bridge = Socket::hello(&url, &bruno, Some(DeviceId::fresh())).await;
    brunos_bridge.say(&ClientFrame::AgentTyping(typing.clone())).await;
    let heard = watching.hear().await;
    assert!(matches!(heard, ServerFrame::Event { event: Event::AgentTyping(t), .. } if t.agent_id == bruno.id()));
    brunos_bridge.say(&ClientFrame::Typing(typing)).await;
    let ServerFrame::Error { problem } = brunos_bridge.hear().await else { panic!("not his number") };
    assert_eq!(problem.code, ProblemCode::NotYourNumber);
    // What comes next on the desk's socket is the next lasting event, nothing of the typing.
    desk.push(&ana, carla.says(line, "Still there?")).await;
    loop {
        match elsewhere.hear().await {
            ServerFrame::Event { event: Event::CustomerTyping(_) | Event::AgentTyping(_), .. } => {
                panic!("typing leaked")
            }
            ServerFrame::Event { event: Event::MessageNew(message), .. } => {
                assert_eq!(message.text.as_deref(), Some("Still there?"));
                break;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_flood_of_frames_ends_the_socket() {
    let (desk, admin) = Desk::with_admin().await;
    let url = listen(&desk).await;
    let mut socket = Socket::hello(&url, &admin, None).await;
    let ping = serde_json::to_string(&ClientFrame::Ping).expect("json");
    for _ in 0..51 {
        socket.0.feed(Message::text(ping.clone())).await.expect("fed");
    }
    socket.0.flush().await.expect("flushed");
    assert_eq!(socket.closed().await, 1008);
}

#[tokio::test]
async fn a_server_that_ends_says_so() {
    let (desk, admin) = Desk::with_admin().await;
    let url = listen(&desk).await;
    let mut screen = Socket::in_room(&url, &admin, "desk").await;
    desk.app.close().await;
    assert_eq!(screen.closed().await, 1001);
}
