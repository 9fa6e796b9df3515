// An IVR flow as text (JSON, or TOML pasted in). "Check" says every fault with its exact path and runs the flow's
// tests without saving; saving checks again in the brain.

import { api } from "../base/api.js";
import { t } from "../base/i18n.js";
import { html, useState } from "../base/preact.js";
import { navigate } from "../base/router.js";
import { Action } from "../parts/action.js";
import { Icon } from "../parts/icon.js";
import { tellDone } from "../parts/toast.js";
import { FaultSummary, useUnsaved } from "./entry_form.js";
import { faultsOf } from "./faults.js";

const FRESH = {
  id: "",
  name: "",
  languages: ["en"],
  start: "hello",
  nodes: { hello: { kind: "say", text: { en: "Welcome." }, next: "bye" }, bye: { kind: "hang_up" } },
  tests: [{ name: "hears the welcome", steps: ["hear"], ends: "hang_up" }],
};

/** Empty texts are defaults and only make the flow longer to read; an empty key means "no such key" and stays. */
const leaveOutEmpty = (name, value) => (value === "" && !name.endsWith("_key") ? undefined : value);

function Report({ report }) {
  if (!report) return null;
  const passed = report.tests.filter((test) => !test.failure).length;
  return html`<section class="flow-report" role="status" aria-live="polite">
    ${
      report.faults.length
        ? html`<h2>${t("flow.faults", { n: report.faults.length })}</h2>
          <ul>${report.faults.map((fault) => html`<li class="bad"><code>${fault.path}</code>: ${fault.text}</li>`)}</ul>`
        : html`<p class="good"><${Icon} name="check" />${t("flow.no_faults")}</p>`
    }
    ${
      report.tests.length > 0 &&
      html`<h2>${t("flow.tests", { passed, n: report.tests.length })}</h2>
      <ul>${report.tests.map(
        (test) => html`<li class=${test.failure ? "bad" : "good"}>
        <${Icon} name=${test.failure ? "cross" : "check"} />${test.name}${test.failure &&
          html`: ${test.failure}`}</li>`,
      )}</ul>`
    }
  </section>`;
}

export function FlowForm({ id, directory, reload }) {
  const kept = id === "new" ? FRESH : directory.flows.find((flow) => flow.id === id);
  const [text, setText] = useState(() => JSON.stringify(kept ?? null, leaveOutEmpty, 2));
  const [report, setReport] = useState(null);
  const [faults, setFaults] = useState([]);
  const [dirty, setDirty] = useState(false);
  useUnsaved(dirty);
  if (!kept) return html`<h1 tabindex="-1">${t("admin.gone")}</h1><p><a href="/admin/flow">${t("admin.back")}</a></p>`;
  const leave = () => navigate("/admin/flow", { ask: false });

  async function check() {
    setFaults([]);
    setReport(await api("POST", "/api/flows/check", { text }));
  }

  async function save() {
    setFaults([]);
    try {
      await api("POST", "/api/flows/save", { text, id: id === "new" ? null : id });
    } catch (failure) {
      setFaults(faultsOf(failure));
      return;
    }
    tellDone(t("admin.saved"));
    reload();
    leave();
  }

  async function remove() {
    if (!confirm(t("admin.really_delete"))) return;
    try {
      await api("DELETE", `/api/directory/flow/${encodeURIComponent(id)}`);
    } catch (failure) {
      setFaults(faultsOf(failure));
      return;
    }
    reload();
    leave();
  }

  return html`<p class="crumb"><a href="/admin/flow"><${Icon} name="left" />${t("admin.kind.flow")}</a></p>
    <header class="page-head"><h1 tabindex="-1">${id === "new" ? t("admin.new.flow") : kept.name || id}</h1></header>
    <${FaultSummary} kind="flow" faults=${faults} fields=${[]} />
    <form class="flow" onSubmit=${(event) => event.preventDefault()}>
      <label for="flow-text">${t("flow.text")}</label>
      <p class="hint" id="flow-help">${t("flow.help")}</p>
      <textarea id="flow-text" class="code" rows="26" spellcheck=${false} aria-describedby="flow-help" value=${text}
        onInput=${(event) => {
          setText(event.target.value);
          setDirty(true);
        }}></textarea>
      <div class="buttons">
        <${Action} label=${t("flow.check")} icon="search" run=${check} />
        <${Action} label=${t("common.save")} icon="check" tone="main" run=${save} />
        <${Action} label=${t("common.cancel")} run=${leave} />
        ${id !== "new" && html`<span class="spring"></span><${Action} label=${t("admin.delete")} icon="cross"
          tone="danger" run=${remove} />`}
      </div>
    </form>
    <${Report} report=${report} />`;
}
