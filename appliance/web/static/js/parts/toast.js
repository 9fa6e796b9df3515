// Short messages at the edge of the page: a refusal with its sentence, a success. Also said to screen readers.

import { announce } from "../base/announce.js";
import { t } from "../base/i18n.js";
import { html, useEffect, useState } from "../base/preact.js";
import { Icon } from "./icon.js";

const FAILURE_MS = 10_000;
const DONE_MS = 3500;

let toasts = [];
let number = 0;
const watchers = new Set();

function change(next) {
  toasts = next;
  for (const watcher of [...watchers]) watcher();
}

function show(tone, text, lasts) {
  const id = ++number;
  change([...toasts.filter((toast) => toast.text !== text), { id, tone, text }].slice(-4));
  announce(text, tone === "failure" ? "assertive" : "polite");
  setTimeout(() => change(toasts.filter((toast) => toast.id !== id)), lasts);
}

/** Something was refused or went wrong: an error with `text`, or a sentence. */
export const tellFailure = (failure) => {
  if (!failure.text && failure instanceof Error) throw failure; // a bug of ours, not a refusal
  show("failure", failure.text ?? failure, FAILURE_MS);
};

/** Something was done that is not seen otherwise. */
export const tellDone = (text) => show("done", text, DONE_MS);

/** Shown once, by the shell. */
export function Toasts() {
  const [, redraw] = useState(0);
  useEffect(() => {
    const watcher = () => redraw((count) => count + 1);
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, []);
  return html`<div class="toasts">
    ${toasts.map(
      (toast) => html`<div class="toast ${toast.tone}" key=${toast.id}>
      <${Icon} name=${toast.tone === "failure" ? "alert" : "check"} />
      <span>${toast.text}</span>
      <button class="plain" aria-label=${t("common.dismiss")}
        onClick=${() => change(toasts.filter((other) => other !== toast))}>
        <${Icon} name="cross" />
      </button>
    </div>`,
    )}
  </div>`;
}
