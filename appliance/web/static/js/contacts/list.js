// The history: search, filter, page through. What is searched for stands in the address, so it can be kept and gone
// back to.

import { useFetched } from "../base/api.js";
import { boot, isRole } from "../base/boot.js";
import { duration, t, tWord, when } from "../base/i18n.js";
import { html, useEffect, useRef, useState } from "../base/preact.js";
import { navigate } from "../base/router.js";
import { agentName, queueName, useLive } from "../base/tree.js";
import { Action } from "../parts/action.js";
import { Icon } from "../parts/icon.js";

const PAGE = 50;
const OUTCOMES = ["answered", "abandoned", "missed", "contained", "transferred", "turned_away", "lost", "failed"];
const FILTERS = ["q", "from", "to", "queue", "agent", "outcome", "direction", "customer", "after"];
const TYPING_MS = 350;
const ARROWS = { inbound: "left", outbound: "right", internal: "users" };

/** The REST query of an address: dates become seconds of this browser's days. */
function restPath(query) {
  const out = new URLSearchParams({ limit: PAGE });
  for (const name of FILTERS) {
    const value = query.get(name);
    if (!value) continue;
    if (name === "from") out.set(name, new Date(`${value}T00:00:00`).getTime() / 1000);
    else if (name === "to") out.set(name, new Date(`${value}T00:00:00`).getTime() / 1000 + 86_400);
    else out.set(name, value);
  }
  return `/api/contacts?${out}`;
}

function Choice({ name, label, value, options, change }) {
  return html`<label>${label}
    <select name=${name} value=${value} onChange=${(event) => change({ [name]: event.target.value })}>
      <option value="">${t("contacts.any")}</option>
      ${options.map(([id, words]) => html`<option value=${id} selected=${id === value}>${words}</option>`)}
    </select>
  </label>`;
}

function Filters({ query, change }) {
  const queues = useLive((tree) => tree.under("queue/"));
  const agents = useLive((tree) => tree.under("agent/"));
  const [words, setWords] = useState(query.get("q") ?? "");
  const timer = useRef();
  useEffect(() => () => clearTimeout(timer.current), []);
  const typed = (value) => {
    setWords(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => change({ q: value.trim() }), TYPING_MS);
  };
  return html`<form class="filters" role="search" onSubmit=${(event) => {
    event.preventDefault();
    change({ q: words.trim() });
  }}>
    <label class="wide">${t("contacts.search")}
      <input type="search" value=${words} onInput=${(event) => typed(event.target.value)}
        placeholder=${t("contacts.search_hint")} />
    </label>
    <label>${t("contacts.from")}<input type="date" value=${query.get("from") ?? ""}
      onChange=${(event) => change({ from: event.target.value })} /></label>
    <label>${t("contacts.to")}<input type="date" value=${query.get("to") ?? ""}
      onChange=${(event) => change({ to: event.target.value })} /></label>
    <${Choice} name="queue" label=${t("queues.queue")} value=${query.get("queue") ?? ""} change=${change}
      options=${queues.map((queue) => [queue.id, queue.name])} />
    ${
      isRole("admin", "supervisor") &&
      html`<${Choice} name="agent" label=${t("agents.agent")} value=${query.get("agent") ?? ""} change=${change}
      options=${agents.map((agent) => [agent.id, agent.name])} />`
    }
    <${Choice} name="outcome" label=${t("contacts.outcome")} value=${query.get("outcome") ?? ""} change=${change}
      options=${OUTCOMES.map((outcome) => [outcome, t(`outcome.${outcome}`)])} />
  </form>`;
}

