// Open alarms, each with what to do next.

import { dateTime, t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { useLive } from "../base/tree.js";
import { Icon } from "../parts/icon.js";

export function Alarms() {
  const alarms = useLive((tree) => tree.under("alarm/")).sort((a, b) => b.since - a.since);
  if (!alarms.length) return null;
  return html`<section class="alarms" aria-label=${t("alarms.title")}>
    ${alarms.map(
      (alarm) => html`<article key=${alarm.id} role="alert">
      <${Icon} name="alert" />
      <div>
        <h2>${alarm.text}</h2>
        <p>${alarm.advice}</p>
        <p class="faint">${t("alarms.since", { when: dateTime(alarm.since) })}</p>
      </div>
    </article>`,
    )}
  </section>`;
}
