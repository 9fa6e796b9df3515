// The agent's own queues, live: how many wait, since when the oldest, and who could take them.

import { Elapsed } from "../base/clock.js";
import { t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { useLive } from "../base/tree.js";

export function MyQueues({ me }) {
  const queues = useLive((tree) => me.queues.map((id) => tree.get(`queue/${id}`)).filter(Boolean));
  return html`<section class="my-queues">
    <h2>${t("queues.mine")}</h2>
    ${!queues.length && html`<p class="faint">${t("queues.none")}</p>`}
    ${
      queues.length > 0 &&
      html`<table>
      <thead><tr>
        <th scope="col">${t("queues.queue")}</th>
        <th scope="col" class="right">${t("queues.waiting")}</th>
        <th scope="col" class="right">${t("queues.oldest")}</th>
        <th scope="col" class="right"><abbr title=${t("queues.ready_of_long")}>${t("queues.ready_of")}</abbr></th>
      </tr></thead>
      <tbody>${queues.map(
        (queue) => html`<tr key=${queue.id} class=${queue.waiting ? "busy" : ""}>
        <th scope="row">${queue.name}</th>
        <td class="right figures strong">${queue.waiting}</td>
        <td class="right">${queue.oldest_since ? html`<${Elapsed} since=${queue.oldest_since} />` : "–"}</td>
        <td class="right figures">${queue.agents_ready}/${queue.agents_logged_in}</td>
      </tr>`,
      )}</tbody>
    </table>`
    }
  </section>`;
}
