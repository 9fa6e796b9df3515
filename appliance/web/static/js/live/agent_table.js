// All agents with their states; a supervisor may set an agent ready, paused or logged out.

import { Elapsed } from "../base/clock.js";
import { number, t, tWord } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { order } from "../base/socket.js";
import { queueName, useLive } from "../base/tree.js";
import { Menu } from "../parts/menu.js";
import { StateTag } from "../parts/state.js";
import { tellDone, tellFailure } from "../parts/toast.js";
import { whoIs } from "../parts/who.js";

const ORDER = ["offered", "busy", "wrap_up", "ready", "paused", "logged_out"];

function force(agent, state, reason = "") {
  order("supervisor.force_state", { agent: agent.id, state, reason }).then(
    () => tellDone(t("agents.forced", { name: agent.name, state: t(`state.${state}`) })),
    tellFailure,
  );
}

function ForceMenu({ agent }) {
  const choices = [
    { label: t("state.ready"), icon: "check", run: () => force(agent, "ready") },
    ...["break", "meeting", "other"].map((reason) => ({
      label: `${t("state.paused")}: ${tWord("reason.", reason)}`,
      icon: "pause",
      run: () => force(agent, "paused", reason),
    })),
    { label: t("state.logged_out"), icon: "off", run: () => force(agent, "logged_out") },
  ];
  return html`<${Menu} label=${t("agents.set")} name=${t("agents.set_of", { name: agent.name })}
    choices=${choices} alignRight />`;
}

/** Whom the agent talks with, when this screen may know. */
function With({ agent }) {
  const contact = useLive((tree) => (agent.contact ? tree.get(`contact/${agent.contact}`) : undefined));
  if (!contact) return null;
  return html`<a href="/contacts/${contact.id}">${whoIs(contact)}</a>`;
}

export function AgentTable({ mayForce }) {
  const agents = useLive((tree) => tree.under("agent/")).sort(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.name.localeCompare(b.name),
  );
  const present = agents.filter((agent) => agent.state !== "logged_out").length;
  return html`<section>
    <h2>${t("agents.title")} <span class="count figures"
      title=${t("agents.present")}>${number(present)} / ${number(agents.length)}</span></h2>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("agents.title")}><table class="wide slim">
      <thead><tr>
        <th scope="col">${t("agents.agent")}</th>
        <th scope="col">${t("agents.state")}</th>
        <th scope="col" class="right">${t("agents.since")}</th>
        ${mayForce && html`<th scope="col" class="minor">${t("agents.with")}</th>`}
        <th scope="col" class="minor">${t("agents.queues")}</th>
        <th scope="col" class="right minor">${t("agents.handled")}</th>
        <th scope="col" class="minor">${t("agents.phone")}</th>
        ${mayForce && html`<th scope="col"><span class="unseen">${t("agents.set")}</span></th>`}
      </tr></thead>
      <tbody>${agents.map(
        (agent) => html`<tr key=${agent.id}>
        <th scope="row">${agent.name}</th>
        <td><${StateTag} agent=${agent} /></td>
        <td class="right">${agent.state === "logged_out" ? "–" : html`<${Elapsed} since=${agent.since} />`}</td>
        ${mayForce && html`<td class="minor"><${With} agent=${agent} /></td>`}
        <td class="minor">${agent.queues.map(queueName).join(", ") || "–"}</td>
        <td class="right figures minor">${number(agent.handled_today)}</td>
        <td class="minor ${agent.registered ? "" : "bad"}"><span class="figures">${agent.extension}</span>${!agent.registered &&
          html` · ${t("phone.away")}`}</td>
        ${mayForce && html`<td class="right"><${ForceMenu} agent=${agent} /></td>`}
      </tr>`,
      )}</tbody>
    </table></div>
    ${!agents.length && html`<p class="faint">${t("agents.none")}</p>`}
  </section>`;
}
