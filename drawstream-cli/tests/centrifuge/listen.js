// Listens to donations with the reference client, and prints one JSON line for each thing that happens.
//
// Environment: DA_API_BASE, DA_WS_URL, DA_ACCESS_TOKEN; DONATIONS is how many different ones end it.
"use strict";
const Centrifuge = require("centrifuge");
const WebSocket = require("ws");
const { XMLHttpRequest } = require("xmlhttprequest");
global.XMLHttpRequest = XMLHttpRequest;

const { DA_API_BASE, DA_WS_URL, DA_ACCESS_TOKEN, DONATIONS } = process.env;
const authorization = `Bearer ${DA_ACCESS_TOKEN}`;
const say = (line) => console.log(JSON.stringify(line));
const fail = (what) => {
  say({ failed: String(what) });
  process.exit(1);
};

async function main() {
  const answer = await fetch(`${DA_API_BASE}/user/oauth`, { headers: { authorization } });
  const user = (await answer.json()).data;
  const centrifuge = new Centrifuge(DA_WS_URL, {
    websocket: WebSocket,
    subscribeEndpoint: `${DA_API_BASE}/centrifuge/subscribe`,
    subscribeHeaders: { Authorization: authorization },
    minRetry: 50,
    maxRetry: 200,
    pingInterval: 500,
  });
  centrifuge.setToken(user.socket_connection_token);
  centrifuge.on("connect", (context) => say({ connected: Boolean(context.client) }));
  centrifuge.on("disconnect", (context) => say({ disconnected: context.reason }));
  const seen = new Set();
  const subscription = centrifuge.subscribe(`$alerts:donation_${user.id}`, (message) => {
    // The reference client repeats and reorders after a break: donations are told apart by id.
    if (seen.has(message.data.id)) return;
    seen.add(message.data.id);
    say({ donation: message.data.id, message: message.data.message });
    if (seen.size >= Number(DONATIONS)) process.exit(0);
  });
  subscription.on("subscribe", (context) => say({ subscribed: true, again: context.isResubscribe }));
  subscription.on("error", (context) => fail(JSON.stringify(context)));
  centrifuge.connect();
}

setTimeout(() => fail("nothing more happened for a minute"), 60000).unref();
main().catch(fail);
