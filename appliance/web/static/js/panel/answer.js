// Answer and decline of an offered contact. Answering from here works only with a phone that picks up by itself; else
// the button says so.

import { t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { order } from "../base/socket.js";
import { Action } from "../parts/action.js";

/** Why the panel cannot answer, or "". */
function whyNotAnswer(me) {
  if (!me.registered) return t("answer.not_registered", { extension: me.extension });
  if (!me.answers_by_itself) return t("answer.pick_up", { extension: me.extension });
  return "";
}

export function AnswerButtons({ me, contact }) {
  const why = whyNotAnswer(me);
  return html`<div class="buttons answer">
    <${Action} label=${t("answer.answer")} icon="phone" code="KeyA" tone="main" why=${why}
      run=${() => order("offer.answer", { contact: contact.id })} />
    <${Action} label=${t("answer.decline")} icon="cross" code="KeyJ"
      run=${() => order("offer.decline", { contact: contact.id })} />
    ${why && html`<p class="hint">${why}</p>`}
  </div>`;
}
