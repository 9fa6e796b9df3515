// A telephone number that can be called by a click, by agents who are on shift.

import { boot } from "../base/boot.js";
import { t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { order } from "../base/socket.js";
import { useLive } from "../base/tree.js";
import { Icon } from "./icon.js";
import { tellDone, tellFailure } from "./toast.js";

/** Call `number` from the person's own desk phone. */
export const dial = (number) => order("call.dial", { number });

/** `number` as dialled, `shown` as written. */
export function PhoneNumber({ number, shown }) {
  const onShift = useLive((tree) => ![undefined, "logged_out"].includes(tree.get(`agent/${boot.user}`)?.state));
  if (!number) return html`<span class="faint">${t("common.no_number")}</span>`;
  if (!onShift) return html`<span class="figures number">${shown ?? number}</span>`;
  const call = () => dial(number).then(() => tellDone(t("dial.calling", { number: shown ?? number })), tellFailure);
  return html`<button type="button" class="number figures link"
    title=${t("dial.call_number", { number: shown ?? number })} onClick=${call}>
    ${shown ?? number}<${Icon} name="phone" />
  </button>`;
}
