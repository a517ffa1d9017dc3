use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::*;

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn simulator(dialect: Dialect) -> Simulator {
    let options = SimulatorOptions {
        dialect,
        history_size: 5,
        ..SimulatorOptions::default()
    };
    Simulator::start(options).await.unwrap()
}

async fn open(simulator: &Simulator) -> Socket {
    tokio_tungstenite::connect_async(simulator.ws_url())
        .await
        .unwrap()
        .0
}

async fn say(socket: &mut Socket, frame: &str) {
    socket.send(Message::text(frame)).await.unwrap();
}

/// The next frame's documents, or the code and reason of the close.
async fn hear(socket: &mut Socket) -> Result<Vec<Value>, (u16, String)> {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => {
                assert!(text.ends_with('\n'), "every frame ends with a newline");
                return Ok(text
                    .lines()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect());
            }
            Message::Close(Some(frame)) => {
                return Err((frame.code.into(), frame.reason.to_string()));
            }
            _ => {}
        }
    }
}

async fn api(simulator: &Simulator, request: reqwest::RequestBuilder) -> Value {
    let answer = request
        .bearer_auth(simulator.access_token())
        .send()
        .await
        .unwrap();
    answer.json().await.unwrap()
}

/// Connects and subscribes; `recover` is added to the subscription.
async fn join(simulator: &Simulator, recover: Value) -> (Socket, Vec<Value>) {
    let http = reqwest::Client::new();
    let user = api(simulator, http.get(simulator.api_url() + "/user/oauth")).await;
    let token = user["data"]["socket_connection_token"].as_str().unwrap();
    let mut socket = open(simulator).await;
    say(
        &mut socket,
        &json!({"params": {"token": token}, "id": 1}).to_string(),
    )
    .await;
    let reply = hear(&mut socket).await.unwrap();
    let client = &reply[0]["result"]["client"];
    let channel = "$alerts:donation_13900001";
    let wish = json!({"client": client, "channels": [channel]}).to_string();
    let url = simulator.api_url() + "/centrifuge/subscribe";
    let tokens = api(simulator, http.post(url).body(wish)).await;
    let mut params = json!({"channel": channel, "token": tokens["channels"][0]["token"]});
    if let Some(recover) = recover.as_object() {
        params.as_object_mut().unwrap().extend(recover.clone());
    }
    say(
        &mut socket,
        &json!({"method": 1, "params": params, "id": 2}).to_string(),
    )
    .await;
    let reply = hear(&mut socket).await.unwrap();
    (socket, reply)
}

fn donation(message: &str) -> SimulatedDonation {
    SimulatedDonation::written(Some("Аня"), message, 9.99, "EUR")
}

#[tokio::test]
async fn a_donation_is_pushed_to_those_who_subscribed_and_listed() {
    let simulator = simulator(Dialect::V27).await;
    let (mut socket, reply) = join(&simulator, json!(null)).await;
    assert_eq!(reply[0]["result"]["recoverable"], true);
    assert!(reply[0]["result"].get("seq").is_none(), "zero is left out");
    let join_push = hear(&mut socket).await.unwrap();
    assert_eq!(join_push[0]["result"]["type"], 1);
    let id = simulator.push(&donation("кот/кит"));
    let push = hear(&mut socket).await.unwrap();
    assert_eq!(push[0]["result"]["data"]["seq"], 1);
    assert_eq!(push[0]["result"]["data"]["data"]["id"], id);
    assert_eq!(push[0]["result"]["data"]["data"]["message"], "кот/кит");
    let url = simulator.api_url() + "/alerts/donations?page=1";
    let page = api(&simulator, reqwest::Client::new().get(url)).await;
    assert_eq!(page["data"][0]["id"], id);
    assert_eq!(page["meta"]["per_page"], 30);
    assert_eq!(page["links"]["next"], Value::Null);
}

#[tokio::test]
async fn a_burst_travels_at_most_four_to_a_frame() {
    let simulator = simulator(Dialect::V27).await;
    let (mut socket, _) = join(&simulator, json!(null)).await;
    hear(&mut socket).await.unwrap();
    simulator.desk.with(|service| {
        for _ in 0..10 {
            service.donate(&donation("x"), Announce::Everywhere);
        }
    });
    let mut frames = Vec::new();
    while frames.iter().sum::<usize>() < 10 {
        frames.push(hear(&mut socket).await.unwrap().len());
    }
    assert_eq!(frames, [4, 4, 2]);
}

#[tokio::test]
async fn recovery_tells_what_was_missed_in_the_dialects_order() {
    for (dialect, key, order) in [
        (Dialect::V27, "seq", [3, 2]),
        (Dialect::V28Seq, "seq", [3, 2]),
        (Dialect::V28Offset, "offset", [2, 3]),
    ] {
        let simulator = simulator(dialect).await;
        for message in ["m1", "m2", "m3"] {
            simulator.push(&donation(message));
        }
        let (_, first) = join(&simulator, json!(null)).await;
        let epoch = &first[0]["result"]["epoch"];
        let (_, reply) = join(&simulator, json!({"recover": true, key: 1, "epoch": epoch})).await;
        let result = &reply[0]["result"];
        let positions: Vec<_> = result["publications"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p[key].as_u64().unwrap())
            .collect();
        assert_eq!(positions, order, "{dialect:?}");
        assert_eq!(result["recovered"], true);
        let both = result.get("seq").is_some() && result.get("offset").is_some();
        assert_eq!(both, dialect == Dialect::V27);
        // Another epoch, and a history shorter than the gap: not recovered, and nobody says otherwise.
        let other = json!({"recover": true, key: 1, "epoch": "none"});
        let (_, reply) = join(&simulator, other).await;
        assert!(reply[0]["result"].get("recovered").is_none());
        for _ in 0..9 {
            simulator.push(&donation("more"));
        }
        let (_, reply) = join(&simulator, json!({"recover": true, key: 1, "epoch": epoch})).await;
        assert!(reply[0]["result"].get("recovered").is_none());
    }
}

