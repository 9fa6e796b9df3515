// Pages without reloading, so that the panel's connection and an offered contact survive a look at the history.
// Every path is also served by the server, so links, reload and bookmarks work.

import { useEffect, useState } from "./preact.js";

const watchers = new Set();
let mayLeave = () => true;

/** Forms with unsaved changes ask before the page is left. Returns the way to stop asking. */
export function guardLeaving(question) {
  mayLeave = question;
  return () => {
    mayLeave = () => true;
  };
}

/** Go to a page of ours. `ask` false: what was changed is saved, or thrown away on purpose. */
export function navigate(path, { replace = false, ask = true } = {}) {
  if (ask && !replace && !mayLeave()) return;
  history[replace ? "replaceState" : "pushState"](null, "", path);
  for (const watcher of [...watchers]) watcher();
}

/** The current path and query; re-renders when they change. */
export function useLocation() {
  const [place, setPlace] = useState(location.pathname + location.search);
  useEffect(() => {
    const watcher = () => setPlace(location.pathname + location.search);
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, []);
  return new URL(place, location.origin);
}

addEventListener("popstate", () => {
  for (const watcher of [...watchers]) watcher();
});

// Plain links to our own pages become navigation; new tabs, downloads and other sites stay as they are.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
  if (link.pathname.startsWith("/api/") || link.pathname === "/login" || link.hash) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
});
