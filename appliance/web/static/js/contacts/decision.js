// Why this agent: the routing decision as a table of all members of the queue, what ruled each out, and what decided
// among the rest.

import { clockTimeS, duration, durationWords, list, number, percent, t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { agentName, queueName } from "../base/tree.js";
import { Icon } from "../parts/icon.js";

/** How the offer ended, from the facts after it: answered, no answer, … */
function outcomeOf(offer, facts) {
  const later = facts.slice(facts.indexOf(offer) + 1);
  for (const { fact } of later) {
    if (fact.type === "contact.answered" && offer.fact.agents.includes(fact.agent))
      return t("decision.answered", { agent: agentName(fact.agent) });
    if (fact.type === "contact.offer_ended" && offer.fact.agents.includes(fact.agent))
      return t(`offer_end.${fact.reason}`);
    if (fact.type === "contact.offered") break;
  }
  return "";
}

function Member({ member, chosen, strategy }) {
  return html`<tr class=${chosen ? "chosen" : member.ruled_out ? "out" : ""}>
    <th scope="row">${chosen && html`<${Icon} name="check" />`}${agentName(member.agent)}</th>
    <td>${chosen ? t("decision.chosen") : member.ruled_out ? t(`ruled_out.${member.ruled_out}`) : t("decision.could_have")}</td>
    <td class="right figures ${strategy === "longest_idle" ? "decides" : "minor"}">${member.ruled_out ? "–" : duration(member.idle_s)}</td>
    <td class="right figures ${strategy === "least_busy" ? "decides" : "minor"}">${member.ruled_out === "logged_out" ? "–" : percent(member.load)}</td>
    <td class="right figures minor">${number(member.handled)}</td>
  </tr>`;
}

export function Decision({ decision, at, ended }) {
  const free = decision.candidates.filter((member) => !member.ruled_out).length;
  const minor = (strategy) => (decision.strategy === strategy ? "" : "minor");
  return html`<article class="decision">
    <p class="verdict">
      <strong>${list(decision.chosen.map(agentName))}</strong> ${t(`decided_by.${decision.decided_by}`, { n: free })}
    </p>
    <p class="faint">
      ${[
        at && clockTimeS(at),
        queueName(decision.queue),
        t(`strategy.${decision.strategy}`),
        t("decision.waited", { wait: durationWords(decision.waiting_s) }),
        ended,
      ]
        .filter(Boolean)
        .join(" · ")}
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("decision.title")}><table class="slim">
      <thead><tr>
        <th scope="col">${t("agents.agent")}</th>
        <th scope="col">${t("decision.why")}</th>
        <th scope="col" class="right ${minor("longest_idle")}">${t("decision.idle")}</th>
        <th scope="col" class="right ${minor("least_busy")}">${t("decision.load")}</th>
        <th scope="col" class="right minor">${t("decision.handled")}</th>
      </tr></thead>
      <tbody>${decision.candidates.map(
        (member) => html`<${Member} key=${member.agent} member=${member}
        chosen=${decision.chosen.includes(member.agent)} strategy=${decision.strategy} />`,
      )}</tbody>
    </table></div>
    ${decision.passed_over > 0 && html`<p class="hint">${t("decision.passed_over", { n: decision.passed_over })}</p>`}
  </article>`;
}

export function DecisionView({ decisions, facts }) {
  if (!decisions.length) return null;
  return html`<section class="why" id="why">
    <h2>${t("decision.title")}</h2>
    ${decisions.map((offer) => html`<${Decision} key=${offer.at} decision=${offer.fact.decision} at=${offer.at}
      ended=${outcomeOf(offer, facts)} />`)}
    <details><summary>${t("decision.how")}</summary><p>${t("decision.how_text")}</p></details>
  </section>`;
}
