// All entries of one kind.

import { list, t, tWord } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { entriesOf, KINDS } from "./kinds.js";

/** A value of an entry in one table cell. */
function words(kind, column, value) {
  if (value === null || value === undefined || value === "") return html`<span class="faint">–</span>`;
  const isChoice = ["choice", "checks"].includes(KINDS[kind].fields?.find((field) => field.name === column)?.type);
  const word = (item) => (isChoice ? tWord(`admin.${kind}.${column}.`, tWord(`${column}.`, item)) : String(item));
  if (Array.isArray(value)) return value.length ? list(value.map(word)) : "–";
  if (typeof value === "object") return [t(`admin.destination.${value.kind}`), value.target].filter(Boolean).join(": ");
  return word(value);
}

export function EntryList({ kind, directory }) {
  const { columns } = KINDS[kind];
  const entries = entriesOf(kind, directory);
  return html`<header class="page-head">
      <h1 tabindex="-1">${t(`admin.kind.${kind}`)}</h1>
      <a class="action main" href="/admin/${kind}/new">${t("admin.add")}</a>
    </header>
    <p class="hint">${t(`admin.kind.${kind}.help`)}</p>
    ${!entries.length && html`<p class="empty">${t("admin.nothing_yet")}</p>`}
    ${
      entries.length > 0 &&
      html`<div class="scroll" tabindex="0" role="region"
        aria-label=${t(`admin.kind.${kind}`)}><table class="wide slim rows">
      <thead><tr>${columns.map((column, index) => html`<th scope="col" class=${index > 2 ? "minor" : ""}>${t(`admin.${kind}.${column}`)}</th>`)}</tr></thead>
      <tbody>${entries.map(
        ({ id, body }) => html`<tr key=${id}>
        ${columns.map((column, index) =>
          index === 0
            ? html`<th scope="row"><a class="whole-row" href="/admin/${kind}/${encodeURIComponent(id)}">
                ${body[column] ? words(kind, column, body[column]) : t("admin.any")}</a></th>`
            : html`<td class=${index > 2 ? "minor" : ""}>${words(kind, column, body[column])}</td>`,
        )}
      </tr>`,
      )}</tbody>
    </table></div>`
    }`;
}
