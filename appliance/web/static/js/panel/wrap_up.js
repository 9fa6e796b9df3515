// The work after a call: choose what came of it, by mouse or by its number key, and be done before or at the limit.

import { Elapsed, Remaining, useNow } from "../base/clock.js";
import { t, tWord } from "../base/i18n.js";
import { html, useEffect, useRef, useState } from "../base/preact.js";
import { order } from "../base/socket.js";
import { Action } from "../parts/action.js";
import { tellFailure } from "../parts/toast.js";

/** How much of the wrap-up's time is used, as a bar (the figure stands beside it). */
function TimeBar({ me }) {
  const now = useNow();
  const whole = me.wrap_up_ends_at - me.since;
  const share = Math.min(1, Math.max(0, (now - me.since) / whole));
  return html`<div class="time-bar ${share > 0.75 ? "late" : ""}" aria-hidden="true"><div style=${{ width: `${share * 100}%` }}></div></div>`;
}

export function WrapUp({ me }) {
  const [chosen, setChosen] = useState("");
  const first = useRef();
  const finish = () => order("wrap_up.finish", { disposition: chosen });

  // Number keys choose, wherever the focus is but in a text.
  useEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
      if (event.target.matches("textarea, select, input:not([type=radio])")) return;
      const disposition = me.dispositions[Number(event.key) - 1];
      if (!disposition || !/^[1-9]$/.test(event.key)) return;
      event.preventDefault();
      setChosen(disposition);
      document.getElementById(`disposition-${event.key}`)?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [me.dispositions]);

  // The focus comes here when the call ends, unless somebody is writing.
  useEffect(() => {
    if (!document.activeElement?.matches("textarea, input")) first.current?.focus();
  }, []);

  return html`<form class="wrap-up" aria-label=${t("wrap_up.title")} onSubmit=${(event) => event.preventDefault()}>
    <header>
      <h3>${t("wrap_up.title")}</h3>
      ${
        me.wrap_up_ends_at
          ? html`<p>${t("state_bar.left")} <${Remaining} until=${me.wrap_up_ends_at} /></p>`
          : html`<p><${Elapsed} since=${me.since} /></p>`
      }
    </header>
    ${me.wrap_up_ends_at && html`<${TimeBar} me=${me} />`}
    <fieldset>
      <legend>${t("wrap_up.what")}</legend>
      <div class="dispositions">${me.dispositions.map(
        (disposition, index) => html`<label key=${disposition} class=${chosen === disposition ? "chosen" : ""}>
        <input type="radio" name="disposition" id="disposition-${index + 1}" ref=${index === 0 ? first : undefined}
          checked=${chosen === disposition}
          onChange=${() => setChosen(disposition)} onKeyDown=${(event) => {
            if (event.key === "Enter" && chosen) {
              event.preventDefault();
              finish().catch(tellFailure);
            }
          }} />
        <kbd aria-hidden="true">${index + 1}</kbd>${tWord("disposition.", disposition)}
      </label>`,
      )}</div>
    </fieldset>
    <div class="buttons">
      <${Action} label=${t("wrap_up.finish")} icon="check" code="KeyW" tone="main"
        why=${chosen || !me.dispositions.length ? "" : t("wrap_up.choose_first")} run=${finish} />
    </div>
  </form>`;
}
