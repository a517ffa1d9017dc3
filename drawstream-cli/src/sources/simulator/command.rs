//! What the simulated socket answers to a command of the Centrifugo v1 protocol.

use serde_json::{Map, Value, json};

use super::Dialect;
use super::service::Service;

/// The code with which a frame that breaks the protocol closes the connection.
const BAD_REQUEST: u16 = 3003;

/// Answers one command: documents to send, or the code to close with.
pub(super) fn answer(service: &mut Service, client: &str, line: &str) -> Result<Vec<String>, u16> {
    let Ok(Value::Object(command)) = serde_json::from_str(line) else {
        return Err(BAD_REQUEST);
    };
    let lenient = service.options.dialect == Dialect::V27;
    let method = method_of(&command);
    let id = command.get("id").and_then(Value::as_u64).unwrap_or(0);
    // A `send` (8) alone has no answer and needs no id.
    if id == 0 && method != Some(8) {
        let refusal = json!({"error": {"code": 107, "message": "bad request"}});
        return if lenient {
            Ok(vec![refusal.to_string()])
        } else {
            Err(BAD_REQUEST)
        };
    }
    let empty = Map::new();
    let params = command
        .get("params")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    if !service.is_connected(client) && method != Some(0) {
        return if lenient {
            Ok(vec![error(id, 101)])
        } else {
            Err(BAD_REQUEST)
        };
    }
    match method {
        Some(0) => connect(service, client, id, params),
        Some(1) => subscribe(service, client, id, params),
        Some(2) => {
            service.unsubscribe(client, text(params, "channel"));
            Ok(vec![json!({"id": id, "result": {}}).to_string()])
        }
        Some(3) => Ok(vec![error(id, 103)]),
        Some(4..=6 | 9) => Ok(vec![error(id, 108)]),
        Some(7) => Ok(vec![json!({"id": id}).to_string()]),
        Some(8) => Ok(Vec::new()),
        Some(10) => Ok(vec![refresh(service, client, id, params)]),
        Some(11) => Ok(vec![json!({"id": id, "result": {}}).to_string()]),
        _ => Ok(vec![error(id, 104)]),
    }
}

/// The method's number: absent is 0 (connect), and names in lower case are taken too.
fn method_of(command: &Map<String, Value>) -> Option<u64> {
    const NAMES: [&str; 12] = [
        "connect",
        "subscribe",
        "unsubscribe",
        "publish",
        "presence",
        "presence_stats",
        "history",
        "ping",
        "send",
        "rpc",
        "refresh",
        "sub_refresh",
    ];
    match command.get("method") {
        None => Some(0),
        Some(Value::String(name)) => NAMES.iter().position(|n| n == name).map(|n| n as u64),
        Some(number) => number.as_u64(),
    }
}

fn connect(
    service: &mut Service,
    client: &str,
    id: u64,
    params: &Map<String, Value>,
) -> Result<Vec<String>, u16> {
    if service.is_connected(client) {
        return Err(BAD_REQUEST);
    }
    let token = text(params, "token");
    if token.is_empty() {
        return Err(BAD_REQUEST);
    }
    match service.socket_token_state(token) {
        None => Err(3002),
        Some(false) => Ok(vec![error(id, 109)]),
        Some(true) => {
            service.set_connected(client);
            let mut result = json!({"client": client, "version": "2.2.1"});
            if let Some(ttl) = service.options.connection_ttl {
                result["expires"] = json!(true);
                result["ttl"] = json!(ttl.as_secs().max(1));
            }
            Ok(vec![json!({"id": id, "result": result}).to_string()])
        }
    }
}

fn subscribe(
    service: &mut Service,
    client: &str,
    id: u64,
    params: &Map<String, Value>,
) -> Result<Vec<String>, u16> {
    let channel = text(params, "channel");
    if channel.is_empty() {
        return Err(BAD_REQUEST);
    }
    if service.is_subscribed(client, channel) {
        return Ok(vec![error(id, 105)]);
    }
    if !service.may_subscribe(client, channel, text(params, "token")) {
        return Ok(vec![error(id, 103)]);
    }
    let wants = params.get("recover").and_then(Value::as_bool) == Some(true);
    let position = ["offset", "seq"]
        .iter()
        .find_map(|key| params.get(*key).and_then(Value::as_u64))
        .unwrap_or(0);
    let since = wants.then(|| (position, text(params, "epoch")));
    let result = service.stream_state(channel, since);
    service.subscribe(client, channel);
    let reply = json!({"id": id, "result": result});
    Ok(vec![super::service::written(&reply)])
}

fn refresh(service: &Service, client: &str, id: u64, params: &Map<String, Value>) -> String {
    if service.socket_token_state(text(params, "token")) != Some(true) {
        return error(id, 109);
    }
    let mut result = json!({"client": client, "version": "2.2.1"});
    if let Some(ttl) = service.options.connection_ttl {
        result["expires"] = json!(true);
        result["ttl"] = json!(ttl.as_secs().max(1));
    }
    json!({"id": id, "result": result}).to_string()
}

fn text<'a>(params: &'a Map<String, Value>, key: &str) -> &'a str {
    params.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn error(id: u64, code: u16) -> String {
    let message = match code {
        101 => "unauthorized",
        103 => "permission denied",
        104 => "method not found",
        105 => "already subscribed",
        108 => "not available",
        109 => "token expired",
        _ => "internal server error",
    };
    json!({"id": id, "error": {"code": code, "message": message}}).to_string()
}

/// The reason that Centrifugo gives with a close code: whether to come again is in it.
pub(super) fn close_reason(code: u16) -> String {
    let (reason, reconnect) = match code {
        3000 => ("normal", true),
        3001 => ("shutdown", true),
        3002 => ("invalid token", false),
        3003 => ("bad request", false),
        3004 => ("internal server error", true),
        3005 => ("expired", true),
        3006 => ("subscription expired", true),
        3007 => ("stale", false),
        3008 => ("slow", true),
        3009 => ("write error", true),
        3010 => ("insufficient state", true),
        3011 => ("force reconnect", true),
        3012 => ("force disconnect", false),
        3013 => ("connection limit", false),
        _ => ("", true),
    };
    json!({"reason": reason, "reconnect": reconnect}).to_string()
}
