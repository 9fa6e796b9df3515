// A button that orders something. Its shortcut stands in the tooltip; when it cannot be used it stays reachable by
// keyboard and says why; while the order is under way it cannot be given twice; a refusal is shown as its sentence.

import { announce } from "../base/announce.js";
import { keyForAria, keyLabel, useShortcut } from "../base/keys.js";
import { html, useState } from "../base/preact.js";
import { Icon } from "./icon.js";
import { tellFailure } from "./toast.js";

/**
 * label: what it does. run: gives the order, may return a promise. icon, code: picture and key. why: the reason it cannot be
 * used now (a sentence), if so. tone: "main", "danger". pressed: for switches. small: words only for screen readers.
 * expanded: for buttons that open something.
 */
export function Action({
  label,
  run,
  icon,
  code,
  why = "",
  tone = "",
  pressed,
  small = false,
  expanded,
  inDialog = false,
  type = "button",
}) {
  // What is under way, by its label: a switch whose state has changed already may be pressed again before the
  // answer is there.
  const [underWay, setUnderWay] = useState("");
  const busy = underWay === label;

  async function act() {
    if (busy) return;
    if (why) {
      announce(why, "assertive");
      return;
    }
    const outcome = run?.();
    if (!(outcome instanceof Promise)) return;
    setUnderWay(label);
    try {
      await outcome;
    } catch (failure) {
      tellFailure(failure);
    } finally {
      setUnderWay((now) => (now === label ? "" : now));
    }
  }

  useShortcut(code, act, { inDialog });
  const tooltip = [why || label, code && `(${keyLabel(code)})`].filter(Boolean).join(" ");
  return html`<button
    type=${type}
    class="action ${tone} ${small ? "small" : ""}"
    title=${tooltip}
    aria-label=${small ? label : undefined}
    aria-disabled=${why || busy ? "true" : undefined}
    aria-description=${why || undefined}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)}
    aria-expanded=${expanded === undefined ? undefined : String(expanded)}
    aria-keyshortcuts=${code ? keyForAria(code) : undefined}
    onClick=${type === "submit" ? undefined : act}
  >
    ${icon && html`<${Icon} name=${icon} />`}
    ${!small && html`<span>${label}</span>`}
    ${code && !small && html`<kbd aria-hidden="true">${keyLabel(code).slice(-1)}</kbd>`}
  </button>`;
}
