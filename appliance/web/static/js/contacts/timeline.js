// Everything that happened to a contact, in order, each with its time and how long after the beginning.

import { clockTimeS, duration, t } from "../base/i18n.js";
import { html, useState } from "../base/preact.js";
import { Icon } from "../parts/icon.js";
import { sentence } from "./sentence.js";

const ICONS = {
  "contact.opened": "phone",
  "contact.identified": "user",
  "contact.customer_linked": "link",
  "contact.flow_entered": "right",
  "contact.language_chosen": "info",
  "contact.attribute_set": "info",
  "contact.queued": "clock",
  "contact.offered": "bell",
  "contact.offer_ended": "cross",
  "contact.answered": "check",
  "contact.notice_played": "record",
  "contact.recording_kept": "wave",
  "contact.recording_missing": "alert",
  "contact.recording_paused": "record",
  "contact.held": "pause",
  "contact.retrieved": "play",
  "contact.transferred": "transfer",
  "contact.transfer_failed": "alert",
  "contact.note_saved": "note",
  "contact.survey_answered": "star",
  "contact.caller_left": "hangup",
  "contact.wrapped_up": "note",
  "contact.closed": "stop",
};
const SMALL = ["contact.flow_entered", "contact.note_saved"];

/** Facts of small weight can be left out; a note saved ten times is shown once. */
function important(facts) {
  return facts.filter(
    ({ fact }, index) =>
      fact.type !== "contact.flow_entered" &&
      !(
        fact.type === "contact.note_saved" &&
        facts.slice(index + 1).some((later) => later.fact.type === "contact.note_saved")
      ),
  );
}

export function Timeline({ facts, row }) {
  const [all, setAll] = useState(false);
  if (!facts.length) return html`<p class="faint">${t("timeline.nothing")}</p>`;
  const start = facts[0].at;
  const shown = all ? facts : important(facts);
  return html`<ol class="timeline">
      ${shown.map(
        (
          { at, fact },
          index,
        ) => html`<li key=${index} class=${SMALL.includes(fact.type) ? "faint" : ""} data-fact=${fact.type}>
        <time class="figures" datetime=${new Date(at * 1000).toISOString()}>${clockTimeS(at)}</time>
        <span class="figures after" title=${t("timeline.after")}>+${duration(at - start)}</span>
        <${Icon} name=${ICONS[fact.type]} />
        <span>${sentence(fact, row)}</span>
      </li>`,
      )}
    </ol>
    ${
      facts.length > important(facts).length &&
      html`<label class="switch">
      <input type="checkbox" checked=${all} onChange=${(event) => setAll(event.target.checked)} /> ${t("timeline.all")}
    </label>`
    }`;
}
