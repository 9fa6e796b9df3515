// A button with a list of choices below it (ARIA menu button pattern): arrows move, Enter takes, Escape closes.

import { keyForAria, keyLabel, useShortcut } from "../base/keys.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../base/preact.js";
import { Icon } from "./icon.js";

/** choices: [{label, run, checked?, icon?}]. `run` may return a promise; failures are the caller's. */
export function Menu({ label, icon, code, choices, tone = "", why = "", name, alignRight = false }) {
  const [open, setOpen] = useState(false);
  const root = useRef();
  const list = useRef();
  useShortcut(code, () => !why && setOpen((before) => !before));

  // Placed by hand on the window itself, so that a scrolling table around the button cuts nothing off.
  useLayoutEffect(() => {
    if (!open) return undefined;
    const button = root.current.getBoundingClientRect();
    const box = list.current.getBoundingClientRect();
    const below = button.bottom + 4;
    const top = below + box.height <= innerHeight ? below : Math.max(4, button.top - 4 - box.height);
    const left = alignRight ? button.right - box.width : button.left;
    list.current.style.top = `${top}px`;
    list.current.style.left = `${Math.min(Math.max(4, left), innerWidth - box.width - 4)}px`;
    const close = (event) => {
      if (!list.current?.contains(event.target)) setOpen(false);
    };
    addEventListener("scroll", close, true);
    addEventListener("resize", close);
    return () => {
      removeEventListener("scroll", close, true);
      removeEventListener("resize", close);
    };
  }, [open]);

  useEffect(() => {
    if (!open) return undefined;
    const checked = list.current.querySelector('[aria-checked="true"]');
    (checked ?? list.current.querySelector("[role^=menuitem]"))?.focus({ preventScroll: true });
    const outside = (event) => {
      if (!root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  function onKeyDown(event) {
    const items = [...list.current.querySelectorAll("[role^=menuitem]")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items.at(to % items.length)?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      setOpen(false);
      if (event.key === "Escape") root.current.querySelector("button").focus();
    } else if (event.key.length === 1 && !event.altKey && !event.ctrlKey) {
      items
        .find((item) => item.textContent.trim().toLocaleLowerCase().startsWith(event.key.toLocaleLowerCase()))
        ?.focus();
    }
  }

  function take(choice) {
    setOpen(false);
    root.current.querySelector("button").focus();
    choice.run();
  }

  return html`<div class="menu" ref=${root}>
    <button
      type="button"
      class="action ${tone}"
      title=${[why || name || label, code && `(${keyLabel(code)})`].filter(Boolean).join(" ")}
      aria-label=${name}
      aria-haspopup="menu"
      aria-expanded=${String(open)}
      aria-disabled=${why ? "true" : undefined}
      aria-description=${why || undefined}
      aria-keyshortcuts=${code ? keyForAria(code) : undefined}
      onClick=${() => !why && setOpen(!open)}
      onKeyDown=${(event) => {
        if (event.key === "ArrowDown" && !open && !why) {
          event.preventDefault();
          setOpen(true);
        }
      }}
    >
      ${icon && html`<${Icon} name=${icon} />`}
      <span>${label}</span>
      ${code && html`<kbd aria-hidden="true">${keyLabel(code).slice(-1)}</kbd>`}
      <${Icon} name="down" />
    </button>
    ${
      open &&
      html`<ul role="menu" class="choices" ref=${list} onKeyDown=${onKeyDown} aria-label=${name ?? label}>
      ${choices.map((choice) =>
        choice.divider
          ? html`<li role="separator"></li>`
          : html`<li role="none"><button
            type="button"
            role=${choice.checked === undefined ? "menuitem" : "menuitemradio"}
            aria-checked=${choice.checked === undefined ? undefined : String(choice.checked)}
            tabindex="-1"
            onClick=${() => take(choice)}
          >
            <${Icon} name=${choice.checked ? "check" : (choice.icon ?? "right")} />
            <span>${choice.label}</span>
          </button></li>`,
      )}
    </ul>`
    }
  </div>`;
}
