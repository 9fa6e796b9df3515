// The frame of every page: navigation, the state of the connection, the person's menu, what rings, and short messages.

import { boot, isRole } from "../base/boot.js";
import { t } from "../base/i18n.js";
import { html, useEffect, useRef, useState } from "../base/preact.js";
import { connection, onConnection } from "../base/socket.js";
import { useLive } from "../base/tree.js";
import { OfferWatch } from "../panel/offer.js";
import { Account } from "./account.js";
import { Icon } from "./icon.js";
import { StateTag } from "./state.js";
import { Toasts } from "./toast.js";

/** How long a lost connection may go unmentioned: a reload of the server is over before anybody reads the banner. */
const BANNER_AFTER_MS = 700;
/** How long a page's content may take to arrive. */
const SETTLE_MS = 3000;

function useConnection() {
  const [state, setState] = useState({ ...connection() });
  useEffect(() => onConnection((newest) => setState({ ...newest })), []);
  return state;
}

function ConnectionBanner() {
  const { online, brain, known, outdated } = useConnection();
  const lost = known && (!online || !brain);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) {
      setShown(false);
      return undefined;
    }
    const timer = setTimeout(() => setShown(true), BANNER_AFTER_MS);
    return () => clearTimeout(timer);
  }, [lost]);
  return html`<div role="status" class="connection">${shown &&
    html`<p class="banner"><${Icon} name="alert" />${t(online ? "connection.no_brain" : "connection.lost")}</p>`}
    ${
      outdated &&
      !lost &&
      html`<p class="banner"><${Icon} name="info" />${t("connection.outdated")}
      <button type="button" class="link" onClick=${() => location.reload()}>${t("connection.reload")}</button></p>`
    }</div>`;
}

function navigation(isAgent) {
  return [
    { href: "/", key: "nav.panel", icon: "phone", shown: isAgent || isRole("agent") },
    { href: "/live", key: "nav.live", icon: "desk", shown: isRole("admin", "supervisor", "technician") },
    { href: "/contacts", key: "nav.contacts", icon: "list", shown: !isRole("technician") },
    { href: "/admin", key: "nav.admin", icon: "gear", shown: isRole("admin") },
  ].filter((item) => item.shown);
}

export function Shell({ path, children }) {
  const main = useRef();
  const me = useLive((tree) => tree.get(`agent/${boot.user}`));
  const alarms = useLive((tree) => tree.under("alarm/")).length;
  const first = useRef(true);
  // a new page begins at its heading, for the eyes and for screen readers
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return undefined;
    }
    window.scrollTo(0, 0);
    const toHeading = () => main.current.querySelector("h1")?.focus({ preventScroll: true });
    toHeading();
    // while the page's content is still arriving its heading may be replaced: follow it, unless the person went
    // elsewhere
    const observer = new MutationObserver(() => {
      if (document.activeElement === document.body) toHeading();
    });
    observer.observe(main.current, { childList: true, subtree: true });
    const settled = setTimeout(() => observer.disconnect(), SETTLE_MS);
    return () => {
      clearTimeout(settled);
      observer.disconnect();
    };
  }, [path]);

  const section = (href) =>
    href === "/"
      ? path === "/"
      : path === href || (href === "/live" && path === "/" && !me && !isRole("agent")) || path.startsWith(`${href}/`);
  return html`<a class="skip" href="#main" onClick=${(event) => {
    event.preventDefault();
    main.current.focus();
  }}>${t("nav.skip")}</a>
    <header class="top">
      <a class="brand" href="/" aria-label="Switchroom"><${Icon} name="phone" /><span>Switchroom</span></a>
      <nav aria-label=${t("nav.label")}>${navigation(Boolean(me)).map(
        ({ href, key, icon }) => html`<a key=${href} href=${href} aria-current=${section(href) ? "page" : undefined}>
        <${Icon} name=${icon} /><span>${t(key)}</span>${href === "/live" && alarms > 0 && html`<span class="badge"
          title=${t("alarms.open", { n: alarms })}>${alarms}</span>`}
      </a>`,
      )}</nav>
      <div class="right">
        ${me && path !== "/" && html`<a class="my-state" href="/"
          title=${t("nav.panel")}><${StateTag} agent=${me} /></a>`}
        <${Account} />
      </div>
    </header>
    <${ConnectionBanner} />
    <${OfferWatch} onPanel=${path === "/"} />
    <main id="main" ref=${main} tabindex="-1">${children}</main>
    <${Toasts} />`;
}
