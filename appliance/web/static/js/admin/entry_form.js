// The form of one directory entry. Saved through the brain, which checks everything; its faults are shown at their
// fields.

import { api } from "../base/api.js";
import { t } from "../base/i18n.js";
import { html, useEffect, useRef, useState } from "../base/preact.js";
import { guardLeaving, navigate } from "../base/router.js";
import { Action } from "../parts/action.js";
import { Icon } from "../parts/icon.js";
import { tellDone } from "../parts/toast.js";
import { faultsOf, isOf } from "./faults.js";
import { Field } from "./fields.js";
import { entriesOf, KINDS } from "./kinds.js";
import { SecretField, SecretShown } from "./secret.js";

/** Faults that belong to no field of the form, and a count of the others with links to them. */
export function FaultSummary({ kind, faults, fields }) {
  const box = useRef();
  useEffect(() => {
    if (faults.length) box.current?.focus();
  }, [faults]);
  if (!faults.length) return null;
  const nameOf = (fault) => fields.find((field) => isOf(fault, field.name))?.name;
  return html`<div class="fault-summary" role="alert" tabindex="-1" ref=${box}>
    <${Icon} name="alert" />
    <p><strong>${t("admin.not_saved")}</strong></p>
    <ul>${faults.map((fault) => {
      const name = nameOf(fault);
      return html`<li>${
        name
          ? html`<button type="button" class="link"
            onClick=${() => focusField(name)}>${t(`admin.${kind}.${name}`)}</button>${": "}`
          : fault.path && html`<code>$.${fault.path}</code>${": "}`
      }${fault.text}</li>`;
    })}</ul>
  </div>`;
}

/** Asks before a page with unsaved changes is left. */
export function useUnsaved(dirty) {
  useEffect(() => {
    if (!dirty) return undefined;
    const warn = (event) => event.preventDefault();
    addEventListener("beforeunload", warn);
    const stop = guardLeaving(() => confirm(t("admin.leave")));
    return () => {
      removeEventListener("beforeunload", warn);
      stop();
    };
  }, [dirty]);
}

function start(kind, id, directory) {
  const { single, fresh } = KINDS[kind];
  if (single) return directory.site;
  if (id === "new") return "zone" in fresh ? { ...fresh, zone: directory.site.zone } : fresh;
  return entriesOf(kind, directory).find((entry) => entry.id === id)?.body;
}

/** What an entry is called: by its name, a route by what it is for. */
function titleOf(kind, id, body) {
  const { numbered, columns } = KINDS[kind];
  if (!numbered) return body.name || id;
  return columns
    .slice(0, 2)
    .map((column) => body[column] || t("admin.any"))
    .join(" · ");
}

/** Into a field, or the first part of one that has several. */
function focusField(name) {
  document.querySelector(`[data-field="${name}"] :is(input, select, textarea, button)`)?.focus();
}

export function EntryForm({ kind, id, directory, reload }) {
  const { fields, single, numbered, secret, id: idField } = KINDS[kind];
  const [body, setBody] = useState(() => start(kind, id, directory));
  const [password, setPassword] = useState("");
  const [faults, setFaults] = useState([]);
  const [dirty, setDirty] = useState(false);
  const [shown, setShown] = useState(null); // the secret that was saved just now
  useUnsaved(dirty);
  const fresh = id === "new";
  if (!body)
    return html`<h1 tabindex="-1">${t("admin.gone")}</h1><p><a href="/admin/${kind}">${t("admin.back")}</a></p>`;

  const set = (name, value) => {
    setBody((before) => ({ ...before, [name]: value }));
    setDirty(true);
  };
  const leave = () => navigate(single ? "/admin" : `/admin/${kind}`, { ask: false });

  async function save() {
    const entryId = single ? "site" : numbered ? id : body[idField];
    setFaults([]);
    try {
      await api("PUT", `/api/directory/${kind}/${encodeURIComponent(entryId)}`, {
        body,
        secret: password || null,
        create: fresh,
      });
    } catch (failure) {
      setFaults(faultsOf(failure));
      return;
    }
    setDirty(false);
    tellDone(t("admin.saved"));
    reload();
    if (secret === "generated" && password) setShown(password);
    else leave();
  }

  async function remove() {
    if (!confirm(t("admin.really_delete"))) return;
    try {
      await api("DELETE", `/api/directory/${kind}/${encodeURIComponent(id)}`);
    } catch (failure) {
      setFaults(faultsOf(failure));
      return;
    }
    reload();
    tellDone(t("admin.deleted"));
    leave();
  }

  if (shown) return html`<${SecretShown} number=${body.number} secret=${shown} done=${leave} />`;
  return html`${!single &&
    html`<p class="crumb"><a href="/admin/${kind}"><${Icon} name="left" />${t(`admin.kind.${kind}`)}</a></p>`}
    <header class="page-head"><h1 tabindex="-1">${single ? t(`admin.kind.${kind}`) : fresh ? t(`admin.new.${kind}`) : titleOf(kind, id, body)}</h1></header>
    <form class="entry" noValidate onSubmit=${(event) => {
      event.preventDefault();
      save();
    }}>
      <${FaultSummary} kind=${kind} faults=${faults} fields=${fields} />
      ${fields.map(
        (
          field,
        ) => html`<${Field} key=${field.name} kind=${kind} field=${field} value=${body[field.name]}
          directory=${directory}
        faults=${faults} fresh=${fresh} change=${(value) => set(field.name, value)} />`,
      )}
      ${
        secret &&
        html`<${SecretField} kind=${kind} generated=${secret === "generated"} fresh=${fresh} value=${password}
        change=${(value) => {
          setPassword(value);
          setDirty(true);
        }} />`
      }
      <div class="buttons">
        <${Action} type="submit" label=${t("common.save")} icon="check" tone="main" />
        <${Action} label=${t("common.cancel")} run=${leave} />
        ${!fresh && !single && html`<span class="spring"></span><${Action} label=${t("admin.delete")} icon="cross"
          tone="danger" run=${remove} />`}
      </div>
    </form>`;
}