function Rows({ rows }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("nav.contacts")}><table class="wide slim rows">
    <thead><tr>
      <th scope="col">${t("contacts.when")}</th>
      <th scope="col">${t("contacts.who")}</th>
      <th scope="col" class="minor">${t("queues.queue")}</th>
      <th scope="col" class="minor">${t("agents.agent")}</th>
      <th scope="col">${t("contacts.outcome")}</th>
      <th scope="col" class="right minor">${t("contacts.waited")}</th>
      <th scope="col" class="right minor">${t("contacts.talked")}</th>
      <th scope="col"><span class="unseen">${t("contacts.recorded")}</span></th>
    </tr></thead>
    <tbody>${rows.map(
      (row) => html`<tr key=${row.id}>
      <th scope="row"><a class="whole-row" href="/contacts/${row.id}">${when(row.opened_at)}</a></th>
      <td><span class="direction" title=${t(`direction.${row.direction}`)}><${Icon} name=${ARROWS[row.direction]} /></span>
        ${row.customer_name && html`<strong>${row.customer_name}</strong>${" "}`}
        <span class="figures faint">${row.other_shown || t("common.no_number")}</span></td>
      <td class="minor">${row.queue ? queueName(row.queue) : ""}</td>
      <td class="minor">${row.agent ? agentName(row.agent) : row.answered_by}</td>
      <td><span class="tag ${row.outcome ?? "open"}">${t(`outcome.${row.outcome ?? "open"}`)}</span>
        ${row.disposition && html`<span class="faint"> ${tWord("disposition.", row.disposition)}</span>`}</td>
      <td class="right figures minor">${row.queued_at ? duration(row.waited_s) : "–"}</td>
      <td class="right figures minor">${row.talked_s ? duration(row.talked_s) : "–"}</td>
      <td class="right">${row.recordings > 0 && html`<span
        title=${t("contacts.recorded")}><${Icon} name="wave" /><span class="unseen">${t("contacts.recorded")}</span></span>`}</td>
    </tr>`,
    )}</tbody>
  </table></div>`;
}

/** The words fit several customers: which one? Or: whose contacts are shown. */
function Found({ data, change }) {
  if (data.customer) {
    return html`<p class="row"><strong>${t("contacts.of_customer", { name: data.customer.name })}</strong>
      <${Action} label=${t("contacts.all_again")} icon="cross" run=${() => change({ q: "", customer: "" })} /></p>`;
  }
  if (!data.several.length) return null;
  return html`<fieldset class="choose">
    <legend>${t("contacts.several")}</legend>
    <ul>${data.several.map(
      (customer) => html`<li key=${customer.id}>
      <${Action} label=${[customer.name, customer.company].filter(Boolean).join(" · ")} icon="user"
        run=${() => change({ q: "", customer: customer.id })} />
    </li>`,
    )}</ul>
  </fieldset>`;
}

export function ContactList({ url }) {
  const query = url.searchParams;
  const { data, failure, loading } = useFetched(restPath(query));

  function change(filters) {
    const next = new URLSearchParams(query);
    next.delete("after");
    for (const [name, value] of Object.entries(filters)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    navigate(`/contacts?${next}`, { replace: !filters.after });
  }
  const first = !query.get("after");

  return html`<div class="page">
    <header class="page-head">
      <h1 tabindex="-1">${t("nav.contacts")}</h1>
    </header>
    ${boot.role === "agent" && html`<p class="hint">${t("contacts.only_own")}</p>`}
    <${Filters} query=${query} change=${change} />
    ${failure && html`<p class="failure" role="alert">${failure.text}</p>`}
    ${data && html`<${Found} data=${data} change=${change} />`}
    ${data && (data.rows.length ? html`<${Rows} rows=${data.rows} />` : !data.several.length &&
      html`<p class="empty" role="status">${t("contacts.nothing")}</p>`)}
    ${!data && loading && html`<p class="faint" role="status">${t("common.loading")}</p>`}
    ${
      data &&
      (!first || data.next) &&
      html`<nav class="pages" aria-label=${t("contacts.pages")}>
      <${Action} label=${t("contacts.newest")} icon="left" why=${first ? t("contacts.first_page") : ""}
        run=${() => change({ after: "" })} />
      <${Action} label=${t("contacts.older")} icon="right" why=${data.next ? "" : t("contacts.last_page")}
        run=${() => change({ after: data.next })} />
    </nav>`
    }
  </div>`;
}
