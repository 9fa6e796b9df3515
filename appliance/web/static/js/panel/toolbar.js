// The buttons of a conversation: hold, mute, transfer, recording, hang up; and those of a consultation while there is
// one.

import { t } from "../base/i18n.js";
import { html, useState } from "../base/preact.js";
import { order } from "../base/socket.js";
import { Action } from "../parts/action.js";
import { Icon } from "../parts/icon.js";
import { Transfer } from "./transfer.js";

const CALL_UP = ["up", "held"];

/** The party of a consultation (in the contact itself, or a second call of the phone): who, and whether it has answered. */
function consulted(me, contact, consultation) {
  const party = consultation?.parties.find((other) =>
    consultation.id === contact.id ? other.role === "party" : other.number !== me.extension,
  );
  return { name: party?.name || party?.number || consultation?.to_shown || "", up: CALL_UP.includes(party?.state) };
}

function Recording({ contact }) {
  const words = t(`recording.${contact.recording}`);
  return html`<span class="recording ${contact.recording}" role="status"><${Icon} name="record" />${words}</span>`;
}

export function Toolbar({ me, contact, consultation }) {
  const [transferring, setTransferring] = useState(false);
  const [reason, setReason] = useState("");
  const talking =
    contact.parties.length === 0 ||
    contact.parties.some((party) => party.role !== "agent" && CALL_UP.includes(party.state));
  const notTalking = talking ? "" : t("toolbar.not_talking");
  const record = contact.recording;
  const noRecording = ["on", "paused"].includes(record)
    ? ""
    : t(`toolbar.recording_${record === "notice" ? "notice" : "off"}`);
  const other = consulted(me, contact, consultation);

  const complete = () => order("call.complete_transfer", { reason });
  return html`<div class="toolbar" role="toolbar" aria-label=${t("toolbar.label")}>
    <div class="buttons">
      <${Action} label=${me.held ? t("toolbar.resume") : t("toolbar.hold")}
        icon=${me.held ? "play" : "pause"} code="KeyH"
        pressed=${me.held} why=${consultation ? t("toolbar.while_consulting") : notTalking}
        run=${() => order("call.hold", { on: !me.held })} />
      <${Action} label=${me.muted ? t("toolbar.unmute") : t("toolbar.mute")}
        icon=${me.muted ? "micOff" : "mic"} code="KeyM"
        pressed=${me.muted} run=${() => order("call.mute", { on: !me.muted })} />
      <${Action} label=${t("toolbar.transfer")} icon="transfer" code="KeyT"
        why=${consultation ? t("toolbar.while_consulting") : notTalking}
        run=${() => setTransferring(true)} />
      <${Action} label=${record === "paused" ? t("toolbar.record_on") : t("toolbar.record_pause")}
        icon="record" code="KeyK"
        pressed=${record === "paused"} why=${noRecording}
        run=${() => order("call.pause_recording", { on: record !== "paused" })} />
      <${Action} label=${t("toolbar.hang_up")} icon="hangup" code="KeyX" tone="danger"
        run=${() => order("call.hang_up")} />
      ${record !== "off" && html`<${Recording} contact=${contact} />`}
    </div>
    ${me.held && html`<p class="held-note"><${Icon} name="pause" />${t("toolbar.caller_hears_music")}</p>`}
    ${
      consultation &&
      html`<div class="consultation" aria-label=${t("consult.label")}>
      <p><${Icon} name="users" /><strong>${other.name}</strong> <span>${other.up ? t("consult.talking") : t("consult.ringing")}</span></p>
      <label>${t("transfer.reason")}
        <input maxlength="200" value=${reason} onInput=${(event) => setReason(event.target.value)} /></label>
      <div class="buttons">
        <${Action} label=${t("consult.complete")} icon="transfer" code="KeyI" tone="main"
          why=${other.up ? "" : t("consult.not_answered")} run=${complete} />
        <${Action} label=${t("consult.back")} icon="left" code="KeyB" run=${() => order("call.hold", { on: false })} />
      </div>
    </div>`
    }
    ${transferring && html`<${Transfer} close=${() => setTransferring(false)} />`}
  </div>`;
}
