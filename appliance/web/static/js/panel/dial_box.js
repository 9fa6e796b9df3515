// Call a number: the desk phone rings first, then the number is called.

import { t } from "../base/i18n.js";
import { useShortcut } from "../base/keys.js";
import { html, useRef, useState } from "../base/preact.js";
import { Action } from "../parts/action.js";
import { dial } from "../parts/number.js";
import { tellDone, tellFailure } from "../parts/toast.js";

export function DialBox({ me }) {
  const [number, setNumber] = useState("");
  const field = useRef();
  useShortcut("KeyC", () => field.current.focus());
  const away = me.state === "logged_out";
  const why = away ? t("dial.log_in_first") : number.trim() ? "" : t("dial.enter_number");
  async function call() {
    await dial(number.trim());
    tellDone(t("dial.calling", { number }));
    setNumber("");
  }
  return html`<section class="dial-box">
    <h2>${t("dial.title")}</h2>
    <form onSubmit=${(event) => {
      event.preventDefault();
      if (!why) call().catch(tellFailure);
    }}>
      <input ref=${field} type="tel" value=${number} aria-label=${t("dial.number")} placeholder=${t("dial.number")}
        aria-keyshortcuts="Alt+C" title="${t("dial.number")} (Alt+C)" autocomplete="off" maxlength="40"
        onInput=${(event) => setNumber(event.target.value)} />
      <${Action} type="submit" label=${t("dial.call")} icon="phone" why=${why} />
    </form>
  </section>`;
}
