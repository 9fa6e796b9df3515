// The card: everything known about the contact at hand, complete before the phone rings.

import { Elapsed } from "../base/clock.js";
import { duration, hasPhrase, languageName, t } from "../base/i18n.js";
import { html, useEffect, useRef } from "../base/preact.js";
import { queueName } from "../base/tree.js";
import { Icon } from "../parts/icon.js";
import { PhoneNumber } from "../parts/number.js";
import { customerOf, whoIs } from "../parts/who.js";
import { AnswerButtons } from "./answer.js";
import { Identity } from "./identity.js";
import { Notes } from "./notes.js";
import { useCardShown } from "./offer.js";
import { Past } from "./past.js";
import { Toolbar } from "./toolbar.js";
import { WrapUp } from "./wrap_up.js";

/** The name of an attribute a flow collected: ours where we know it, else readable as it is. */
const attributeLabel = (name) => (hasPhrase(`attribute.${name}`) ? t(`attribute.${name}`) : name.replaceAll("_", " "));

/** `over`: when the conversation ended, once it has. */
function Facts({ contact, over }) {
  const rows = [
    [t("card.queue"), contact.queue && queueName(contact.queue)],
    [t("card.language"), contact.language && languageName(contact.language)],
    [t("card.called"), contact.to_shown || contact.to_number],
    [t("card.direction"), t(`direction.${contact.direction}`)],
  ].filter(([, value]) => value);
  return html`<dl class="facts">
    ${rows.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}
    <div><dt>${contact.answered_at ? t("card.waited") : t("card.waiting")}</dt><dd>${
      contact.answered_at
        ? html`<span class="figures">${duration(contact.answered_at - (contact.queued_at ?? contact.opened_at))}</span>`
        : html`<${Elapsed} since=${contact.queued_at ?? contact.opened_at} />`
    }</dd></div>
    ${
      contact.answered_at &&
      (over
        ? html`<div><dt>${t("contacts.talked")}</dt><dd class="figures">${duration(over - contact.answered_at)}</dd></div>`
        : html`<div><dt>${t("card.talking")}</dt><dd><${Elapsed} since=${contact.answered_at} /></dd></div>`)
    }
  </dl>`;
}

function Answers({ contact }) {
  const entries = Object.entries(contact.attributes).filter(([name]) => name !== "language");
  return html`<section class="answers">
    <h3>${t("card.answers")}</h3>
    ${
      entries.length
        ? html`<dl>${entries.map(([name, value]) => html`<div><dt>${attributeLabel(name)}</dt><dd>${String(value)}</dd></div>`)}</dl>`
        : html`<p class="faint">${t("card.no_answers")}</p>`
    }
  </section>`;
}

export function Card({ me, contact, consultation }) {
  const heading = useRef();
  const offered = me.state === "offered";
  const customer = customerOf(contact);
  const verdict = customer ? "known" : contact.verdict;
  const outbound = contact.direction === "outbound";
  const [number, shown] = outbound ? [contact.to_number, contact.to_shown] : [contact.from_number, contact.from_shown];
  useCardShown(me, contact);
  useEffect(() => {
    // Focus goes to the new card only when nobody is typing elsewhere.
    if (offered && !document.activeElement?.matches("input, textarea, select")) heading.current?.focus();
  }, [contact.id, offered]);

  return html`<article class="card ${offered ? "offered" : ""} ${me.held ? "held" : ""}" aria-labelledby="card-title"
    data-contact=${contact.id}>
    <header>
      <div class="face" aria-hidden="true"><${Icon} name=${customer ? "user" : "phone"} /></div>
      <div class="who">
        <h2 id="card-title" ref=${heading} tabindex="-1">${whoIs(contact)}</h2>
        <p>
          ${(whoIs(contact) !== shown || !offered) && html`<${PhoneNumber} number=${number} shown=${shown} />`}
          ${customer?.company && html`<span>${customer.company}</span>`}
          ${verdict && html`<span class="tag ${verdict}">${t(`verdict.${verdict}`)}</span>`}
        </p>
      </div>
      ${offered && html`<p class="ringing"><${Icon} name="bell" />${t("card.ringing")}</p>`}
    </header>
    ${
      contact.transfer_reason &&
      html`<p class="handed-on"><${Icon} name="transfer" />
      <strong>${t("card.handed_on")}</strong> ${contact.transfer_reason}</p>`
    }
    ${offered && html`<${AnswerButtons} me=${me} contact=${contact} />`}
    ${me.state === "busy" && html`<${Toolbar} me=${me} contact=${contact} consultation=${consultation} />`}
    ${me.state === "wrap_up" && html`<${WrapUp} key=${contact.id} me=${me} />`}
    <${Facts} contact=${contact} over=${me.state === "wrap_up" ? me.since : null} />
    <div class="halves">
      <div>
        <${Identity} contact=${contact} />
        <${Answers} contact=${contact} />
      </div>
      <${Notes} key=${contact.id} contact=${contact} />
    </div>
    <${Past} contact=${contact} />
  </article>`;
}
