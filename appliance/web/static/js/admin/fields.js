// One form field: label, control, help, and the fault at it. Values go up through `change(value)`; nothing is saved
// here.

import { hasPhrase, list, t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { Destination, Holidays, Languages, Openings, toggled } from "./compound_fields.js";
import { isOf, wordsAt } from "./faults.js";

const REGIONS = new Intl.DisplayNames(document.documentElement.lang, { type: "region", fallback: "none" });
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const NOT_COUNTRIES = ["EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"];
let countries = null;

/** [code, name] of every country the browser can name, in the order of the page's language. */
export function allCountries() {
  countries ??= LETTERS.flatMap((a) => LETTERS.map((b) => a + b))
    .filter((code) => REGIONS.of(code) && !NOT_COUNTRIES.includes(code))
    .map((code) => [code, REGIONS.of(code)])
    .sort((a, b) => a[1].localeCompare(b[1]));
  return countries;
}

const optionWords = (kind, name, option) =>
  hasPhrase(`admin.${kind}.${name}.${option}`) ? t(`admin.${kind}.${name}.${option}`) : t(`${name}.${option}`);

function Options({ options, value, empty }) {
  return [
    empty !== undefined && html`<option value="" selected=${!value}>${empty}</option>`,
    ...options.map(([id, words]) => html`<option key=${id} value=${id} selected=${id === value}>${words}</option>`),
    value && !options.some(([id]) => id === value) && html`<option value=${value} selected>${value}</option>`,
  ];
}

/** [id, words] of entries another field may refer to. */
function references(directory, place) {
  return (directory[place] ?? []).map((entry) => {
    const id = entry.id ?? entry.number;
    return [id, entry.name && entry.name !== id ? `${id} · ${entry.name}` : id];
  });
}

const CONTROLS = {
  text: ({
    field,
    value,
    change,
    common,
    fresh,
  }) => html`<input ...${common} value=${value ?? ""} maxlength="200" inputmode=${field.inputmode}
    required=${field.required} readonly=${field.isId && !fresh} autocomplete="off"
      onInput=${(event) => change(event.target.value)} />`,
  number: ({
    field,
    value,
    change,
    common,
  }) => html`<span class="with-unit"><input ...${common} type="number" value=${value} min=${field.min} max=${field.max}
    step=${field.whole ? 1 : "any"} required
      onInput=${(event) => change(event.target.value === "" ? null : Number(event.target.value))} />
    ${field.unit && html`<span class="unit">${t(field.unit)}</span>`}</span>`,
  check: ({ value, change, common }) =>
    html`<input ...${common} type="checkbox" checked=${value} onChange=${(event) => change(event.target.checked)} />`,
  choice: ({
    kind,
    field,
    value,
    change,
    common,
  }) => html`<select ...${common} onChange=${(event) => change(event.target.value)}>
    <${Options} options=${field.options.map((option) => [option, optionWords(kind, field.name, option)])}
      value=${value} /></select>`,
  ref: ({
    field,
    value,
    change,
    common,
    directory,
  }) => html`<select ...${common} required=${field.required}
    onChange=${(event) => change(event.target.value || (field.optional ? null : ""))}>
    <${Options} options=${references(directory, field.to)}
      value=${value} empty=${field.optional ? t("admin.none") : field.required && !value ? t("admin.choose") : undefined} /></select>`,
  refs: ({
    field,
    value,
    change,
    directory,
    common,
  }) => html`<div class="checks" role="group" aria-labelledby="${common.id}-label">
    ${references(directory, field.to).map(
      ([id, words]) => html`<label key=${id}><input type="checkbox" checked=${value.includes(id)}
      onChange=${(event) => change(event.target.checked ? [...value, id] : value.filter((other) => other !== id))} /> ${words}</label>`,
    )}
    ${!references(directory, field.to).length && html`<span class="faint">${t("admin.none_yet")}</span>`}</div>`,
  checks: ({
    kind,
    field,
    value,
    change,
    common,
  }) => html`<div class="checks" role="group" aria-labelledby="${common.id}-label">
    ${field.options.map(
      (option) => html`<label key=${option}><input type="checkbox" checked=${value.includes(option)}
      onChange=${(event) => change(toggled(field.options, value, option, event.target.checked))} />
      ${" "}${optionWords(kind, field.name, option)}</label>`,
    )}</div>`,
  lines: ({
    value,
    change,
    common,
  }) => html`<textarea ...${common} rows=${Math.max(3, value.length + 1)} value=${value.join("\n")}
    onChange=${(event) =>
      change(
        event.target.value
          .split("\n")
          .map((line) => line.trim())
          .filter(Boolean),
      )}></textarea>`,
  country: ({
    field,
    value,
    change,
    common,
  }) => html`<select ...${common} onChange=${(event) => change(event.target.value)}>
    <${Options} options=${allCountries()}
      value=${value} empty=${field.optional ? t("admin.none") : undefined} /></select>`,
  zone: ({
    value,
    change,
    common,
  }) => html`<input ...${common} value=${value} list="zones" required autocomplete="off"
    onInput=${(event) => change(event.target.value)} />
    <datalist id="zones">${Intl.supportedValuesOf("timeZone").map((zone) => html`<option
      value=${zone} />`)}</datalist>`,
  languages: (props) => html`<${Languages} ...${props} />`,
  destination: (props) => html`<${Destination} ...${props} references=${references} />`,
  openings: (props) => html`<${Openings} ...${props} />`,
  holidays: (props) => html`<${Holidays} ...${props} />`,
};

const GROUPS = ["refs", "checks", "languages", "destination", "openings", "holidays"];

export function Field({ kind, field, value, change, directory, faults, fresh }) {
  const id = `field-${field.name}`;
  const own = faults.filter((fault) => isOf(fault, field.name));
  const helpKey = `admin.${kind}.${field.name}.help`;
  const help = hasPhrase(helpKey) ? t(helpKey) : "";
  const common = {
    id,
    name: field.name,
    "aria-describedby": [help && `${id}-help`, own.length && `${id}-fault`].filter(Boolean).join(" ") || undefined,
    "aria-invalid": own.length ? "true" : undefined,
  };
  const label = t(`admin.${kind}.${field.name}`);
  const isGroup = GROUPS.includes(field.type);
  const control = html`<${CONTROLS[field.type]} kind=${kind} field=${field} value=${value} change=${change}
    directory=${directory} common=${common} fresh=${fresh} label=${label} />`;
  return html`<div class="field ${field.type} ${own.length ? "faulty" : ""}" data-field=${field.name}>
    ${isGroup ? html`<span class="label" id="${id}-label">${label}</span>` : html`<label for=${id}>${label}</label>`}
    <div class="control">${control}
      ${own.length > 0 && html`<p class="failure" id="${id}-fault">${list(own.map((fault) => wordsAt(fault, field.name)))}</p>`}
      ${help && html`<p class="hint" id="${id}-help">${help}</p>`}
    </div>
  </div>`;
}
