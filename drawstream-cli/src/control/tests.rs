use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use drawstream_core::donation::{Currency, DonationId};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::ledger::{Clerk, Ledger};

struct Server {
    router: Router,
    orders: mpsc::Receiver<Order>,
    clerk: Clerk,
    _folder: tempfile::TempDir,
}

fn server(token: Option<&str>) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let (clerk, _) = Clerk::hire(ledger).unwrap();
    let (orders, received) = mpsc::channel(8);
    let address: SocketAddr = "127.0.0.1:8080".parse().unwrap();
    let desk = Desk {
        queue: watch::channel(QueueView {
            size: 3,
            ..QueueView::default()
        })
        .1,
        orders,
        intake: Intake::new(clerk.clone(), Currency::parse("USD").unwrap()),
        stop: CancellationToken::new(),
        border: border::Border::new(Some(address), token.map(Secret::new)),
    };
    Server {
        router: routes::router(desk),
        orders: received,
        clerk,
        _folder: folder,
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
            let wrong = if method == "get" { "DELETE" } else { "GET" };
            let (status, _) = ask(&server, wrong, path, &[], "").await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
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
