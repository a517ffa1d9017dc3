//! The sources besides Donation Alerts: whether their keys are taken, and whether webhooks can be listened to.

use super::Finding;
use super::services::{is_ours, patient};
use crate::config::{Config, Start, Use};
use crate::health::Health;
use crate::sources::{donatepay, streamelements, twitch, webhook};

/// A line for each source that is to be used, and one for all that are not.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let mut looked = Looked::default();
    let settings = &config.donatepay;
    let key = (settings.enabled, settings.access_token.as_ref());
    if let Some(token) = looked.key(donatepay::NAME, key, "set DONATEPAY_ACCESS_TOKEN") {
        let check = donatepay::check(settings.api_base.as_str(), token.clone(), settings.user_id);
        looked.found(donatepay::NAME, patient(check).await);
    }
    let settings = &config.twitch;
    let key = (settings.enabled, settings.access_token.as_ref());
    if let Some(token) = looked.key(twitch::NAME, key, "set TWITCH_ACCESS_TOKEN") {
        let (api, auth) = (settings.api_base.as_str(), settings.auth_base.as_str());
        let check = twitch::check(api, auth, token.clone());
        looked.found(twitch::NAME, patient(check).await);
    }
    let settings = &config.streamelements;
    let key = (settings.enabled, settings.token.as_ref());
    if looked
        .key(streamelements::NAME, key, "set STREAMELEMENTS_TOKEN")
        .is_some()
        && let Some(settings) = streamelements::settings(settings)
    {
        let check = streamelements::check(settings);
        looked.found(streamelements::NAME, patient(check).await);
    }
    let settings = &config.webhook;
    let key = webhook::is_equipped(settings).then_some(settings);
    let mend = "set WEBHOOK_SECRET, or the key of the service that calls (docs/SOURCES.md)";
    if looked
        .key(webhook::NAME, (settings.enabled, key), mend)
        .is_some()
    {
        looked.found(webhook::NAME, door(config).await);
    }
    looked.findings()
}

/// Whether webhooks can be taken; where a show runs already, it takes them.
async fn door(config: &Config) -> Health {
    let (host, port) = (config.webhook.host, config.webhook.port);
    let show = format!("http://{}:{}/health", config.api.host, config.api.port);
    match webhook::bind(&config.webhook).await {
        Ok(_) if host.is_loopback() => Health::good(format!(
            "{host}:{port} is free; the service has to reach it through a tunnel or a proxy"
        )),
        Ok(_) => Health::good(format!("{host}:{port} is free")),
        Err(_) if is_ours(&show).await => {
            Health::good(format!("a show is running, and listens at {host}:{port}"))
        }
        Err(error) => Health::bad(
            format!("it cannot listen on {host}:{port}: {error}"),
            format!(
                "choose another with WEBHOOK_PORT; `ss -ltnp 'sport = :{port}'` says who has it"
            ),
        ),
    }
}

/// What was found so far.
#[derive(Default)]
struct Looked {
    findings: Vec<Finding>,
    off: Vec<&'static str>,
}

impl Looked {
    /// The key of a source that is to be used.
    fn key<'k, K>(
        &mut self,
        name: &'static str,
        (enabled, key): (Use, Option<&'k K>),
        mend: &str,
    ) -> Option<&'k K> {
        match enabled.start(key) {
            Start::Now => key,
            Start::Off => {
                self.off.push(name);
                None
            }
            Start::Lacking => {
                self.found(name, Health::bad("it is on, and has no key", mend));
                None
            }
        }
    }

    fn found(&mut self, name: &str, health: Health) {
        self.findings.push(Finding::new(name, health));
    }

    fn findings(mut self) -> Vec<Finding> {
        if !self.off.is_empty() {
            let off = format!("off: {}", self.off.join(", "));
            self.found("other sources", Health::good(off));
        }
        self.findings
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    #[tokio::test]
    async fn each_source_that_is_to_be_used_has_its_line_with_what_is_wrong_with_it() {
        let server = MockServer::start().await;
        let answers = [
            (
                "/oauth2/validate",
                json!({ "client_id": "c", "user_id": "1", "scopes": ["bits:read"] }),
            ),
            (
                "/api/v1/user",
                json!({ "status": "error", "message": "Incorrect token" }),
            ),
        ];
        for (place, answer) in answers {
            Mock::given(path(place))
                .respond_with(ResponseTemplate::new(200).set_body_json(answer))
                .mount(&server)
                .await;
        }
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let (auth, api) = (
            format!("{}/oauth2", server.uri()),
            format!("{}/api", server.uri()),
        );
        let flags = [
            ("api.port", "1"),
            ("donatepay.access_token", "planted"),
            ("donatepay.api_base", &api),
            ("twitch.access_token", "planted"),
            ("twitch.auth_base", &auth),
            ("streamelements.enabled", "on"),
            ("webhook.secret", "planted planted planted planted"),
            ("webhook.port", &port),
        ];
        let flags = flags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let config = Config::load(None, &flags).unwrap();
        let mut lines: Vec<String> = Vec::new();
        for Finding { what, health } in look(&config).await {
            let state = health.state.split(": Address").next().unwrap_or_default();
            lines.push(format!("{:?} {what}: {state}", health.grade));
            assert!(!format!("{health:?}").contains("planted"));
        }
        let expected = [
            "Bad donatepay: DonatePay does not accept the key".to_owned(),
            "Fair twitch: the token lacks channel:read:redemptions".to_owned(),
            "Bad streamelements: it is on, and has no key".to_owned(),
            format!("Bad webhook: it cannot listen on 127.0.0.1:{port}"),
        ];
        assert_eq!(lines, expected);
        let nothing = look(&Config::load(None, &[]).unwrap()).await;
        assert_eq!(
            nothing[0].health.state,
            "off: donatepay, twitch, streamelements, webhook"
        );
    }
}
