// An offered contact: draws attention to it on every page, tells the brain that its card is drawn (the phone rings
// after that), and shows a strip with the essentials while the person looks at another page than the panel.

import { announce } from "../base/announce.js";
import { boot } from "../base/boot.js";
import { Elapsed } from "../base/clock.js";
import { t } from "../base/i18n.js";
import { startRinging, stopRinging } from "../base/notify.js";
import { html, useEffect } from "../base/preact.js";
import { order } from "../base/socket.js";
import { queueName, useLive } from "../base/tree.js";
import { Icon } from "../parts/icon.js";
import { whoIs } from "../parts/who.js";
import { AnswerButtons } from "./answer.js";

/** The person's own state and the contact offered now; {} when there is none. */
export function useOffer() {
  const me = useLive((tree) => tree.get(`agent/${boot.user}`));
  const id = me?.state === "offered" ? me.contact : null;
  const contact = useLive((tree) => (id ? tree.get(`contact/${id}`) : undefined));
  return contact ? { me, contact } : {};
}

/** After the card was painted once for this offer: say so, so that the phone may ring. */
export function useCardShown(me, contact) {
  const offer = me?.state === "offered" && contact ? `${contact.id} ${me.since}` : "";
  useEffect(() => {
    if (!offer) return undefined;
    let told = false;
    const hidden = document.hidden;
    const tell = () => {
      if (told) return;
      told = true;
      // refused when the caller has just gone: the next change of the tree says so
      order("offer.card_shown", { contact: contact.id }).catch(() => {});
    };
    // A hidden page is not painted and gets no frame: the card stands in the document, that is all that can be done.
    const frame = hidden ? setTimeout(tell, 0) : requestAnimationFrame(() => requestAnimationFrame(tell));
    const limit = setTimeout(tell, 150);
    return () => {
      clearTimeout(limit);
      if (hidden) clearTimeout(frame);
      else cancelAnimationFrame(frame);
    };
  }, [offer]);
}

/** Rendered once by the shell, on every page. `onPanel`: the full card is on this page. */
export function OfferWatch({ onPanel }) {
  const { me, contact } = useOffer();
  useCardShown(onPanel ? undefined : me, contact);
  useEffect(() => {
    if (!contact) return undefined;
    const who = whoIs(contact);
    startRinging(who);
    announce(t("offer.announced", { who, queue: contact.queue ? queueName(contact.queue) : "" }), "assertive");
    return stopRinging;
  }, [contact?.id, me?.since]);
  if (!contact || onPanel) return null;
  return html`<aside class="offer-strip" aria-label=${t("offer.label")}>
    <${Icon} name="bell" />
    <p>
      <strong>${whoIs(contact)}</strong>
      ${contact.queue && html`<span>${queueName(contact.queue)}</span>`}
      <span>${t("card.waiting")} <${Elapsed} since=${contact.queued_at ?? contact.opened_at} /></span>
    </p>
    <${AnswerButtons} me=${me} contact=${contact} />
    <a class="action" href="/">${t("offer.open_card")}</a>
  </aside>`;
}