#[tokio::test]
async fn mistakes_are_answered_as_each_version_does() {
    let lenient = simulator(Dialect::V27).await;
    let mut socket = open(&lenient).await;
    say(&mut socket, r#"{"params":{"token":"x"}}"#).await;
    assert_eq!(hear(&mut socket).await.unwrap()[0]["error"]["code"], 107);
    say(
        &mut socket,
        r#"{"method":"subscribe","params":{"channel":"c"},"id":2}"#,
    )
    .await;
    assert_eq!(hear(&mut socket).await.unwrap()[0]["error"]["code"], 101);
    say(&mut socket, r#"{"params":{"token":"wrong"},"id":3}"#).await;
    let (code, reason) = hear(&mut socket).await.unwrap_err();
    assert_eq!(
        (code, reason.as_str()),
        (3002, r#"{"reason":"invalid token","reconnect":false}"#)
    );

    let strict = simulator(Dialect::V28Seq).await;
    for frame in [
        r#"{"params":{"token":"x"}}"#,
        r#"{"id":1,"connect":{"token":"x"}}"#,
        r#"{"token":"x","id":1}"#,
        r#"{"command": "subscribe", "params": {"channels": []}}"#,
        "{}",
        "not json",
    ] {
        let mut socket = open(&strict).await;
        say(&mut socket, frame).await;
        assert_eq!(hear(&mut socket).await.unwrap_err().0, 3003, "{frame}");
    }
}

#[tokio::test]
async fn a_channel_token_of_another_connection_is_refused_and_a_second_subscription_too() {
    let simulator = simulator(Dialect::V27).await;
    let (mut socket, _) = join(&simulator, json!(null)).await;
    hear(&mut socket).await.unwrap();
    let again =
        r#"{"method":1,"params":{"channel":"$alerts:donation_13900001","token":"t"},"id":3}"#;
    say(&mut socket, again).await;
    assert_eq!(hear(&mut socket).await.unwrap()[0]["error"]["code"], 105);
    let other = r#"{"method":1,"params":{"channel":"$goals:goal_13900001","token":"t"},"id":4}"#;
    say(&mut socket, other).await;
    assert_eq!(hear(&mut socket).await.unwrap()[0]["error"]["code"], 103);
    simulator.expire_tokens();
    simulator.disconnect(3005);
    assert_eq!(hear(&mut socket).await.unwrap_err().0, 3005);
}

#[tokio::test]
async fn pages_hold_thirty_newest_first() {
    let simulator = simulator(Dialect::V27).await;
    let ids: Vec<u64> = (0..31).map(|_| simulator.push(&donation("x"))).collect();
    let http = reqwest::Client::new();
    let url = |page| format!("{}/alerts/donations?page={page}", simulator.api_url());
    let first = api(&simulator, http.get(url(1))).await;
    assert_eq!(first["data"].as_array().unwrap().len(), 30);
    assert_eq!(first["data"][0]["id"], ids[30]);
    assert_eq!(first["meta"]["last_page"], 2);
    let second = api(&simulator, http.get(url(2))).await;
    assert_eq!(second["data"][0]["id"], ids[0]);
    assert_eq!(second["meta"]["from"], 31);
    simulator.fail_next([RestFault::TooMany(7)]);
    let refused = http.get(url(1)).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "7");
    let stranger = http
        .get(url(1))
        .bearer_auth("made.up.token")
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), 401);
    assert_eq!(
        stranger.text().await.unwrap(),
        r#"{"message":"Unauthenticated."}"#
    );
}

#[tokio::test]
async fn a_code_is_exchanged_once_and_a_refresh_token_gives_a_new_one() {
    let simulator = simulator(Dialect::V27).await;
    let base = simulator.base_url();
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let redirect_uri = "http://127.0.0.1:7475/callback";
    let ask = [
        ("client_id", CLIENT.0),
        ("redirect_uri", redirect_uri),
        ("response_type", "code"),
        ("scope", "oauth-user-show"),
        ("state", "a\"b"),
    ];
    let page = http
        .get(format!("{base}/oauth/authorize"))
        .query(&ask)
        .send()
        .await
        .unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("value=\"a&quot;b\""), "{page}");
    let approved = http
        .post(format!("{base}/oauth/approve"))
        .form(&ask)
        .send()
        .await
        .unwrap();
    let target = url::Url::parse(approved.headers()["location"].to_str().unwrap()).unwrap();
    let answer: std::collections::BTreeMap<_, _> = target.query_pairs().into_owned().collect();
    assert_eq!(answer["state"], "a\"b");
    let trade = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT.0),
        ("client_secret", CLIENT.1),
        ("redirect_uri", redirect_uri),
        ("code", &answer["code"]),
    ];
    let token_url = format!("{base}/oauth/token");
    let got: Value = http
        .post(&token_url)
        .form(&trade)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let renew = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT.0),
        ("client_secret", CLIENT.1),
        ("refresh_token", got["refresh_token"].as_str().unwrap()),
    ];
    let renewed: Value = http
        .post(&token_url)
        .form(&renew)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_ne!(renewed["access_token"], got["access_token"]);
    for used in [&trade[..], &renew[..]] {
        let again = http.post(&token_url).form(used).send().await.unwrap();
        assert_eq!(again.status(), 400);
    }
    let far = [
        ("client_id", CLIENT.0),
        ("response_type", "code"),
        ("redirect_uri", "http://evil.example/"),
    ];
    let refused = http
        .get(format!("{base}/oauth/authorize"))
        .query(&far)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 400);
}
