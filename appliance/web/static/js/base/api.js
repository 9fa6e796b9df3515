// REST: JSON in, JSON out; changing requests carry the session's token. Refusals are `Refused`, as with orders.

import { boot } from "./boot.js";
import { t } from "./i18n.js";
import { useEffect, useState } from "./preact.js";
import { Refused } from "./socket.js";

/** Ask the server, e.g. api("PUT", "/api/directory/queue/sales", body). */
export async function api(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": boot.csrf },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch {
    throw new Refused("offline", t("failure.offline"));
  }
  if (response.status === 401) {
    location.assign(`/login?ended=1&next=${encodeURIComponent(location.pathname)}`);
    return new Promise(() => {});
  }
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.code, answer.text);
  return answer;
}

/** Fetch `path` whenever it changes (or `again` does); {data, failure, loading}. `null`: fetch nothing. */
export function useFetched(path, again = 0) {
  const [result, setResult] = useState({ loading: true });
  useEffect(() => {
    let current = true;
    if (path === null) {
      setResult({ loading: false });
      return undefined;
    }
    setResult((before) => ({ ...before, loading: true }));
    api("GET", path).then(
      (data) => current && setResult({ data, loading: false }),
      (failure) => current && setResult({ failure, loading: false }),
    );
    return () => {
      current = false;
    };
  }, [path, again]);
  return result;
}
