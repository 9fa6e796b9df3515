// Logins of the panel: list and form. The password is hashed by the web process; nothing here keeps it.

import { api, useFetched } from "../base/api.js";
import { boot } from "../base/boot.js";
import { languageName, t } from "../base/i18n.js";
import { html, useState } from "../base/preact.js";
import { navigate } from "../base/router.js";
import { Action } from "../parts/action.js";
import { Icon } from "../parts/icon.js";
import { tellDone } from "../parts/toast.js";

const ROLES = ["agent", "supervisor", "admin", "technician"];

function UserForm({ user, done }) {
  const [failure, setFailure] = useState("");
  const fresh = !user;

  async function save(event) {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target));
    setFailure("");
    try {
      await api("PUT", `/api/users/${encodeURIComponent(fields.name)}`, {
        password: fields.password || null,
        role: fields.role,
        language: fields.language,
        create: fresh,
      });
    } catch (refused) {
      setFailure(refused.text);
      return;
    }
    tellDone(t("admin.saved"));
    done();
  }

  async function remove() {
    if (!confirm(t("admin.really_delete"))) return;
    try {
      await api("DELETE", `/api/users/${encodeURIComponent(user.name)}`);
    } catch (refused) {
      setFailure(refused.text);
      return;
    }
    done();
  }

  return html`<p class="crumb"><a href="/admin/user"><${Icon} name="left" />${t("admin.kind.user")}</a></p>
    <header class="page-head"><h1 tabindex="-1">${fresh ? t("admin.new.user") : user.name}</h1></header>
    <form class="entry" onSubmit=${save}>
      ${failure && html`<p class="failure" role="alert">${failure}</p>`}
      <div class="field"><label for="user-name">${t("admin.user.name")}</label><div class="control">
        <input id="user-name" name="name" required maxlength="32" value=${user?.name ?? ""} readonly=${!fresh}
          autocomplete="off" pattern="[a-z0-9][a-z0-9._\\-]*" />
        <p class="hint">${t("admin.user.name.help")}</p></div></div>
      <div class="field"><label for="user-role">${t("admin.user.role")}</label><div class="control">
        <select id="user-role" name="role">${ROLES.map((role) => html`<option value=${role}
          selected=${role === (user?.role ?? "agent")}>${t(`role.${role}`)}</option>`)}</select>
        <p class="hint">${t("admin.user.role.help")}</p></div></div>
      <div class="field"><label for="user-language">${t("account.language")}</label><div class="control">
        <select id="user-language" name="language">${boot.languages.map((code) => html`<option value=${code}
          selected=${code === (user?.language ?? boot.language)}>${languageName(code)}</option>`)}</select></div></div>
      <div class="field"><label for="user-password">${t("login.password")}</label><div class="control">
        <input id="user-password" name="password" type="password" required=${fresh} minlength="8" maxlength="256"
          autocomplete="new-password"
          placeholder=${fresh ? "" : t("admin.secret.unchanged")} />
        <p class="hint">${t("account.password_rules")}</p></div></div>
      <div class="buttons">
        <${Action} type="submit" label=${t("common.save")} icon="check" tone="main" />
        <${Action} label=${t("common.cancel")} run=${done} />
        ${!fresh && user.name !== boot.user && html`<span class="spring"></span><${Action} label=${t("admin.delete")}
          icon="cross" tone="danger" run=${remove} />`}
      </div>
    </form>`;
}

export function Users({ id }) {
  const [again, setAgain] = useState(0);
  const { data, failure } = useFetched("/api/users", again);
  if (failure)
    return html`<h1 tabindex="-1">${t("admin.kind.user")}</h1><p class="failure" role="alert">${failure.text}</p>`;
  if (!data)
    return html`<h1 tabindex="-1">${t("admin.kind.user")}</h1><p class="faint" role="status">${t("common.loading")}</p>`;
  const user = data.find((other) => other.name === id);
  if (id && (id === "new" || user)) {
    return html`<${UserForm} key=${id} user=${user} done=${() => {
      setAgain(again + 1);
      navigate("/admin/user");
    }} />`;
  }
  return html`<header class="page-head">
      <h1 tabindex="-1">${t("admin.kind.user")}</h1>
      <a class="action main" href="/admin/user/new">${t("admin.add")}</a>
    </header>
    <p class="hint">${t("admin.kind.user.help")}</p>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("admin.kind.user")}><table class="wide rows">
      <thead><tr><th scope="col">${t("admin.user.name")}</th><th scope="col">${t("admin.user.role")}</th><th scope="col">${t("account.language")}</th></tr></thead>
      <tbody>${data.map(
        (row) => html`<tr key=${row.name}>
        <th scope="row"><a class="whole-row" href="/admin/user/${encodeURIComponent(row.name)}">${row.name}</a></th>
        <td>${t(`role.${row.role}`)}</td><td>${languageName(row.language)}</td>
      </tr>`,
      )}</tbody>
    </table></div>`;
}
