// One contact, whole: what it was, its recordings, why which agent, notes and survey, and everything that happened in
// order.

import { useFetched } from "../base/api.js";
import { dateTime, duration, languageName, number, t, tWord } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { agentName, queueName, useLive } from "../base/tree.js";
import { Icon } from "../parts/icon.js";
import { PhoneNumber } from "../parts/number.js";
import { DecisionView } from "./decision.js";
import { Player } from "./player.js";
import { placeName } from "./sentence.js";
import { Timeline } from "./timeline.js";

function Summary({ row }) {
  const rows = [
    [t("contacts.when"), dateTime(row.opened_at)],
    [t("card.direction"), t(`direction.${row.direction}`)],
    [t("card.called"), row.to_shown],
    [t("card.queue"), row.queue && queueName(row.queue)],
    [t("agents.agent"), row.agent ? agentName(row.agent) : row.answered_by],
    [t("card.language"), row.language && languageName(row.language)],
    [t("contacts.waited"), row.queued_at && duration(row.waited_s)],
    [t("contacts.talked"), row.talked_s > 0 && duration(row.talked_s)],
    [t("contacts.held"), row.held_s > 0 && duration(row.held_s)],
    [t("contacts.transferred_to"), row.transferred_to],
    [t("contacts.disposition"), row.disposition && tWord("disposition.", row.disposition)],
    [t("contacts.ended_in"), row.outcome && row.place && placeName(row.place)],
  ].filter(([, value]) => value);
  return html`<dl class="facts">${rows.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function Recordings({ row, recordings }) {
  if (!recordings.length && !row.recording_missing) return null;
  return html`<section>
    <h2>${t("recordings.title")}</h2>
    ${row.recording_missing &&
      html`<p class="warning"><${Icon} name="alert" />${t("recordings.missing", { why: row.recording_missing })}</p>`}
    ${recordings.map((recording) =>
      recording.deleted_at
        ? html`<p class="faint" key=${recording.id}>${t("recordings.deleted", { when: dateTime(recording.deleted_at) })}</p>`
        : html`<${Player} key=${recording.id} recording=${recording} />`,
    )}
  </section>`;
}

function Survey({ survey }) {
  const answers = Object.entries(survey);
  if (!answers.length) return null;
  return html`<section>
    <h2>${t("survey.title")}</h2>
    <dl class="facts">${answers.map(
      ([question, answer]) => html`<div><dt>${tWord("question.", question)}</dt>
      <dd><${Icon} name="star" /> <span class="figures">${number(answer)}</span></dd></div>`,
    )}</dl>
  </section>`;
}

function Found({ attributes }) {
  const entries = Object.entries(attributes);
  if (!entries.length) return null;
  return html`<section>
    <h2>${t("card.answers")}</h2>
    <dl class="facts">${entries.map(([name, value]) => html`<div><dt>${tWord("attribute.", name)}</dt><dd>${String(value)}</dd></div>`)}</dl>
  </section>`;
}

export function ContactPage({ id }) {
  // a contact that is still going on changes: read it again with every change of its state
  const live = useLive((tree) => tree.get(`contact/${id}`)?.state);
  const { data, failure } = useFetched(`/api/contacts/${encodeURIComponent(id)}`, live);
  if (failure) {
    return html`<div class="page"><h1 tabindex="-1">${t("contacts.contact")}</h1>
      <p class="failure" role="alert">${failure.text}</p><p><a href="/contacts">${t("contacts.back")}</a></p></div>`;
  }
  if (!data)
    return html`<div class="page"><h1 tabindex="-1">${t("contacts.contact")}</h1><p class="faint" role="status">${t("common.loading")}</p></div>`;
  const { row, facts, recordings } = data;
  const decisions = facts.filter(({ fact }) => fact.type === "contact.offered");
  return html`<div class="page contact-page">
    <p class="crumb"><a href="/contacts"><${Icon} name="left" />${t("contacts.back")}</a></p>
    <header class="page-head">
      <h1 tabindex="-1">${row.customer_name || row.other_shown || t("common.no_number")}</h1>
      <span class="tag ${row.outcome ?? "open"}">${t(`outcome.${row.outcome ?? "open"}`)}</span>
      ${row.customer_name && html`<${PhoneNumber} number=${row.other_number} shown=${row.other_shown} />`}
    </header>
    <div class="columns">
      <div>
        <${Recordings} row=${row} recordings=${recordings} />
        <${DecisionView} decisions=${decisions} facts=${facts} />
        <section>
          <h2>${t("timeline.title")}</h2>
          <${Timeline} facts=${facts} row=${row} />
        </section>
      </div>
      <div>
        <section><h2>${t("contacts.summary")}</h2><${Summary} row=${row} /></section>
        ${row.note && html`<section><h2>${t("notes.title")}</h2><p class="note">${row.note}</p></section>`}
        ${row.transfer_reason && html`<section><h2>${t("transfer.reason")}</h2><p>${row.transfer_reason}</p></section>`}
        <${Found} attributes=${row.attributes} />
        <${Survey} survey=${row.survey} />
      </div>
    </div>
  </div>`;
}
