// Who the contact is with: one known customer, several to choose from, or nobody yet (find one, or write a new one
// down).

import { api, useFetched } from "../base/api.js";
import { boot } from "../base/boot.js";
import { languageName, t } from "../base/i18n.js";
import { html, useState } from "../base/preact.js";
import { order } from "../base/socket.js";
import { Action } from "../parts/action.js";
import { Icon } from "../parts/icon.js";
import { tellDone, tellFailure } from "../parts/toast.js";
import { customerOf } from "../parts/who.js";

/** Choose one of some customers. */
function Choice({ link, customers, question }) {
  return html`<fieldset class="choose">
    <legend>${question}</legend>
    <ul>${customers.map(
      (customer) => html`<li key=${customer.id}>
      <button type="button" class="action" onClick=${() => link(customer).catch(tellFailure)}>
        <${Icon} name="user" /><span>${customer.name}</span>
        ${customer.company && html`<span class="faint">${customer.company}</span>`}
      </button></li>`,
    )}</ul>
  </fieldset>`;
}

function Search({ link }) {
  const [words, setWords] = useState("");
  const found = useFetched(words.trim().length > 1 ? `/api/customers?q=${encodeURIComponent(words.trim())}` : null);
  return html`<div class="find">
    <label>${t("identity.find")}
      <input type="search" value=${words} onInput=${(event) => setWords(event.target.value)} autocomplete="off" />
    </label>
    ${
      found.data &&
      (found.data.length
        ? html`<${Choice} link=${link} customers=${found.data} question=${t("identity.is_it")} />`
        : html`<p class="faint" role="status">${t("identity.nobody")}</p>`)
    }
  </div>`;
}

function NewCustomer({ contact, link, done }) {
  const [failure, setFailure] = useState("");
  async function save(event) {
    event.preventDefault();
    const { number, language, ...fields } = Object.fromEntries(new FormData(event.target));
    setFailure("");
    try {
      const { id } = await api("POST", "/api/customers", {
        ...fields,
        numbers: number ? [number] : [],
        language: language || null,
      });
      await link({ id, name: fields.name });
    } catch (refused) {
      setFailure(refused.text);
    }
  }
  return html`<form class="stack" onSubmit=${save}>
    <label>${t("identity.name")}<input name="name" required maxlength="200" autocomplete="off" autofocus /></label>
    <label>${t("identity.company")}<input name="company" maxlength="200" autocomplete="off" /></label>
    <label>${t("identity.number")}<input name="number" type="tel" value=${contact.from_number}
      autocomplete="off" /></label>
    <label>${t("card.language")}<select name="language">
      <option value="">${t("common.unknown")}</option>
      ${boot.languages.map((code) => html`<option value=${code}
        selected=${code === contact.language}>${languageName(code)}</option>`)}
    </select></label>
    ${failure && html`<p class="failure" role="alert">${failure}</p>`}
    <div class="buttons">
      <${Action} type="submit" label=${t("identity.save_new")} icon="check" tone="main" />
      <${Action} label=${t("common.cancel")} run=${done} />
    </div>
  </form>`;
}

export function Identity({ contact }) {
  const [adding, setAdding] = useState(false);
  const { verdict, customers } = contact;
  const customer = customerOf(contact);

  async function link(one) {
    await order("contact.link_customer", { contact: contact.id, customer: one.id });
    tellDone(t("identity.linked", { name: one.name }));
  }

  if (contact.direction === "internal") return null;
  if (customer) {
    return html`<section class="identity">
      <h3>${t("identity.title")}</h3>
      <p><strong>${customer.name}</strong>${customer.company && html` · ${customer.company}`}
        ${customer.language && html` · ${t("identity.speaks", { language: languageName(customer.language) })}`}</p>
      ${customer.note && html`<p class="customer-note"><${Icon} name="info" />${customer.note}</p>`}
    </section>`;
  }
  return html`<section class="identity">
    <h3>${t("identity.title")}</h3>
    ${verdict === "several" && html`<${Choice} link=${link} customers=${customers} question=${t("identity.which")} />`}
    ${verdict !== "several" && html`<p>${t("identity.unknown")}</p>`}
    ${
      adding
        ? html`<${NewCustomer} contact=${contact} link=${link} done=${() => setAdding(false)} />`
        : html`<${Search} link=${link} />
          <${Action} label=${t("identity.new")} icon="plus" run=${() => setAdding(true)} />`
    }
  </section>`;
}
