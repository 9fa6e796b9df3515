// The scratch pad of a contact. Saved to the brain shortly after each pause in typing, and without one every two seconds;
// until the brain has said it is safe, the text also stands in this browser, so a reload, a lost connection or a restart
// loses nothing. Follows the contact on a transfer.

import { t } from "../base/i18n.js";
import { useShortcut } from "../base/keys.js";
import { html, useEffect, useRef, useState } from "../base/preact.js";
import { onConnection, order } from "../base/socket.js";

const PAUSE_MS = 600;
const LONGEST_MS = 2000;
const RETRY_MS = 3000;
const MAX_LENGTH = 20_000;
const KEPT_MS = 2 * 86_400_000;
const PREFIX = "note:";

const kept = (id) => {
  const text = localStorage.getItem(PREFIX + id);
  return text === null ? null : JSON.parse(text);
};

/** Unsaved texts of contacts that are long over. */
export function forgetOldNotes() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && Date.now() - JSON.parse(localStorage.getItem(key)).at > KEPT_MS)
      localStorage.removeItem(key);
  }
}

/** On logging out nothing of customers may stay in a shared browser. */
export function forgetAllNotes() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}

export function Notes({ contact }) {
  const draft = kept(contact.id);
  const [text, setText] = useState(draft?.text ?? contact.note);
  const [state, setState] = useState(draft ? "typing" : "saved"); // typing, saving, saved, failed
  const newest = useRef({ text, dirty: draft !== null });
  const unsavedSince = useRef(0);
  const timer = useRef();
  const area = useRef();
  useShortcut("KeyN", () => area.current.focus());

  async function save() {
    clearTimeout(timer.current);
    unsavedSince.current = 0;
    if (!newest.current.dirty) return;
    const sent = newest.current.text;
    setState("saving");
    try {
      await order("contact.save_note", { contact: contact.id, text: sent });
    } catch (failure) {
      setState("failed");
      if (["offline", "connection_lost", "no_answer", "unreachable"].includes(failure.code))
        timer.current = setTimeout(save, RETRY_MS);
      return;
    }
    if (newest.current.text !== sent) return; // typed on: another save is due
    newest.current.dirty = false;
    localStorage.removeItem(PREFIX + contact.id);
    setState("saved");
  }

  function onInput(event) {
    const value = event.target.value.slice(0, MAX_LENGTH);
    newest.current = { text: value, dirty: true };
    localStorage.setItem(PREFIX + contact.id, JSON.stringify({ text: value, at: Date.now() }));
    setText(value);
    setState("typing");
    clearTimeout(timer.current);
    unsavedSince.current ||= Date.now();
    timer.current = setTimeout(save, Math.max(0, Math.min(PAUSE_MS, unsavedSince.current + LONGEST_MS - Date.now())));
  }

  // Somebody else wrote (a colleague before the transfer): take it, unless there is something unsaved here.
  useEffect(() => {
    if (newest.current.dirty || contact.note === newest.current.text) return;
    newest.current.text = contact.note;
    setText(contact.note);
  }, [contact.note]);

  useEffect(() => {
    if (newest.current.dirty) save();
    const stop = onConnection((connection) => connection.online && newest.current.dirty && save());
    return () => {
      stop();
      save();
    };
  }, []);

  return html`<section class="notes">
    <h3><label for="notes">${t("notes.title")}</label></h3>
    <textarea id="notes" ref=${area} rows="8" maxlength=${MAX_LENGTH} value=${text}
      placeholder=${t("notes.placeholder")}
      aria-keyshortcuts="Alt+N" aria-describedby="notes-state" onInput=${onInput} onBlur=${save}></textarea>
    <p id="notes-state" class="hint ${state}" role="status">${t(`notes.${state}`)}</p>
  </section>`;
}
