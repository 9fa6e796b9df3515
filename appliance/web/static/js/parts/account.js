// The person's menu: language, looks, sound, shortcuts, password, logging out.

import { api } from "../base/api.js";
import { boot } from "../base/boot.js";
import { language, t } from "../base/i18n.js";
import { keyLabel, shortcutsOn, switchShortcuts, useShortcut } from "../base/keys.js";
import { notificationsOn, soundOn, switchNotifications, switchSound } from "../base/notify.js";
import { html, useState } from "../base/preact.js";
import { leave } from "../base/socket.js";
import { forgetAllNotes } from "../panel/notes.js";
import { Action } from "./action.js";
import { Dialog } from "./dialog.js";
import { Menu } from "./menu.js";
import { tellDone, tellFailure } from "./toast.js";

const THEMES = ["auto", "light", "dark"];

/** Looks are kept in the browser and applied by theme.js before anything is drawn. */
function setTheme(theme) {
  localStorage.setItem("theme", theme);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

const SHORTCUTS = [
  ["KeyR", "state_bar.ready"],
  ["KeyP", "state_bar.pause"],
  ["KeyO", "keys.shift"],
  ["KeyA", "answer.answer"],
  ["KeyJ", "answer.decline"],
  ["KeyH", "keys.hold"],
  ["KeyM", "keys.mute"],
  ["KeyT", "toolbar.transfer"],
  ["KeyI", "keys.consult"],
  ["KeyB", "consult.back"],
  ["KeyK", "keys.record"],
  ["KeyX", "toolbar.hang_up"],
  ["KeyN", "notes.title"],
  ["KeyW", "keys.finish"],
  ["KeyC", "dial.title"],
  ["Slash", "keys.title"],
];

function Keys({ close }) {
  const [on, setOn] = useState(shortcutsOn());
  return html`<${Dialog} title=${t("keys.title")} close=${close}>
    <table class="keys"><tbody>
      ${SHORTCUTS.map(([code, key]) => html`<tr key=${code}><th scope="row"><kbd>${keyLabel(code)}</kbd></th><td>${t(key)}</td></tr>`)}
      <tr><th scope="row"><kbd>1</kbd>–<kbd>9</kbd></th><td>${t("keys.dispositions")}</td></tr>
    </tbody></table>
    <label class="switch"><input data-first type="checkbox" checked=${on} onChange=${(event) => {
      switchShortcuts(event.target.checked);
      setOn(event.target.checked);
    }} /> ${t("keys.on")}</label>
  <//>`;
}

function Password({ close }) {
  const [failure, setFailure] = useState("");
  async function save(event) {
    event.preventDefault();
    const { old, fresh, again } = Object.fromEntries(new FormData(event.target));
    if (fresh !== again) {
      setFailure(t("account.passwords_differ"));
      return;
    }
    try {
      await api("POST", "/api/me/password", { old, new: fresh });
    } catch (refused) {
      setFailure(refused.text);
      return;
    }
    tellDone(t("account.password_changed"));
    setTimeout(() => location.reload(), 1200); // this page's token belongs to the session that has just ended
  }
  return html`<${Dialog} title=${t("account.password")} close=${close}>
    <form class="stack" onSubmit=${save}>
      <input type="hidden" autocomplete="username" value=${boot.user} />
      <label>${t("account.old_password")}<input data-first name="old" type="password" required
        autocomplete="current-password" /></label>
      <label>${t("account.new_password")}<input name="fresh" type="password" required minlength="8" maxlength="256"
        autocomplete="new-password" /></label>
      <label>${t("account.again")}<input name="again" type="password" required autocomplete="new-password" /></label>
      <p class="hint">${t("account.password_rules")}</p>
      ${failure && html`<p class="failure" role="alert">${failure}</p>`}
      <div class="buttons"><${Action} type="submit" label=${t("common.save")} icon="check"
        tone="main" /><${Action} label=${t("common.cancel")} run=${close} /></div>
    </form>
  <//>`;
}

function Settings({ close }) {
  const [theme, setThemeState] = useState(localStorage.getItem("theme") ?? "auto");
  const [sound, setSound] = useState(soundOn());
  const [notifications, setNotifications] = useState(notificationsOn());
  const choose = (event) => {
    setTheme(event.target.value);
    setThemeState(event.target.value);
  };
  const speak = async (event) => {
    try {
      await api("POST", "/api/me/language", { language: event.target.value });
      location.reload();
    } catch (refused) {
      tellFailure(refused);
    }
  };
  return html`<${Dialog} title=${t("account.settings")} close=${close}>
    <div class="stack">
      <label>${t("account.language")}<select data-first onChange=${speak}>
        ${boot.languages.map((code) => html`<option value=${code} lang=${code}
          selected=${code === language}>${boot.languageNames[code]}</option>`)}</select></label>
      <label>${t("account.looks")}<select onChange=${choose}>
        ${THEMES.map((name) => html`<option value=${name}
          selected=${name === theme}>${t(`account.looks_${name}`)}</option>`)}</select></label>
      <label class="switch"><input type="checkbox" checked=${sound} onChange=${(event) => {
        switchSound(event.target.checked);
        setSound(event.target.checked);
      }} /> ${t("account.sound")}</label>
      <label class="switch"><input type="checkbox" checked=${notifications}
        onChange=${async (event) => setNotifications(await switchNotifications(event.target.checked))} /> ${t("account.notifications")}</label>
      <div class="buttons"><${Action} label=${t("common.close")} icon="check" tone="main" run=${close} /></div>
    </div>
  <//>`;
}

function logOut() {
  leave();
  forgetAllNotes();
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/logout";
  const token = document.createElement("input");
  token.name = "csrf";
  token.value = boot.csrf;
  form.append(token);
  document.body.append(form);
  form.submit();
}

export function Account() {
  const [open, setOpen] = useState("");
  useShortcut("Slash", () => setOpen("keys"));
  const close = () => setOpen("");
  return html`<${Menu} label=${boot.user} icon="user" name=${t("account.menu", { user: boot.user })} alignRight
    choices=${[
    { label: t("account.settings"), icon: "gear", run: () => setOpen("settings") },
    { label: t("keys.title"), icon: "keyboard", run: () => setOpen("keys") },
    { label: t("account.password"), icon: "user", run: () => setOpen("password") },
    { divider: true },
    { label: t("account.log_out"), icon: "off", run: logOut },
  ]} />
    ${open === "keys" && html`<${Keys} close=${close} />`}
    ${open === "password" && html`<${Password} close=${close} />`}
    ${open === "settings" && html`<${Settings} close=${close} />`}`;
}
