// Open alarms, each with what to do next. Those that do not end by themselves end when somebody acknowledges them.

import { dateTime, t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { order } from "../base/socket.js";
import { useLive } from "../base/tree.js";
import { Action } from "../parts/action.js";
import { Icon } from "../parts/icon.js";
import { tellDone } from "../parts/toast.js";

async function acknowledge(alarm) {
  await order("alarm.acknowledge", { alarm: alarm.id });
  tellDone(t("alarms.acknowledged"));
}

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
      ${
        !alarm.ends_by_itself &&
        html`<${Action} label=${t("alarms.acknowledge")} icon="check" run=${() => acknowledge(alarm)} />`
      }
    </article>`,
    )}
  </section>`;
}
