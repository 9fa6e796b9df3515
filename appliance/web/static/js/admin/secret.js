// The password of a phone or a trunk: made here or typed, sent once, kept only as a hash (trunks: by the store),
// never shown again.

import { t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { Action } from "../parts/action.js";
import { tellDone } from "../parts/toast.js";

/** No characters that are mistaken for each other when they are typed into a phone. */
const LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const LENGTH = 16;

function generate() {
  let secret = "";
  while (secret.length < LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(LENGTH))) {
      // bytes beyond the last whole multiple are thrown away: every letter is equally likely
      if (byte < 256 - (256 % LETTERS.length) && secret.length < LENGTH) secret += LETTERS[byte % LETTERS.length];
    }
  }
  return secret;
}

export function SecretField({ kind, generated, fresh, value, change }) {
  return html`<div class="field text" data-field="secret">
    <label for="field-secret">${t(`admin.${kind}.secret`)}</label>
    <div class="control">
      <span class="row">
        <input id="field-secret" value=${value} maxlength="128"
          autocomplete="new-password" spellcheck=${false} class="figures"
          type=${generated ? "text" : "password"} placeholder=${fresh ? "" : t("admin.secret.unchanged")}
          aria-describedby="secret-help" onInput=${(event) => change(event.target.value)} />
        ${generated && html`<${Action} label=${t("admin.secret.generate")} icon="plus"
          run=${() => change(generate())} />`}
      </span>
      <p class="hint" id="secret-help">${t(`admin.${kind}.secret.help`)}</p>
    </div>
  </div>`;
}

/** After saving: the one time the password is shown. */
export function SecretShown({ number, secret, done }) {
  const copy = () => navigator.clipboard.writeText(secret).then(() => tellDone(t("admin.secret.copied")));
  return html`<h1 tabindex="-1">${t("admin.secret.title", { number })}</h1>
    <section class="secret-shown">
      <p>${t("admin.secret.once")}</p>
      <dl class="facts">
        <div><dt>${t("admin.extension.number")}</dt><dd class="figures">${number}</dd></div>
        <div><dt>${t("admin.extension.secret")}</dt><dd><code>${secret}</code></dd></div>
      </dl>
      <div class="buttons">
        ${navigator.clipboard && html`<${Action} label=${t("admin.secret.copy")} icon="note" run=${copy} />`}
        <${Action} label=${t("admin.secret.done")} icon="check" tone="main" run=${done} />
      </div>
    </section>`;
}
