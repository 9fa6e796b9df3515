// The start of every page: catalogue, connection, and which page the address means.

import { boot, isRole } from "./base/boot.js";
import { loadPhrases, t } from "./base/i18n.js";
import { setTitle } from "./base/notify.js";
import { html, render, useEffect, useState } from "./base/preact.js";
import { useLocation } from "./base/router.js";
import { connect, onConnection, connection } from "./base/socket.js";
import { useLive } from "./base/tree.js";
import { Admin } from "./admin/admin.js";
import { KINDS } from "./admin/kinds.js";
import { ContactPage } from "./contacts/contact.js";
import { ContactList } from "./contacts/list.js";
import { LiveView } from "./live/live.js";
import { Panel } from "./panel/panel.js";
import { Shell } from "./parts/shell.js";

/** The page for a path: {title key, view}; undefined when there is none. Who takes no contacts begins with the live view. */
function pageOf(url, isAgent) {
  const [section, first, second] = url.pathname.split("/").slice(1).map(decodeURIComponent);
  if (section === "" && (isAgent || isRole("agent"))) return { title: "nav.panel", view: html`<${Panel} />` };
  if (["", "live"].includes(section) && isRole("admin", "supervisor", "technician"))
    return { title: "nav.live", view: html`<${LiveView} />` };
  if (section === "contacts" && !isRole("technician")) {
    return first
      ? { title: "contacts.contact", view: html`<${ContactPage} key=${first} id=${first} />` }
      : { title: "nav.contacts", view: html`<${ContactList} url=${url} />` };
  }
  if (section === "admin" && isRole("admin") && (!first || first in KINDS)) {
    return { title: first ? `admin.kind.${first}` : "nav.admin", view: html`<${Admin} kind=${first} id=${second} />` };
  }
  return undefined;
}

function Missing() {
  return html`<div class="page empty"><h1 tabindex="-1">${t("error.not_found")}</h1><p><a href="/">${t("error.back")}</a></p></div>`;
}

function App() {
  const url = useLocation();
  const isAgent = useLive((tree) => tree.get(`agent/${boot.user}`) !== undefined);
  const page = pageOf(url, isAgent);
  const [, redraw] = useState(connection().known);
  useEffect(() => onConnection((state) => redraw(state.known)), []);
  useEffect(() => setTitle(t(page?.title ?? "error.not_found")), [url.pathname, page?.title]);
  return html`<${Shell} path=${url.pathname}>${page?.view ?? html`<${Missing} />`}<//>`;
}

await loadPhrases();
connect();
render(html`<${App} />`, document.getElementById("app"));
document.getElementById("app").dataset.user = boot.user;
