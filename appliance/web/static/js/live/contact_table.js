// Contacts that are not closed, longest waiting first. A waiting one can be moved to another queue and keeps its age.

import { Elapsed } from "../base/clock.js";
import { number, t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { order } from "../base/socket.js";
import { agentName, queueName, useLive } from "../base/tree.js";
import { Menu } from "../parts/menu.js";
import { tellDone, tellFailure } from "../parts/toast.js";
import { whoIs } from "../parts/who.js";

const ORDER = ["offered", "waiting", "active", "flow", "arrived", "wrap_up"];

function where(contact) {
  if (contact.state === "flow") return [contact.flow, contact.node].filter(Boolean).join(" › ");
  if (contact.state === "waiting")
    return t("contacts.position", { queue: queueName(contact.queue), position: contact.position ?? "?" });
  if (contact.state === "offered") return contact.offered_to.map(agentName).join(", ");
  if (contact.agent) return agentName(contact.agent);
  return contact.parties
    .filter((party) => party.role !== "caller")
    .map((party) => party.name || party.number)
    .join(", ");
}

function MoveMenu({ contact, queues }) {
  const choices = queues
    .filter((queue) => queue.id !== contact.queue)
    .map((queue) => ({
      label: queue.name,
      icon: "transfer",
      run: () =>
        order("supervisor.move_contact", { contact: contact.id, queue: queue.id }).then(
          () => tellDone(t("contacts.moved", { queue: queue.name })),
          tellFailure,
        ),
    }));
  if (!choices.length) return null;
  return html`<${Menu} label=${t("contacts.move")} name=${t("contacts.move_of", { who: whoIs(contact) })}
    choices=${choices} alignRight />`;
}

export function ContactTable() {
  const contacts = useLive((tree) => tree.under("contact/")).sort(
    (a, b) =>
      ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
      (a.position ?? 0) - (b.position ?? 0) ||
      a.opened_at - b.opened_at,
  );
  const queues = useLive((tree) => tree.under("queue/"));
  return html`<section>
    <h2>${t("contacts.in_flight")} <span class="count figures">${number(contacts.length)}</span></h2>
    ${!contacts.length && html`<p class="faint">${t("contacts.none_now")}</p>`}
    ${
      contacts.length > 0 &&
      html`<div class="scroll" tabindex="0" role="region" aria-label=${t("contacts.in_flight")}><table class="wide slim">
      <thead><tr>
        <th scope="col">${t("contacts.who")}</th>
        <th scope="col">${t("contacts.state")}</th>
        <th scope="col">${t("contacts.where")}</th>
        <th scope="col" class="right">${t("contacts.in_state")}</th>
        <th scope="col" class="right minor">${t("contacts.age")}</th>
        <th scope="col"><span class="unseen">${t("contacts.move")}</span></th>
      </tr></thead>
      <tbody>${contacts.map(
        (contact) => html`<tr key=${contact.id}>
        <th scope="row"><a href="/contacts/${contact.id}">${whoIs(contact)}</a></th>
        <td>${t(`contact_state.${contact.state}`)}</td>
        <td>${where(contact)}</td>
        <td class="right"><${Elapsed} since=${contact.state_since} /></td>
        <td class="right minor"><${Elapsed} since=${contact.opened_at} /></td>
        <td class="right">${contact.state === "waiting" &&
          html`<${MoveMenu} contact=${contact} queues=${queues} />`}</td>
      </tr>`,
      )}</tbody>
    </table></div>`
    }
  </section>`;
}
