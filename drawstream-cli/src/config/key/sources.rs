//! Settings of where donations come from.

use super::{Key, key, optional, secret};

pub(super) const SOURCES: &[Key] = &[
    key(
        "donation_alerts.ws_url",
        "DA_WS_URL",
        "wss://centrifugo.donationalerts.com/connection/websocket",
        "Centrifugo endpoint; http and https are read as ws and wss",
    ),
    key(
        "donation_alerts.api_base",
        "DA_API_BASE",
        "https://www.donationalerts.com/api/v1",
        "REST base",
    ),
    secret(
        "donation_alerts.access_token",
        "DA_ACCESS_TOKEN",
        "OAuth access token",
    ),
    optional(
        "donation_alerts.client_id",
        "DA_CLIENT_ID",
        "OAuth application",
    ),
    secret(
        "donation_alerts.client_secret",
        "DA_CLIENT_SECRET",
        "OAuth application's secret",
    ),
    optional(
        "donation_alerts.user_id",
        "DA_USER_ID",
        "numeric user id; asked from the API where absent",
    ),
    key(
        "donation_alerts.poll_interval_sec",
        "DA_REST_POLL_INTERVAL_SEC",
        "30",
        "seconds between REST polls",
    ),
    key(
        "donation_alerts.enabled",
        "DA_ENABLED",
        "auto",
        "auto (on where there is a token), on or off",
    ),
    key(
        "donatepay.enabled",
        "DONATEPAY_ENABLED",
        "auto",
        "auto (on where there is a key), on or off",
    ),
    secret(
        "donatepay.access_token",
        "DONATEPAY_ACCESS_TOKEN",
        "DonatePay's API key",
    ),
    optional(
        "donatepay.user_id",
        "DONATEPAY_USER_ID",
        "numeric user id; asked from the API where absent",
    ),
    key(
        "donatepay.ws_url",
        "DONATEPAY_WS_URL",
        "wss://centrifugo.donatepay.ru/connection/websocket",
        "Centrifugo endpoint",
    ),
    key(
        "donatepay.api_base",
        "DONATEPAY_API_BASE",
        "https://donatepay.ru/api",
        "REST base",
    ),
    key(
        "donatepay.poll_interval_sec",
        "DONATEPAY_POLL_INTERVAL_SEC",
        "60",
        "time between REST polls; the service allows one call in 20 seconds",
    ),
    key(
        "twitch.enabled",
        "TWITCH_ENABLED",
        "auto",
        "auto (on where there is a token), on or off",
    ),
    secret(
        "twitch.access_token",
        "TWITCH_ACCESS_TOKEN",
        "user token with bits:read and channel:read:redemptions",
    ),
    optional(
        "twitch.rewards",
        "TWITCH_REWARDS",
        "titles of the rewards that are painted; every reward with a text where absent",
    ),
    key(
        "twitch.ws_url",
        "TWITCH_WS_URL",
        "wss://eventsub.wss.twitch.tv/ws",
        "EventSub endpoint",
    ),
    key(
        "twitch.api_base",
        "TWITCH_API_BASE",
        "https://api.twitch.tv/helix",
        "Helix base",
    ),
    key(
        "twitch.auth_base",
        "TWITCH_AUTH_BASE",
        "https://id.twitch.tv/oauth2",
        "where tokens are checked",
    ),
    key(
        "streamelements.enabled",
        "STREAMELEMENTS_ENABLED",
        "auto",
        "auto (on where there is a token), on or off",
    ),
    secret(
        "streamelements.token",
        "STREAMELEMENTS_TOKEN",
        "JWT, API key or OAuth token of the channel",
    ),
    key(
        "streamelements.token_type",
        "STREAMELEMENTS_TOKEN_TYPE",
        "jwt",
        "jwt, apikey or oauth",
    ),
    optional(
        "streamelements.channel",
        "STREAMELEMENTS_CHANNEL",
        "channel id; the token's own where absent",
    ),
    key(
        "streamelements.ws_url",
        "STREAMELEMENTS_WS_URL",
        "wss://astro.streamelements.com",
        "Astro endpoint",
    ),
    key(
        "webhook.enabled",
        "WEBHOOK_ENABLED",
        "auto",
        "auto (on where one of the keys below is set), on or off",
    ),
    key(
        "webhook.host",
        "WEBHOOK_HOST",
        "127.0.0.1",
        "address on which webhooks are taken",
    ),
    key(
        "webhook.port",
        "WEBHOOK_PORT",
        "8090",
        "its port: the only one that a tunnel should lead to",
    ),
    secret(
        "webhook.secret",
        "WEBHOOK_SECRET",
        "key of the signed webhook (HMAC-SHA256); opens /hook",
    ),
    secret(
        "webhook.kofi_token",
        "KOFI_VERIFICATION_TOKEN",
        "Ko-fi's verification token; opens /kofi",
    ),
    optional(
        "webhook.throne_creator",
        "THRONE_CREATOR_ID",
        "your creator id on Throne; opens /throne",
    ),
    optional(
        "webhook.kick_broadcaster",
        "KICK_BROADCASTER_ID",
        "your user id on Kick; opens /kick",
    ),
    key(
        "console.enabled",
        "CONSOLE_ENABLED",
        "auto",
        "lines typed into the terminal: auto (on where it is one), on or off",
    ),
];
