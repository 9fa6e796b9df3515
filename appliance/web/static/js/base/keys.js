// Keyboard shortcuts: Alt and a letter, by the key's place (so they work on a Cyrillic layout), told in every tooltip.
// AltGr and Ctrl+Alt type letters in many layouts and are never taken. A person can switch all of them off.

import { useLayoutEffect, useRef } from "./preact.js";

const shortcuts = new Map(); // key code → stack of handlers, the newest wins
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
let on = localStorage.getItem("shortcuts") !== "off";

export const shortcutsOn = () => on;
export function switchShortcuts(value) {
  on = value;
  localStorage.setItem("shortcuts", value ? "on" : "off");
}

const letterOf = (code) => code.replace(/^(Key|Digit)/, "").replace("Slash", "/");

/** How a shortcut is written for people. */
export const keyLabel = (code) => (isMac ? `⌥${letterOf(code)}` : `Alt+${letterOf(code)}`);

/** For the attribute aria-keyshortcuts. */
export const keyForAria = (code) => `Alt+${letterOf(code)}`;

addEventListener("keydown", (event) => {
  if (!on || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.getModifierState("AltGraph"))
    return;
  const handlers = shortcuts.get(event.code);
  if (!handlers?.length || event.repeat) return;
  if (document.querySelector("dialog[open]") && !handlers.at(-1).inDialog) return;
  event.preventDefault();
  handlers.at(-1).run();
});

/** Run `handler` on Alt and this key while the component is shown. */
export function useShortcut(code, handler, { inDialog = false } = {}) {
  const newest = useRef(handler);
  newest.current = handler;
  useLayoutEffect(() => {
    // a button that can be seen can be pressed
    if (!code) return undefined;
    const entry = { run: () => newest.current(), inDialog };
    if (!shortcuts.has(code)) shortcuts.set(code, []);
    shortcuts.get(code).push(entry);
    return () => {
      const handlers = shortcuts.get(code);
      handlers.splice(handlers.indexOf(entry), 1);
    };
  }, [code, inDialog]);
}
