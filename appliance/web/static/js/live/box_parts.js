// Lines, media workers, phones and the box itself: is everything there?

import { dateTime, number, t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { useLive } from "../base/tree.js";
import { Icon } from "../parts/icon.js";

function Part({ name, up, words }) {
  return html`<li class=${up ? "up" : "down"}>
    <${Icon} name=${up ? "check" : "alert"} /><strong>${name}</strong><span>${words}</span>
  </li>`;
}

export function BoxParts() {
  const trunks = useLive((tree) => tree.under("trunk/"));
  const workers = useLive((tree) => tree.under("worker/"));
  const phones = useLive((tree) => tree.under("extension/")).sort((a, b) => a.number.localeCompare(b.number));
  const box = useLive((tree) => tree.get("box"));
  return html`<div class="parts">
    <section>
      <h2>${t("parts.trunks")}</h2>
      <ul>${trunks.map(
        (trunk) => html`<${Part} key=${trunk.id} name=${trunk.name} up=${trunk.up}
        words=${trunk.up ? t("parts.calls", { n: trunk.calls }) : trunk.detail || t("parts.down")} />`,
      )}</ul>
      ${!trunks.length && html`<p class="faint">${t("parts.no_trunks")}</p>`}
    </section>
    <section>
      <h2>${t("parts.phones")}</h2>
      <ul>${phones.map(
        (phone) => html`<${Part} key=${phone.number} name="${phone.number} ${phone.name}" up=${phone.registered}
        words=${t(!phone.registered ? "phone.away" : phone.in_call ? "phone.in_call" : "phone.free")} />`,
      )}</ul>
      ${!phones.length && html`<p class="faint">${t("parts.no_phones")}</p>`}
    </section>
    <section>
      <h2>${t("parts.box")}</h2>
      <ul>${workers.map(
        (worker) => html`<${Part} key=${worker.id} name=${worker.id} up=${worker.up}
        words=${worker.up ? t("parts.legs", { n: worker.legs }) : t("parts.down")} />`,
      )}</ul>
      ${
        box &&
        html`<dl class="facts">
        <div><dt>${t("parts.version")}</dt><dd>${box.version}</dd></div>
        <div><dt>${t("parts.started")}</dt><dd>${dateTime(box.started_at)}</dd></div>
        <div><dt>${t("parts.contacts_today")}</dt><dd class="figures">${number(box.contacts_today)}</dd></div>
        ${box.recordings_free_bytes > 0 &&
          html`<div><dt>${t("parts.free")}</dt><dd class="figures">${t("parts.gib", { n: box.recordings_free_bytes / 2 ** 30 })}</dd></div>`}
      </dl>`
      }
    </section>
  </div>`;
}
