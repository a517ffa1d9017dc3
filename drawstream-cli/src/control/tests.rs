use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use drawstream_core::donation::{Currency, DonationId};
use drawstream_core::stage::{Hud, ThemeName};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::ledger::{Clerk, Ledger};
use crate::secret::Secret;
use crate::stagehand::Fps;

struct Server {
    router: Router,
    orders: mpsc::Receiver<Order>,
    view: watch::Sender<QueueView>,
    clerk: Clerk,
    folder: tempfile::TempDir,
}

fn server(token: Option<&str>) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let (clerk, _) = Clerk::hire(ledger).unwrap();
    let (orders, received) = mpsc::channel(8);
    let address: SocketAddr = "127.0.0.1:8080".parse().unwrap();
    let upcoming = Upcoming {
        id: 9,
        donor: None,
        amount: Some("7.50 USD".to_owned()),
        test: false,
        wait_sec: None,
    };
    let (view, queue) = watch::channel(QueueView {
        size: 3,
        next: vec![upcoming],
        ..QueueView::default()
    });
    let lines = ControlLines {
        queue,
        canvas: watch::channel(CanvasShot::default()).1,
        orders,
        errands: mpsc::channel(1).0,
        intake: Intake::new(clerk.clone(), Currency::parse("USD").unwrap()),
        gate: Arc::new(Gate::default()),
        settings: Arc::new(watch::Sender::new(LiveSettings {
            hold: Duration::from_secs(90),
            drawing: None,
            approval: Approval::None,
            theme: ThemeName::Atelier,
            caption: String::new(),
            fps: Fps::Hidden,
            hud: Hud::Shown,
        })),
        meters: Arc::new(Meters::new(["builtin"].into_iter(), ["sketch"].into_iter())),
        tasks: watch::channel(Vec::new()).1,
        outputs: watch::channel(Vec::new()).1,
        gallery: Gallery::new(folder.path().join("gallery")),
        locale: "en",
    };
    let token = token.map(Secret::new);
    let border = border::Border::new(Some(address), Links::new(folder.path(), token.as_ref()));
    Server {
        router: routes::router(desk(lines, border, CancellationToken::new())),
        orders: received,
        view,
        clerk,
        folder,
    }
}

async fn ask(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (StatusCode, Value) {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "127.0.0.1:8080");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = server
        .router
        .clone()
        .oneshot(request.body(Body::from(body.to_owned())).unwrap())
        .await
        .unwrap();
    let status = response.status();
    let is_problem = !status.is_success();
    if is_problem {
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn the_queue_is_told_to_this_machine_and_to_no_other_name_or_page() {
    let server = server(None);
    let check = async |headers: &[(&str, &str)], expected: u16| {
        let (status, _) = ask(&server, "GET", "/queue", headers, "").await;
        assert_eq!(status.as_u16(), expected, "{headers:?}");
    };
    check(&[], 200).await;
    check(&[("host", "localhost:8080")], 200).await;
    check(&[("host", "[::1]:8080")], 200).await;
    check(
        &[
            ("host", "127.0.0.1:8080"),
            ("origin", "http://127.0.0.1:8080"),
        ],
        200,
    )
    .await;
    check(&[("host", "evil.example:8080")], 421).await;
    check(&[("host", "127.0.0.1:9999")], 421).await;
    check(&[("host", "192.168.0.7:8080")], 421).await;
    check(&[("origin", "https://evil.example")], 403).await;
    check(&[("origin", "null")], 403).await;
    check(&[("origin", "http://127.0.0.1:9999")], 403).await;
}

#[tokio::test]
async fn with_a_token_nothing_is_told_without_it() {
    let server = server(Some("long-random"));
    for (value, expected) in [
        ("", 401),
        ("Bearer wrong-token", 401),
        ("Bearer long-random", 200),
    ] {
        let (status, _) = ask(&server, "GET", "/queue", &[("authorization", value)], "").await;
        assert_eq!(status.as_u16(), expected, "{value:?}");
    }
}

#[tokio::test]
async fn a_test_donation_is_in_the_ledger_when_it_is_accepted() {
    let server = server(None);
    let body = json!({"amount": "7,50", "message": "нарисуй кота", "donor": "Guest"}).to_string();
    let (status, answer) = ask(&server, "POST", "/commands/donate", &[JSON], &body).await;
    assert_eq!((status, answer), (StatusCode::ACCEPTED, json!({"id": 1})));
    let queued = server.clerk.ask(|ledger| ledger.queue(10)).await.unwrap();
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0].donation.id, DonationId(1));
    assert_eq!(queued[0].donation.amount.to_string(), "7.50 USD");
}

