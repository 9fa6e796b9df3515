// What the box says to callers, per language. An own text replaces ours; empty brings ours back.

import { api } from "../base/api.js";
import { language as own, languageName, t } from "../base/i18n.js";
import { html, useState } from "../base/preact.js";
import { Action } from "../parts/action.js";
import { tellDone, tellFailure } from "../parts/toast.js";

function Sentence({ id, text, language, isOwn, reload }) {
  const [value, setValue] = useState(text);
  const [failure, setFailure] = useState("");
  const changed = value !== text;
  async function save(next) {
    setFailure("");
    try {
      await api("PUT", `/api/sentences/${language}/${encodeURIComponent(id)}`, { text: next });
    } catch (refused) {
      setFailure(refused.text);
      return;
    }
    tellDone(t("admin.saved"));
    reload();
  }
  const restore = () => save("").catch(tellFailure);
  return html`<div class="field sentence">
    <label for="sentence-${id}"><code>${id}</code></label>
    <div class="control">
      <textarea id="sentence-${id}" rows="2" lang=${language}
        value=${value} maxlength="2000" aria-invalid=${failure ? "true" : undefined}
        onInput=${(event) => setValue(event.target.value)}></textarea>
      ${failure && html`<p class="failure" role="alert">${failure}</p>`}
      <span class="row">
        ${changed && html`<${Action} label=${t("common.save")} icon="check" tone="main" run=${() => save(value)} />`}
        ${isOwn && html`<${Action} label=${t("admin.sentence.restore")} run=${restore} />`}
      </span>
    </div>
  </div>`;
}

export function Sentences({ directory, reload }) {
  const languages = Object.keys(directory.sentences);
  const [language, setLanguage] = useState(languages.includes(own) ? own : (languages[0] ?? "en"));
  const [words, setWords] = useState("");
  const wanted = words.trim().toLocaleLowerCase();
  const rows = Object.entries(directory.sentences[language] ?? {})
    .filter(([id, text]) => `${id} ${text}`.toLocaleLowerCase().includes(wanted))
    .sort(([a], [b]) => a.localeCompare(b));
  return html`<header class="page-head"><h1 tabindex="-1">${t("admin.kind.sentence")}</h1></header>
    <p class="hint">${t("admin.kind.sentence.help")}</p>
    <div class="filters">
      <label>${t("account.language")}<select onChange=${(event) => setLanguage(event.target.value)}>
        ${languages.map((code) => html`<option value=${code}
          selected=${code === language}>${languageName(code)}</option>`)}</select></label>
      <label class="wide">${t("contacts.search")}<input type="search" value=${words}
        onInput=${(event) => setWords(event.target.value)} /></label>
    </div>
    ${rows.map(([id, text]) => html`<${Sentence} key=${`${language}/${id}/${text}`} id=${id} text=${text} language=${language}
      isOwn=${directory.own_sentences.includes(`${language}/${id}`)} reload=${reload} />`)}
    ${!rows.length && html`<p class="empty">${t("contacts.nothing")}</p>`}`;
}
