// An agent's state as people see it: picture, word and colour (never the colour alone).

import { t, tWord } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { Icon } from "./icon.js";

const ICONS = { ready: "check", paused: "pause", offered: "bell", busy: "phone", wrap_up: "note", logged_out: "off" };

/** The words of a state with its reason: "Paused: lunch". */
export function stateWords(agent) {
  const word = t(`state.${agent.state}`);
  return agent.reason && agent.state === "paused" ? `${word}: ${tWord("reason.", agent.reason)}` : word;
}

export function StateTag({ agent }) {
  return html`<span class="state ${agent.state}"><${Icon} name=${ICONS[agent.state]} />${stateWords(agent)}</span>`;
}
