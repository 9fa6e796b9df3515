// The dialog that hands a call on: to a colleague, a queue, or a number; at once, or after asking first. One line why
// travels along.

import { boot } from "../base/boot.js";
import { t } from "../base/i18n.js";
import { html, useState } from "../base/preact.js";
import { order } from "../base/socket.js";
import { useLive } from "../base/tree.js";
import { Action } from "../parts/action.js";
import { Dialog } from "../parts/dialog.js";
import { StateTag, stateWords } from "../parts/state.js";

const FREE_FIRST = ["ready", "paused", "wrap_up", "offered", "busy", "logged_out"];
const NUMBER = /^[+*#\d][\d\s().\-*#]*$/;

/** Everything a call can be handed to: {target, name, detail, agent?, kind}. */
function useTargets() {
  const agents = useLive((tree) => tree.under("agent/"));
  const queues = useLive((tree) => tree.under("queue/"));
  const extensions = useLive((tree) => tree.under("extension/"));
  const own = agents.find((agent) => agent.id === boot.user);
  const ofAgents = agents
    .filter((agent) => agent.id !== boot.user)
    .sort((a, b) => FREE_FIRST.indexOf(a.state) - FREE_FIRST.indexOf(b.state) || a.name.localeCompare(b.name))
    .map((agent) => ({ kind: "agent", target: agent.extension, name: agent.name, detail: agent.extension, agent }));
  const taken = new Set(agents.map((agent) => agent.extension));
  const ofPhones = extensions
    .filter((phone) => !taken.has(phone.number) && phone.number !== own?.extension)
    .sort((a, b) => a.number.localeCompare(b.number))
    .map((phone) => ({ kind: "phone", target: phone.number, name: phone.name, detail: phone.number, phone }));
  const ofQueues = queues
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((queue) => ({ kind: "queue", target: `queue:${queue.id}`, name: queue.name, queue }));
  return [...ofAgents, ...ofQueues, ...ofPhones];
}

function Detail({ choice }) {
  if (choice.agent) return html`<${StateTag} agent=${choice.agent} />`;
  if (choice.queue) {
    return html`<span class="faint">${t("transfer.queue_now", { n: choice.queue.waiting })}, ${t("transfer.queue_ready", { n: choice.queue.agents_ready })}</span>`;
  }
  if (choice.phone) {
    const word = !choice.phone.registered ? "phone.away" : choice.phone.in_call ? "phone.in_call" : "phone.free";
    return html`<span class="faint">${t(word)}</span>`;
  }
  return html`<span class="faint">${t("transfer.outside")}</span>`;
}

const spoken = (choice) =>
  [choice.name, choice.detail, choice.agent && stateWords(choice.agent)].filter(Boolean).join(", ");

export function Transfer({ close }) {
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState("");
  const [reason, setReason] = useState("");
  const wanted = words.trim().toLocaleLowerCase();
  const typed = NUMBER.test(wanted) ? [{ kind: "number", target: wanted.replace(/[\s().-]/g, ""), name: wanted }] : [];
  const fitting = useTargets().filter((choice) =>
    `${choice.name} ${choice.detail ?? ""}`.toLocaleLowerCase().includes(wanted),
  );
  const choices = [...fitting, ...typed.filter((number) => !fitting.some((choice) => choice.target === number.target))];
  const target = choices.some((choice) => choice.target === chosen)
    ? chosen
    : choices.length === 1
      ? choices[0].target
      : "";
  const why = target ? "" : t("transfer.choose_first");

  const now = async () => {
    await order("call.transfer", { target, reason });
    close();
  };
  const ask = async () => {
    await order("call.dial", { number: target });
    close();
  };
  const askWhy = why || (target.startsWith("queue:") ? t("transfer.no_ask_queue") : "");

  return html`<${Dialog} title=${t("transfer.title")} close=${close}>
    <form onSubmit=${(event) => event.preventDefault()}>
      <label>${t("transfer.to")}
        <input data-first type="search" value=${words} autocomplete="off" placeholder=${t("transfer.placeholder")}
          onInput=${(event) => {
            setWords(event.target.value);
            setChosen("");
          }} />
      </label>
      <fieldset class="targets">
        <legend class="unseen">${t("transfer.choices")}</legend>
        ${choices.map(
          (choice) => html`<label key=${choice.target} class="target ${choice.target === target ? "chosen" : ""}">
          <input type="radio" name="target" value=${choice.target} checked=${choice.target === target}
            aria-label=${spoken(choice)} onChange=${() => setChosen(choice.target)} />
          <span class="name">${choice.name}</span>
          <span class="figures faint">${choice.detail ?? ""}</span>
          <${Detail} choice=${choice} />
        </label>`,
        )}
        ${!choices.length && html`<p class="faint" role="status">${t("transfer.nobody")}</p>`}
      </fieldset>
      <label>${t("transfer.reason")}
        <input maxlength="200" value=${reason} onInput=${(event) => setReason(event.target.value)}
          placeholder=${t("transfer.reason_placeholder")} />
      </label>
      <div class="buttons">
        <${Action} label=${t("transfer.now")} icon="transfer" code="KeyT" tone="main" inDialog why=${why} run=${now} />
        <${Action} label=${t("transfer.ask_first")} icon="users" code="KeyI" inDialog why=${askWhy} run=${ask} />
      </div>
    </form>
  <//>`;
}