#[tokio::test]
async fn an_unusable_donation_is_refused_with_the_field_and_the_mend() {
    let server = server(None);
    let check = async |body: Value, status: u16, detail: &str| {
        let (found, problem) = ask(
            &server,
            "POST",
            "/commands/donate",
            &[JSON],
            &body.to_string(),
        )
        .await;
        assert_eq!(
            (found.as_u16(), problem["detail"].as_str()),
            (status, Some(detail))
        );
    };
    let zero_width = json!({"amount": "1", "message": "\u{200b} \u{feff}"});
    check(
        zero_width,
        422,
        "message: it is blank; say what shall be painted",
    )
    .await;
    let zero = json!({"amount": "0", "message": "cat"});
    check(zero, 422, "amount: it is zero, the least is one cent").await;
    check(
        json!({"amount": "x", "message": "cat"}),
        422,
        "amount: this is not an amount; write 7 or 7.50",
    )
    .await;
    let long = json!({"amount": "1", "message": "я".repeat(2_001)});
    check(
        long,
        422,
        "message: 2001 characters are too many, the most is 2000",
    )
    .await;
    let surrogate = r#"{"amount":"1","message":"\ud800"}"#;
    let (status, _) = ask(&server, "POST", "/commands/donate", &[JSON], surrogate).await;
    assert!(status.is_client_error(), "{status}");
    assert_eq!(
        server
            .clerk
            .ask(|ledger| ledger.counts())
            .await
            .unwrap()
            .waiting(),
        0
    );
}

