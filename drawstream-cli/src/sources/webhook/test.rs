//! Webhooks, with the bodies that the services document, over real requests.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drawstream_core::donation::Currency;
use hmac::{Hmac, Mac as _};
use reqwest::StatusCode;
use sha2::Sha256;
use tempfile::TempDir;

use super::*;
use crate::config::Use;
use crate::ledger::{Clerk, Ledger, Origin, Queued};
use crate::secret::Secret;

/// Source: ko-fi.com/manage/webhooks, "Single Donation".
const KOFI: &str = r#"{"verification_token":"8a2b3c4d-kofi","message_id":"8d737342-2311-429f-b920-f6e98cde402e","timestamp":"2024-12-26T12:32:57Z","type":"Donation","is_public":true,"from_name":"Jo Example","message":"Good luck with the integration!","amount":"3.00","url":"https://ko-fi.com/Home/CoffeeShop?txid=00000000-1111-2222-3333-444444444444","email":"jo.example@example.com","currency":"USD","is_subscription_payment":false,"is_first_subscription_payment":false,"kofi_transaction_id":"00000000-1111-2222-3333-444444444444","shop_items":null,"tier_name":null,"shipping":null}"#;

/// Source: help.throne.com, "Webhook Integration", with values in the place of the types.
const THRONE: &str = r#"{"contract_version":"1","event_id":"0b8ea8a5-3c0e-4f1c-8a35-6c1f3f0a2f11","event_type":"contribution_purchased","data":{"creator_id":"creator-1","creator_username":"artist","gifter_username":"Anonymous","message":"a fox in the snow","item_name":"Brushes","item_thumbnail_url":"https://example.com/a.png","amount":1099,"currency":"USD"}}"#;

/// Source: github.com/KickEngineering/KickDevDocs, events/event-types.md, "Kicks Gifted".
const KICK: &str = r#"{"broadcaster":{"user_id":123456789,"username":"broadcaster_name","is_verified":true,"profile_picture":"https://example.com/broadcaster_avatar.jpg","channel_slug":"broadcaster_channel"},"sender":{"user_id":987654321,"username":"gift_sender","is_verified":false,"profile_picture":"https://example.com/sender_avatar.jpg","channel_slug":"gift_sender_channel"},"gift":{"amount":100,"name":"Full Send","type":"BASIC","tier":"BASIC","message":"w","pinned_time_seconds":600},"created_at":"2025-10-20T04:00:08.634Z"}"#;

const SECRET: &str = "planted-webhook-secret";

struct Stand {
    address: String,
    clerk: Clerk,
    source: Running,
    throne: Ed25519KeyPair,
    kick: RsaKeyPair,
    http: reqwest::Client,
    _folder: TempDir,
}

async fn stand() -> Stand {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let (clerk, _) = Clerk::hire(ledger).unwrap();
    let throne = Ed25519KeyPair::generate().unwrap();
    let kick = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let keys = Keys {
        throne: throne.public_key().as_ref().to_vec(),
        kick: kick.public_key().as_ref().to_vec(),
    };
    let config = WebhookConfig {
        enabled: Use::Auto,
        host: [127, 0, 0, 1].into(),
        port: 0,
        secret: Some(Secret::new(SECRET)),
        kofi_token: Some(Secret::new("8a2b3c4d-kofi")),
        throne_creator: Some("creator-1".to_owned()),
        kick_broadcaster: Some(123_456_789),
    };
    let listener = bind(&config).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let intake = Intake::new(clerk.clone(), Currency::parse("EUR").unwrap());
    let stop = CancellationToken::new();
    Stand {
        address,
        source: start_with(listener, config, keys, intake, stop),
        clerk,
        throne,
        kick,
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        _folder: folder,
    }
}

