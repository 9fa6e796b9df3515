// All queues with today's numbers. The formula of the service level stands beside the numbers it explains.

import { Elapsed } from "../base/clock.js";
import { durationWords, number, percent, t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { useLive } from "../base/tree.js";

/** answered in time / (answered + abandoned), as core/stats.py defines it; null while there is nothing to divide by. */
export function serviceLevel(queue) {
  const total = queue.answered_today + queue.abandoned_today;
  return total ? queue.answered_in_time_today / total : null;
}

function Level({ queue }) {
  const level = serviceLevel(queue);
  if (level === null) return html`<td class="right">–</td>`;
  const formula = t("queues.level_numbers", {
    in_time: queue.answered_in_time_today,
    answered: queue.answered_today,
    abandoned: queue.abandoned_today,
    limit: durationWords(queue.service_level_s),
  });
  return html`<td class="right figures ${level < 0.5 ? "bad" : level < 0.8 ? "fair" : "good"}" title=${formula}>
    <strong>${percent(level)}</strong>
    <span class="formula minor">${number(queue.answered_in_time_today)} / (${number(queue.answered_today)} + ${number(queue.abandoned_today)})</span>
  </td>`;
}

export function QueueTable() {
  const queues = useLive((tree) => tree.under("queue/")).sort((a, b) => a.name.localeCompare(b.name));
  return html`<section>
    <h2>${t("queues.title")}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("queues.title")}><table class="wide slim">
      <thead><tr>
        <th scope="col">${t("queues.queue")}</th>
        <th scope="col" class="right">${t("queues.waiting")}</th>
        <th scope="col" class="right">${t("queues.oldest")}</th>
        <th scope="col" class="right minor">${t("queues.expected")}</th>
        <th scope="col" class="right">${t("queues.ready_of_long")}</th>
        <th scope="col" class="right minor">${t("queues.offered")}</th>
        <th scope="col" class="right minor">${t("queues.answered")}</th>
        <th scope="col" class="right minor">${t("queues.abandoned")}</th>
        <th scope="col" class="right">${t("queues.level")}</th>
      </tr></thead>
      <tbody>${queues.map(
        (queue) => html`<tr key=${queue.id} class=${queue.waiting ? "busy" : ""}>
        <th scope="row">${queue.name}</th>
        <td class="right figures strong">${number(queue.waiting)}</td>
        <td class="right">${queue.oldest_since ? html`<${Elapsed} since=${queue.oldest_since} />` : "–"}</td>
        <td class="right figures minor">${queue.expected_wait_s == null ? "–" : durationWords(queue.expected_wait_s)}</td>
        <td class="right figures ${queue.agents_logged_in ? "" : "bad"}">${number(queue.agents_ready)} / ${number(queue.agents_logged_in)}</td>
        <td class="right figures minor">${number(queue.offered_today)}</td>
        <td class="right figures minor">${number(queue.answered_today)}</td>
        <td class="right figures minor">${number(queue.abandoned_today)}</td>
        <${Level} queue=${queue} />
      </tr>`,
      )}</tbody>
    </table></div>
    ${!queues.length && html`<p class="faint">${t("queues.none_at_all")}</p>`}
    <p class="hint">${t("queues.level_formula")}</p>
  </section>`;
}
