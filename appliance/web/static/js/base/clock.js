// Running times: one ticking second for the whole page, aligned to the server's clock.

import { duration } from "./i18n.js";
import { html, useEffect, useState } from "./preact.js";
import { serverNow } from "./tree.js";

const watchers = new Set();
setInterval(() => {
  for (const watcher of [...watchers]) watcher();
}, 1000);

/** Server time, re-rendered every second. */
export function useNow() {
  const [, redraw] = useState(0);
  useEffect(() => {
    const watcher = () => redraw((count) => count + 1);
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, []);
  return serverNow();
}

/** Time since `since` (UTC seconds), counting up. */
export function Elapsed({ since, label }) {
  const now = useNow();
  return html`<time class="figures" title=${label}>${duration(now - since)}</time>`;
}

/** Time until `until`, counting down to zero. */
export function Remaining({ until }) {
  const now = useNow();
  return html`<time class="figures">${duration(Math.ceil(Math.max(0, until - now)))}</time>`;
}