#[tokio::test]
async fn test_donations_are_limited_so_that_they_cannot_bury_the_paid_ones() {
    let server = server(None);
    let body = json!({"amount": "1", "message": "cat"}).to_string();
    for _ in 0..60 {
        let (status, _) = ask(&server, "POST", "/commands/donate", &[JSON], &body).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
    let (status, _) = ask(&server, "POST", "/commands/donate", &[JSON], &body).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_skip_says_what_it_ended_or_that_nothing_is_on() {
    for (on, expected) in [
        (Some(DonationId(7)), (202, json!({"id": 7}))),
        (None, (409, Value::Null)),
    ] {
        let mut server = server(None);
        let mut orders = std::mem::replace(&mut server.orders, mpsc::channel(1).1);
        let stage = tokio::spawn(async move {
            match orders.recv().await {
                Some(Order::Skip(answer)) => answer.send(on).unwrap(),
                other => panic!("{other:?}"),
            }
        });
        let (status, answer) = ask(&server, "POST", "/queue/skip", &[], "").await;
        stage.await.unwrap();
        assert_eq!(status.as_u16(), expected.0);
        if on.is_some() {
            assert_eq!(answer, expected.1);
        }
    }
}

#[tokio::test]
async fn a_stage_that_has_gone_is_told_as_a_problem_and_not_as_health() {
    let mut server = server(None);
    server.orders.close();
    let (status, _) = ask(&server, "POST", "/queue/skip", &[], "").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let (_, health) = ask(&server, "GET", "/health", &[], "").await;
    assert_eq!(health["status"], "degraded");
}

#[tokio::test]
async fn every_address_of_the_description_is_there_and_every_reference_in_it_leads_somewhere() {
    let server = server(None);
    let (_, document) = ask(&server, "GET", "/openapi.json", &[], "").await;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let (status, _) = ask(&server, "PUT", path, &[], "").await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
    let text = document.to_string();
    for reference in text
        .split("\"#/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        assert!(
            document.pointer(&format!("/{reference}")).is_some(),
            "{reference}"
        );
    }
}

#[tokio::test]
async fn without_a_token_it_does_not_listen_wider_than_this_machine() {
    let wide = |token: Option<Secret>| ApiConfig {
        host: "0.0.0.0".parse().unwrap(),
        port: 0,
        token,
    };
    let error = bind(&wide(None)).await.unwrap_err();
    assert!(matches!(error, ControlError::NeedsToken { .. }));
    assert!(bind(&wide(Some(Secret::new("long-random")))).await.is_ok());
}

#[tokio::test]
async fn a_page_of_another_origin_hears_nothing_and_commands_nothing_whatever_way_it_tries() {
    let server = server(None);
    let socket = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for path in ["/events/ws", "/canvas/ws"] {
        let mut headers = socket.to_vec();
        headers.push(("origin", "https://evil.example"));
        let (status, _) = ask(&server, "GET", path, &headers, "").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        let mut headers = socket.to_vec();
        // The attacker's name leads to this machine; its page is of that very origin.
        headers.push(("host", "evil.example:8080"));
        headers.push(("origin", "http://evil.example:8080"));
        let (status, _) = ask(&server, "GET", path, &headers, "").await;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
    let evil = ("origin", "https://evil.example");
    for path in ["/queue/skip", "/panic/on", "/donations/1/approve"] {
        let (status, _) = ask(&server, "POST", path, &[evil], "").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
    // An <img> sends no Origin.
    let image = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "no-cors"),
    ];
    let (status, _) = ask(&server, "GET", "/canvas.png", &image, "").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_moderator_sees_no_amounts_and_changes_no_settings_and_a_stage_steers_nothing() {
    let server = server(Some("long-random"));
    let roles = [Role::Owner, Role::Moderator, Role::Viewer];
    let links = Links::renew(server.folder.path(), &roles).unwrap();
    let statuses = async |method: &str, path: &str, body: &str| {
        let mut statuses = Vec::new();
        for (_, token) in &links {
            let bearer = format!("Bearer {}", token.expose());
            let headers = [("authorization", bearer.as_str()), JSON];
            statuses.push(ask(&server, method, path, &headers, body).await.0.as_u16());
        }
        statuses
    };
    assert_eq!(statuses("GET", "/queue", "").await, [200, 200, 200]);
    assert_eq!(
        statuses("GET", "/donations?shelf=shown", "").await,
        [200, 200, 403]
    );
    assert_eq!(statuses("PATCH", "/settings", "{}").await, [200, 403, 403]);
    assert_eq!(
        statuses("POST", "/donations/1/move", "{}").await,
        [422, 422, 403]
    );
    for (of, amount) in links
        .iter()
        .zip([json!("7.50 USD"), Value::Null, json!("7.50 USD")])
    {
        let cookie = format!("other=1; drawstream={}", of.1.expose());
        let (_, view) = ask(&server, "GET", "/queue", &[("cookie", &cookie)], "").await;
        assert_eq!(view["next"][0]["amount"], amount, "{:?}", of.0);
    }
    // A cookie of a link that was renewed is nobody's.
    let (status, _) = ask(
        &server,
        "GET",
        "/queue",
        &[("cookie", "drawstream=old")],
        "",
    )
    .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_command_that_is_sent_twice_with_one_key_is_done_once() {
    let server = server(None);
    let body = json!({"amount": "1", "message": "cat"}).to_string();
    let headers = [JSON, ("idempotency-key", "a-1")];
    let first = ask(&server, "POST", "/commands/donate", &headers, &body).await;
    let again = ask(&server, "POST", "/commands/donate", &headers, &body).await;
    assert_eq!(first, (StatusCode::ACCEPTED, json!({"id": 1})));
    assert_eq!(first, again);
    let other = json!({"amount": "2", "message": "cat"}).to_string();
    let (status, _) = ask(&server, "POST", "/commands/donate", &headers, &other).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let counts = server.clerk.ask(|ledger| ledger.counts()).await.unwrap();
    assert_eq!(counts.waiting(), 1);
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_changes_nothing_and_says_why() {
    let server = server(None);
    let body = json!({"hold_sec": 30.0, "theme": "no such"}).to_string();
    let (status, problem) = ask(&server, "PATCH", "/settings", &[JSON], &body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().starts_with("theme:"));
    let body = json!({"hold_sec": 30.0, "approval": "suspicious", "hud_shown": false}).to_string();
    let (status, settings) = ask(&server, "PATCH", "/settings", &[JSON], &body).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(settings["hold_sec"], 30.0);
    assert_eq!(settings["approval"], "suspicious");
    assert_eq!(settings["theme"], "atelier");
    assert_eq!(settings["hud_shown"], false);
}

/// Reads events of a stream until one has what is looked for.
async fn hear(
    stream: &mut (impl futures_util::Stream<Item = Result<axum::body::Bytes, axum::Error>> + Unpin),
    heard: &mut String,
    mut wanted: impl FnMut(&EventView) -> bool,
) -> EventView {
    loop {
        while let Some((message, rest)) = heard.split_once("\n\n") {
            let (mut event, mut data) = (String::new(), Value::Null);
            for line in message.lines() {
                if let Some(name) = line.strip_prefix("event: ") {
                    event = name.to_owned();
                } else if let Some(json) = line.strip_prefix("data: ") {
                    data = serde_json::from_str(json).unwrap();
                }
            }
            *heard = rest.to_owned();
            let view = serde_json::from_value(json!({"event": event, "data": data})).unwrap();
            if wanted(&view) {
                return view;
            }
        }
        *heard += std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap();
    }
}

#[tokio::test]
async fn the_stream_tells_everything_and_then_what_changes_in_the_described_types() {
    let server = server(None);
    let request = Request::builder()
        .uri("/events")
        .header("host", "127.0.0.1:8080")
        .body(Body::empty())
        .unwrap();
    let response = server.router.clone().oneshot(request).await.unwrap();
    let mut stream = Box::pin(response.into_body().into_data_stream());
    let mut heard = String::new();
    let first = hear(&mut stream, &mut heard, |_| true).await;
    let EventView::Snapshot(topics) = first else {
        panic!("{first:?}");
    };
    assert_eq!(topics.queue.unwrap().size, 3);
    assert_eq!(topics.look.unwrap().theme, "atelier");
    server.view.send_modify(|view| view.size = 4);
    let delta = hear(
        &mut stream,
        &mut heard,
        |event| matches!(event, EventView::Delta(topics) if topics.queue.is_some()),
    );
    let EventView::Delta(topics) = delta.await else {
        panic!("a delta was looked for");
    };
    assert_eq!(topics.queue.unwrap().size, 4);
    assert_eq!(topics.look, None);
    // What is written to the ledger is told too, and a viewer's words only as a screen may show them.
    let body = json!({"amount": "1", "message": "a \u{202e}cat"}).to_string();
    ask(&server, "POST", "/commands/donate", &[JSON], &body).await;
    let delta = hear(
        &mut stream,
        &mut heard,
        |event| matches!(event, EventView::Delta(topics) if topics.waiting.as_ref().is_some_and(|w| !w.is_empty())),
    );
    let EventView::Delta(topics) = delta.await else {
        panic!("a delta was looked for");
    };
    let row = &topics.waiting.unwrap()[0];
    assert_eq!(row.message.as_deref(), Some("a cat"));
    assert_eq!(
        (row.state.as_str(), row.marks.as_slice()),
        ("received", &[Mark::Test][..])
    );
}
