// The person's own contacts of today, newest first; read again whenever one of them ends.

import { useFetched } from "../base/api.js";
import { boot } from "../base/boot.js";
import { clockTime, duration, t } from "../base/i18n.js";
import { html } from "../base/preact.js";

const midnight = () => Math.floor(new Date().setHours(0, 0, 0, 0) / 1000);

export function MyToday({ me }) {
  const again = `${me.contact ?? ""}${me.state === "wrap_up"}${me.handled_today}`;
  const { data, failure } = useFetched(
    `/api/contacts?agent=${encodeURIComponent(boot.user)}&from=${midnight()}&limit=50`,
    again,
  );
  return html`<section class="my-today">
    <h2>${t("today.title")} ${data &&
      html`<span class="count figures">${data.rows.length}${data.next && "+"}</span>`}</h2>
    ${failure && html`<p class="failure">${failure.text}</p>`}
    ${data && !data.rows.length && html`<p class="faint">${t("today.none")}</p>`}
    <ul>${data?.rows.map(
      (row) => html`<li key=${row.id}>
      <a href="/contacts/${row.id}">
        <span class="figures">${clockTime(row.opened_at)}</span>
        <span class="name">${row.customer_name || row.other_shown || t("common.no_number")}</span>
        <span class="figures faint">${row.talked_s > 0 && duration(row.talked_s)}</span>
      </a>
    </li>`,
    )}</ul>
  </section>`;
}
