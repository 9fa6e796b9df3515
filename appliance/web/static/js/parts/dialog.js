// A modal dialog on the browser's own <dialog>: focus goes in, stays in, and returns to where it was; Escape closes.

import { t } from "../base/i18n.js";
import { html, useEffect, useRef } from "../base/preact.js";
import { Icon } from "./icon.js";

/** Shown while it is rendered; `close` is called when the person wants it gone. */
export function Dialog({ title, close, children, wide = false }) {
  const element = useRef();
  useEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    dialog.showModal();
    dialog.querySelector("[data-first]")?.focus();
    return () => {
      dialog.close(); // the page below is inert until then
      if (before?.isConnected) before.focus();
    };
  }, []);
  return html`<dialog
    ref=${element}
    class=${wide ? "wide" : ""}
    aria-labelledby="dialog-title"
    onCancel=${(event) => {
      event.preventDefault();
      close();
    }}
    onMouseDown=${(event) => event.target === element.current && close()}
  >
    <div class="dialog-body">
      <header>
        <h2 id="dialog-title">${title}</h2>
        <button type="button" class="plain" aria-label=${t("common.close")}
          onClick=${close}><${Icon} name="cross" /></button>
      </header>
      ${children}
    </div>
  </dialog>`;
}
