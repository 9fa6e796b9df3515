// The supervisor's view: alarms, queues, people, contacts in flight, and the parts of the box. Technicians see the
// machine's half.

import { isRole } from "../base/boot.js";
import { t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { order } from "../base/socket.js";
import { useLive } from "../base/tree.js";
import { Action } from "../parts/action.js";
import { tellDone } from "../parts/toast.js";
import { AgentTable } from "./agent_table.js";
import { Alarms } from "./alarms.js";
import { BoxParts } from "./box_parts.js";
import { ContactTable } from "./contact_table.js";
import { QueueTable } from "./queue_table.js";

export function LiveView() {
  const demo = useLive((tree) => tree.get("box")?.demo ?? false) && !isRole("technician");
  const start = async () => {
    await order("demo.call");
    tellDone(t("demo.started"));
  };
  return html`<div class="page live">
    <header class="page-head">
      <h1 tabindex="-1">${t("nav.live")}</h1>
      ${demo && html`<${Action} label=${t("demo.start")} icon="play" run=${start} />`}
    </header>
    <${Alarms} />
    <${QueueTable} />
    <${AgentTable} mayForce=${isRole("admin", "supervisor")} />
    ${isRole("admin", "supervisor") && html`<${ContactTable} />`}
    <${BoxParts} />
  </div>`;
}
