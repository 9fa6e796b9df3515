// The WebSocket: fills the tree, carries orders, reconnects by itself. Orders are answered by a promise.
// While the connection or the brain is away, orders are refused at once with a sentence; nothing is queued behind the
// person's back (an answer pressed ten seconds ago must not happen now).

import { boot } from "./boot.js";
import { t } from "./i18n.js";
import { applyChanges } from "./tree.js";

const RETRY_MS = [200, 500, 1000, 2000, 5000];
const ORDER_MS = 8000;
const LOGIN_ENDED = 4401;

/** Rejection of an order: `code` for programs, `text` for the person. */
export class Refused extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
    this.text = text;
  }
}

let socket = null;
let leaving = false;
let failures = 0;
let newest = 0;
const waiting = new Map();
const state = { online: false, brain: false, known: false, outdated: false };
const watchers = new Set();

/** The connection: online (to the server), brain (server to brain), known (the tree has arrived once), outdated (new scripts). */
export const connection = () => state;

/** Call `watcher` whenever the connection changes; returns the way to stop it. */
export function onConnection(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function changeState(changes) {
  Object.assign(state, changes);
  for (const watcher of [...watchers]) watcher(state);
}

/** The person logs out here: the end of the login is no surprise. */
export const leave = () => {
  leaving = true;
};

/** Connect, and stay connected. */
export function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/ws`);
  socket.onopen = () => socket.send(JSON.stringify({ m: "hello", csrf: boot.csrf }));
  socket.onmessage = (event) => receive(JSON.parse(event.data));
  socket.onclose = (event) => {
    if (leaving) return;
    if (event.code === LOGIN_ENDED) {
      location.assign(`/login?ended=1&next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    changeState({ online: false });
    for (const order of waiting.values()) order.fail(new Refused("connection_lost", t("failure.connection_lost")));
    waiting.clear();
    setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
  };
}

function receive(message) {
  switch (message.m) {
    case "tree":
      failures = 0;
      applyChanges(message);
      if (!state.online || !state.known) changeState({ online: true, known: true });
      break;
    case "hello":
      changeState({ outdated: message.static !== boot.static });
      break;
    case "brain":
      changeState({ brain: message.up });
      break;
    case "reply":
      waiting.get(message.id)?.done(message.result);
      break;
    case "failure":
      waiting.get(message.id)?.fail(new Refused(message.code, message.text));
      break;
  }
}

/** Give an order, e.g. order("call.hold", {on: true}). Resolves with its result or rejects with Refused. */
export function order(type, fields = {}) {
  return new Promise((resolve, reject) => {
    if (!state.online) {
      reject(new Refused("offline", t("failure.offline")));
      return;
    }
    const id = ++newest;
    const settle = (how) => (value) => {
      clearTimeout(limit);
      waiting.delete(id);
      how(value);
    };
    const entry = { done: settle(resolve), fail: settle(reject) };
    const limit = setTimeout(() => entry.fail(new Refused("no_answer", t("failure.no_answer"))), ORDER_MS);
    waiting.set(id, entry);
    socket.send(JSON.stringify({ m: "action", id, order: { type, ...fields } }));
  });
}

// Somebody is there: the login does not go idle. At most once a minute.
let lastActive = Date.now();
function active() {
  if (Date.now() - lastActive < 60_000 || !state.online) return;
  lastActive = Date.now();
  socket.send(JSON.stringify({ m: "active" }));
}
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, active, { passive: true });
