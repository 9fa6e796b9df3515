// The copy of the status tree, and the hook that re-renders a component when what it selected has changed.
// Filled by socket.js only.

import { useEffect, useRef, useState } from "./preact.js";

const values = new Map();
const listeners = new Set();
let clockOffset = 0; // server time minus this browser's, seconds

/** Read access for selectors. */
export const tree = {
  get: (key) => values.get(key),
  under: (prefix) => [...values].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value),
};

/** Server time now, UTC seconds. */
export const serverNow = () => Date.now() / 1000 + clockOffset;

/** A message of the server: some values changed, or (snapshot) this is the whole tree. */
export function applyChanges(message) {
  clockOffset = message.at - Date.now() / 1000;
  if (message.snapshot) values.clear();
  for (const [key, value] of Object.entries(message.changes)) {
    if (value === null) values.delete(key);
    else values.set(key, value);
  }
  for (const listener of [...listeners]) listener();
}

/** Call `listener` after every change; returns the way to stop it. */
export function onTreeChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function same(a, b) {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item, index) => Object.is(item, b[index]));
}

/** What `select(tree)` gives, kept up to date. Values are replaced, never changed, so identity tells. */
export function useLive(select) {
  const [, redraw] = useState(0);
  const selected = select(tree);
  const shown = useRef();
  const selectNow = useRef();
  shown.current = selected;
  selectNow.current = select;
  useEffect(
    () =>
      onTreeChange(() => {
        if (!same(selectNow.current(tree), shown.current)) redraw((count) => count + 1);
      }),
    [],
  );
  return selected;
}

/** The display name of an agent; the id when the directory no longer knows it. */
export const agentName = (id) => tree.get(`agent/${id}`)?.name ?? id;
export const queueName = (id) => tree.get(`queue/${id}`)?.name ?? id;
