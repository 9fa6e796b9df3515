// The agent's state, for how long, what comes next, and the buttons that change it. Always in sight on the panel.

import { announce } from "../base/announce.js";
import { Elapsed, Remaining } from "../base/clock.js";
import { t, tWord } from "../base/i18n.js";
import { html, useEffect, useRef } from "../base/preact.js";
import { order } from "../base/socket.js";
import { Action } from "../parts/action.js";
import { Menu } from "../parts/menu.js";
import { StateTag, stateWords } from "../parts/state.js";
import { tellFailure } from "../parts/toast.js";

export const PAUSE_REASONS = ["break", "lunch", "meeting", "training", "paperwork", "other"];

const BUSY = ["offered", "busy", "wrap_up"];

/** What was asked for while busy. */
function nextWords(me) {
  if (!me.next_state || !BUSY.includes(me.state)) return "";
  return t("state_bar.next", { state: t(`state.${me.next_state}`) });
}

function whyNotReady(me) {
  if (me.state === "ready") return t("state_bar.is_ready");
  if (me.state === "wrap_up") return t("state_bar.finish_first");
  return BUSY.includes(me.state) && me.next_state === "ready" ? t("state_bar.will_be_ready") : "";
}

export function StateBar({ me }) {
  const before = useRef(me.state + me.reason);
  useEffect(() => {
    const now = me.state + me.reason;
    if (before.current !== now && me.state !== "offered") announce(t("state_bar.now", { state: stateWords(me) }));
    before.current = now;
  }, [me.state, me.reason]);

  const pause = (reason) => order("agent.pause", { reason }).catch(tellFailure);
  const away = me.state === "logged_out";
  return html`<section class="state-bar ${me.state}" aria-label=${t("state_bar.label")}>
    <div class="now">
      <${StateTag} agent=${me} />
      ${!away && html`<span class="since"><${Elapsed} since=${me.since} label=${t("state_bar.since")} /></span>`}
      ${
        me.state === "wrap_up" &&
        me.wrap_up_ends_at &&
        html`<span class="left">
        ${t("state_bar.left")} <${Remaining} until=${me.wrap_up_ends_at} />
      </span>`
      }
      ${nextWords(me) && html`<span class="next">${nextWords(me)}</span>`}
      ${!me.registered && html`<span class="warning">${t("state_bar.phone_away", { extension: me.extension })}</span>`}
    </div>
    <div class="buttons">
      ${
        away
          ? html`<${Action} label=${t("state_bar.log_in")} icon="off" code="KeyO" tone="main"
            run=${() => order("agent.log_in")} />`
          : html`
          <${Action} label=${t("state_bar.ready")} icon="check" code="KeyR" tone=${me.state === "paused" ? "main" : ""}
            why=${whyNotReady(me)}
            run=${() => order("agent.ready")} />
          <${Menu} label=${t("state_bar.pause")} icon="pause" code="KeyP" choices=${PAUSE_REASONS.map((reason) => ({
            label: tWord("reason.", reason),
            checked: me.state === "paused" && me.reason === reason,
            run: () => pause(reason),
          }))} />
          <${Action} label=${t("state_bar.log_out")} icon="off" code="KeyO"
            why=${["offered", "busy"].includes(me.state) ? t("state_bar.busy_now") : ""}
            run=${() => order("agent.log_out")} />`
      }
    </div>
  </section>`;
}
