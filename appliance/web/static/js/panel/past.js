// Earlier contacts of the same customer or number, newest first.

import { useFetched } from "../base/api.js";
import { duration, t, tWord, when } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { agentName, queueName } from "../base/tree.js";

export function Past({ contact }) {
  const who = contact.customers.length === 1 ? contact.customers[0].id : "";
  const { data, failure } = useFetched(`/api/contacts/${contact.id}/past?customer=${who}`);
  if (contact.direction === "internal") return null;
  return html`<section class="past">
    <h3>${t("past.title")}</h3>
    ${failure && html`<p class="failure">${failure.text}</p>`}
    ${data && !data.length && html`<p class="faint">${t("past.none")}</p>`}
    ${
      data?.length > 0 &&
      html`<ul>${data.map(
        (row) => html`<li key=${row.id}>
      <a href="/contacts/${row.id}">${when(row.opened_at)}</a>
      <span class="tag ${row.outcome}">${row.outcome ? t(`outcome.${row.outcome}`) : t("outcome.open")}</span>
      <span>${[
        row.queue && queueName(row.queue),
        row.agent && agentName(row.agent),
        row.talked_s > 0 && duration(row.talked_s),
        row.disposition && tWord("disposition.", row.disposition),
      ]
        .filter(Boolean)
        .join(" · ")}</span>
      ${row.note && html`<p class="excerpt">${row.note}</p>`}
    </li>`,
      )}</ul>`
    }
  </section>`;
}