impl Stand {
    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
        let mut request = self.http.post(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body.to_owned()).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn signed(&self, at: i64, body: &str) -> (StatusCode, Value) {
        let at = at.to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("{at}.{body}").as_bytes());
        let signature = format!("sha256={}", hex(&mac.finalize().into_bytes()));
        let headers = [
            ("x-drawstream-timestamp", at.as_str()),
            ("x-drawstream-signature", signature.as_str()),
        ];
        self.post("/hook", &headers, body).await
    }

    async fn throne(&self, body: &str) -> (StatusCode, Value) {
        let at = field::now().0.to_string();
        let signature = hex(self.throne.sign(format!("{at}.{body}").as_bytes()).as_ref());
        let headers = [
            ("x-signature-timestamp", at.as_str()),
            ("x-signature-ed25519", signature.as_str()),
        ];
        self.post("/throne", &headers, body).await
    }

    async fn kick(&self, id: &str, body: &str) -> (StatusCode, Value) {
        let at = time::OffsetDateTime::now_utc();
        let at = at
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap();
        let mut signature = vec![0; self.kick.public_modulus_len()];
        let signed = format!("{id}.{at}.{body}");
        self.kick
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .unwrap();
        let signature = STANDARD.encode(signature);
        let headers = [
            ("kick-event-message-id", id),
            ("kick-event-message-timestamp", at.as_str()),
            ("kick-event-signature", signature.as_str()),
            ("kick-event-type", "kicks.gifted"),
        ];
        self.post("/kick", &headers, body).await
    }

    async fn kofi(&self, data: &str) -> (StatusCode, Value) {
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("data", data)
            .finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.post("/kofi", &headers, &form).await
    }

    async fn queue(&self) -> Vec<Queued> {
        self.clerk.ask(|ledger| ledger.queue(99)).await.unwrap()
    }

    /// `source/id donor amount: message` of each donation.
    async fn told(&self) -> Vec<String> {
        let queue = self.queue().await;
        let line = |q: &Queued| {
            let text = |text: &Option<drawstream_core::donation::RawText>| {
                text.as_ref()
                    .map_or("–".to_owned(), |t| t.expose().to_owned())
            };
            let d = &q.donation;
            format!(
                "{}/{} {} {}: {}",
                d.external.source,
                d.external.id,
                text(&d.donor),
                d.amount,
                text(&d.message)
            )
        };
        queue.iter().map(line).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn taken(new: u64) -> (StatusCode, Value) {
    (StatusCode::OK, json!({ "taken": new }))
}

#[tokio::test]
async fn the_documented_bodies_of_every_service_become_donations_once() {
    let stand = stand().await;
    assert_eq!(stand.kofi(KOFI).await, taken(1));
    assert_eq!(stand.kofi(KOFI).await, taken(0));
    assert_eq!(stand.throne(THRONE).await, taken(1));
    assert_eq!(stand.throne(THRONE).await, taken(0));
    assert_eq!(
        stand.kick("01JH6X0T5B6Z6W9JQ3E4V8N2QK", KICK).await,
        taken(1)
    );
    assert_eq!(
        stand.kick("01JH6X0T5B6Z6W9JQ3E4V8N2QK", KICK).await,
        taken(0)
    );
    let own = r#"{"id":"order-17","amount":"7.50","currency":"EUR","donor":"Ann","message":"a cat in a hat","test":true}"#;
    let now = field::now().0;
    assert_eq!(stand.signed(now, own).await, taken(1));
    assert_eq!(stand.signed(now - 100, own).await, taken(0));
    assert_eq!(
        stand.told().await,
        [
            "kofi/8d737342-2311-429f-b920-f6e98cde402e Jo Example 3.00 USD: Good luck with the integration!",
            "throne/0b8ea8a5-3c0e-4f1c-8a35-6c1f3f0a2f11 – 10.99 USD: a fox in the snow",
            "kick/01JH6X0T5B6Z6W9JQ3E4V8N2QK gift_sender 100 KICKS: w",
            "webhook/order-17 Ann 7.50 EUR: a cat in a hat",
        ]
    );
    let origins: Vec<_> = stand.queue().await.iter().map(|q| q.origin).collect();
    assert_eq!(
        origins,
        [Origin::Paid, Origin::Paid, Origin::Paid, Origin::Trial]
    );
    let status = stand.source.status.borrow().clone();
    assert_eq!(
        (status.link, status.taken, status.unreadable),
        (LinkState::Live, 4, 0)
    );
    assert!(status.last_event.is_some());
}

#[tokio::test]
async fn what_is_not_public_on_kofi_is_taken_without_words_and_orders_are_not_taken() {
    let stand = stand().await;
    let private = KOFI.replace(r#""is_public":true"#, r#""is_public":false"#);
    assert_eq!(stand.kofi(&private).await, taken(1));
    let order = KOFI
        .replace("8d737342", "00000000")
        .replace(r#""Donation""#, r#""Shop Order""#);
    assert_eq!(stand.kofi(&order).await, taken(0));
    let renewal = order
        .replace("Shop Order", "Subscription")
        .replace("Good luck with the integration!", "");
    assert_eq!(stand.kofi(&renewal).await, taken(0));
    assert_eq!(
        stand.told().await,
        ["kofi/8d737342-2311-429f-b920-f6e98cde402e – 3.00 USD: –"]
    );
}

#[tokio::test]
async fn who_cannot_prove_it_is_refused_and_nothing_secret_is_told() {
    let stand = stand().await;
    let refused = StatusCode::UNAUTHORIZED;
    let now = field::now().0;
    let own = r#"{"amount":"7.50"}"#;
    // Too old, from the future, unsigned, signed for another body, another channel's.
    assert_eq!(stand.signed(now - 301, own).await.0, refused);
    assert_eq!(stand.signed(now + 320, own).await.0, refused);
    assert_eq!(stand.post("/hook", &[], own).await.0, refused);
    assert_eq!(stand.post("/throne", &[], THRONE).await.0, refused);
    assert_eq!(stand.post("/kick", &[], KICK).await.0, refused);
    assert_eq!(
        stand.kofi(&KOFI.replace("8a2b3c4d", "8a2b3c4e")).await.0,
        refused
    );
    assert_eq!(
        stand
            .throne(&THRONE.replace("creator-1", "creator-2"))
            .await
            .0,
        refused
    );
    assert_eq!(
        stand
            .kick("a", &KICK.replace("123456789", "1234567"))
            .await
            .0,
        refused
    );
    // Proven, and unusable.
    let odd = StatusCode::UNPROCESSABLE_ENTITY;
    for body in [
        "{",
        "{}",
        r#"{"amount":"x"}"#,
        r#"{"amount":1,"extra":2}"#,
        r#"{"amount":1,"id":[]}"#,
    ] {
        assert_eq!(stand.signed(now, body).await.0, odd, "{body}");
    }
    let long = format!(r#"{{"amount":1,"message":"{}"}}"#, "x".repeat(LONGEST));
    assert_eq!(
        stand.signed(now, &long).await.0,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(stand.told().await, Vec::<String>::new());
    let status = stand.source.status.borrow().clone();
    assert!(status.unreadable > 0);
    let said = format!("{status:?}");
    assert!(!said.contains("planted") && !said.contains("kofi\"") && !said.contains("fox"));
}

#[tokio::test]
async fn the_same_bytes_without_an_id_are_the_same_donation_and_a_lone_surrogate_harms_itself() {
    let stand = stand().await;
    let now = field::now().0;
    let body = r#"{"amount":7.5,"message":"a \ud83d cat"}"#;
    assert_eq!(stand.signed(now, body).await, taken(1));
    assert_eq!(stand.signed(now, body).await, taken(0));
    let told = stand.told().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with("– 7.50 EUR: a \u{fffd} cat"), "{told:?}");
}

#[test]
fn the_published_keys_are_keys() {
    let keys = Keys::published();
    // A well-formed key says no to a wrong signature; these lengths are the keys' own.
    assert_eq!((keys.throne.len(), keys.kick.len()), (44, 294));
    assert_eq!(
        keys.check_throne(b"a", &"00".repeat(64)),
        Err(ProofError::Wrong)
    );
    assert_eq!(
        keys.check_kick(b"a", &STANDARD.encode([0; 256])),
        Err(ProofError::Wrong)
    );
}
