// The agent's panel: state on top, the contact at hand in the middle, queues and today's work beside it.

import { boot, isRole } from "../base/boot.js";
import { t } from "../base/i18n.js";
import { html, useEffect } from "../base/preact.js";
import { connection, order } from "../base/socket.js";
import { useLive } from "../base/tree.js";
import { Action } from "../parts/action.js";
import { Icon } from "../parts/icon.js";
import { tellDone } from "../parts/toast.js";
import { Card } from "./card.js";
import { DialBox } from "./dial_box.js";
import { forgetOldNotes } from "./notes.js";
import { MyQueues } from "./queues.js";
import { StateBar } from "./state_bar.js";
import { MyToday } from "./today.js";

function NotAnAgent() {
  if (!connection().known) return html`<p class="faint" role="status">${t("common.loading")}</p>`;
  return html`<section class="empty">
    <h2>${t("panel.not_agent")}</h2>
    <p>${t(isRole("admin") ? "panel.not_agent_admin" : "panel.not_agent_advice", { user: boot.user })}</p>
  </section>`;
}

function Waiting({ me }) {
  const demo = useLive((tree) => tree.get("box")?.demo ?? false);
  const start = async () => {
    await order("demo.call");
    tellDone(t("demo.started"));
  };
  return html`<section class="empty" aria-live="polite">
    <div class="big-icon"><${Icon} name=${me.state === "ready" ? "phone" : me.state === "logged_out" ? "off" : "pause"} /></div>
    <h2>${t(`panel.empty_${["ready", "logged_out"].includes(me.state) ? me.state : "paused"}`)}</h2>
    <p>${t(`panel.advice_${["ready", "logged_out"].includes(me.state) ? me.state : "paused"}`)}</p>
    ${
      demo &&
      html`<p><${Action} label=${t("demo.start")} icon="play" run=${start} /></p>
      <p class="hint">${t("demo.explain")}</p>`
    }
  </section>`;
}

export function Panel() {
  const me = useLive((tree) => tree.get(`agent/${boot.user}`));
  const contact = useLive((tree) => (me?.contact ? tree.get(`contact/${me.contact}`) : undefined));
  const consultation = useLive((tree) => (me?.consultation ? tree.get(`contact/${me.consultation}`) : undefined));
  useEffect(forgetOldNotes, []);
  if (!me) return html`<h1 class="unseen" tabindex="-1">${t("nav.panel")}</h1><${NotAnAgent} />`;
  return html`<h1 class="unseen" tabindex="-1">${t("nav.panel")}</h1>
    <${StateBar} me=${me} />
    <div class="panel">
      <div class="work">
        ${contact ? html`<${Card} key=${contact.id} me=${me} contact=${contact} consultation=${consultation} />`
          : html`<${Waiting} me=${me} />`}
      </div>
      <div class="beside">
        <${MyQueues} me=${me} />
        <${DialBox} me=${me} />
        <${MyToday} me=${me} />
      </div>
    </div>`;
}
