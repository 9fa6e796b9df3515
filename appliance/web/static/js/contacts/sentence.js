// A fact as a plain sentence in the person's language. Every fact of core/facts.py has one; the tests hold both lists
// together.

import { duration, durationWords, languageName, list, number, t, tWord } from "../base/i18n.js";
import { agentName, queueName } from "../base/tree.js";

const who = (fact) => (fact.agent ? agentName(fact.agent) : fact.extension || fact.number);
/** `by` and `to` are agents, extensions or numbers. */
const name = (word) => (word.startsWith("queue:") ? queueName(word.slice(6)) : agentName(word));

/** Where a contact ended: an agent, a queue, a step of a flow, or what else the brain says. */
export const placeName = (word) => (agentName(word) === word ? queueName(word) : agentName(word));

/** The brain says "<stage>: <place>", e.g. `waiting: sales`, `flow: main/menu`. */
function place(where) {
  const [stage, ...rest] = where.split(": ");
  const at = rest.join(": ");
  return [tWord("place.", stage), at && placeName(at)].filter(Boolean).join(": ");
}

const SENTENCES = {
  "contact.opened": (fact, row) =>
    t(`fact.opened.${fact.direction}`, { from: row.from_shown || t("common.no_number"), to: row.to_shown }),
  "contact.identified": (fact) =>
    t(`fact.identified.${fact.verdict}`, { names: list(fact.customers.map((customer) => customer.name)) }),
  "contact.customer_linked": (fact) => t("fact.customer_linked", { agent: who(fact) }),
  "contact.flow_entered": (fact) => t("fact.flow_entered", { flow: fact.flow, node: fact.node }),
  "contact.language_chosen": (fact) => t("fact.language_chosen", { language: languageName(fact.language) }),
  "contact.attribute_set": (fact) =>
    t("fact.attribute_set", { name: tWord("attribute.", fact.name), value: String(fact.value) }),
  "contact.queued": (fact) =>
    t(fact.expected_wait_s == null ? "fact.queued" : "fact.queued_expected", {
      queue: queueName(fact.queue),
      position: fact.position,
      wait: durationWords(fact.expected_wait_s ?? 0),
    }),
  "contact.offered": (fact) =>
    t("fact.offered", { agents: list(fact.agents.map(agentName)), queue: queueName(fact.queue) }),
  "contact.offer_ended": (fact) =>
    t(`fact.offer_ended.${fact.reason}`, { agent: who(fact), rang: durationWords(fact.rang_s) }),
  "contact.answered": (fact) => t("fact.answered", { who: who(fact), waited: durationWords(fact.waited_s) }),
  "contact.notice_played": () => t("fact.notice_played"),
  "contact.recording_kept": (fact) => t("fact.recording_kept", { length: duration(fact.duration_s) }),
  "contact.recording_missing": (fact) => t("fact.recording_missing", { why: fact.error }),
  "contact.recording_paused": (fact) =>
    t(fact.paused ? "fact.recording_paused" : "fact.recording_resumed", { agent: who(fact) }),
  "contact.held": (fact) => t("fact.held", { by: name(fact.by) }),
  "contact.retrieved": (fact) => t("fact.retrieved", { by: name(fact.by) }),
  "contact.transferred": (fact) =>
    t(`fact.transferred.${fact.how}`, { by: name(fact.by), to: name(fact.to) }) +
    (fact.reason ? ` ${t("fact.because", { reason: fact.reason })}` : ""),
  "contact.transfer_failed": (fact) =>
    t("fact.transfer_failed", { by: name(fact.by), to: name(fact.to), why: fact.why }),
  "contact.note_saved": (fact) => t("fact.note_saved", { agent: who(fact) }),
  "contact.survey_answered": (fact) =>
    t("fact.survey_answered", { question: tWord("question.", fact.question), answer: number(fact.answer) }),
  "contact.caller_left": (fact) =>
    t("fact.caller_left", { where: place(fact.where), after: durationWords(fact.after_s) }),
  "contact.wrapped_up": (fact) =>
    t(fact.by_limit ? "fact.wrapped_up_by_limit" : "fact.wrapped_up", {
      agent: who(fact),
      disposition: fact.disposition ? tWord("disposition.", fact.disposition) : "–",
      took: durationWords(fact.took_s),
    }),
  "contact.closed": (fact) => t("fact.closed", { outcome: t(`outcome.${fact.outcome}`) }),
  "agent.state_changed": (fact) => t("fact.agent_state", { agent: who(fact), state: t(`state.${fact.state}`) }),
  "box.alarm_raised": (fact) => t("fact.alarm_raised", { text: fact.text }),
  "box.alarm_cleared": (fact) =>
    t(fact.by ? "fact.alarm_acknowledged" : "fact.alarm_cleared", { alarm: fact.alarm, by: fact.by }),
};

/** The sentence of a fact of the contact `row`; a fact of a newer brain than this page is shown by its tag. */
export const sentence = (fact, row) => SENTENCES[fact.type]?.(fact, row) ?? fact.type;
