// Administration: a list of what can be edited, and the list or form of one kind.

import { useFetched } from "../base/api.js";
import { t } from "../base/i18n.js";
import { html, useEffect, useRef, useState } from "../base/preact.js";
import { Icon } from "../parts/icon.js";
import { EntryForm } from "./entry_form.js";
import { EntryList } from "./entry_list.js";
import { FlowForm } from "./flow_form.js";
import { KINDS } from "./kinds.js";
import { Sentences } from "./sentences.js";
import { Users } from "./users.js";

function Overview({ directory }) {
  return html`<h1 tabindex="-1">${t("nav.admin")}</h1>
    <ul class="kinds">${Object.entries(KINDS).map(
      ([kind, { icon, place }]) => html`<li key=${kind}>
      <a href="/admin/${kind}"><${Icon} name=${icon} /><strong>${t(`admin.kind.${kind}`)}</strong>
        ${place && html`<span class="count figures">${directory[place].length}</span>`}
        <span class="faint">${t(`admin.kind.${kind}.help`)}</span></a>
    </li>`,
    )}</ul>`;
}

function Content({ kind, id, directory, reload }) {
  if (!kind) return html`<${Overview} directory=${directory} />`;
  const { form, single } = KINDS[kind];
  if (form === "users") return html`<${Users} id=${id} />`;
  if (form === "sentences") return html`<${Sentences} directory=${directory} reload=${reload} />`;
  if (single) return html`<${EntryForm} key=${kind} kind=${kind} directory=${directory} reload=${reload} />`;
  if (!id) return html`<${EntryList} kind=${kind} directory=${directory} />`;
  if (form === "flow") return html`<${FlowForm} key=${id} id=${id} directory=${directory} reload=${reload} />`;
  return html`<${EntryForm} key=${`${kind}/${id}`} kind=${kind} id=${id} directory=${directory} reload=${reload} />`;
}

export function Admin({ kind, id }) {
  const [again, setAgain] = useState(0);
  const { data, failure } = useFetched("/api/directory", again);
  const side = useRef();
  useEffect(() => {
    // on a phone the kinds are one long row
    const here = side.current?.querySelector("[aria-current]");
    here?.closest("ul").scrollTo({ left: here.offsetLeft - 16 });
  }, [kind]);
  return html`<div class="page admin ${kind ? "" : "overview"}">
    <nav class="side" ref=${side} aria-label=${t("nav.admin")}><ul>
      ${Object.entries(KINDS).map(
        ([other, { icon }]) => html`<li key=${other}>
        <a href="/admin/${other}" aria-current=${other === kind ? "page" : undefined}><${Icon} name=${icon} />${t(`admin.kind.${other}`)}</a></li>`,
      )}
    </ul></nav>
    <div class="content">
      ${failure && html`<p class="failure" role="alert">${failure.text}</p>`}
      ${
        data
          ? html`<${Content} kind=${kind} id=${id} directory=${data} reload=${() => setAgain((count) => count + 1)} />`
          : !failure &&
            html`<h1 class="unseen" tabindex="-1">${t("nav.admin")}</h1><p class="faint" role="status">${t("common.loading")}</p>`
      }
    </div>
  </div>`;
}
