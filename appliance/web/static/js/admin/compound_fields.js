// Form fields of several parts: languages with a default, where a call goes, opening hours, holidays.

import { boot } from "../base/boot.js";
import { language, languageName, t } from "../base/i18n.js";
import { html } from "../base/preact.js";
import { Action } from "../parts/action.js";

/** Callers' languages: which, and which one is the first. */
export function Languages({ value, change, common }) {
  const set = (code, on) => change(on ? [...value, code] : value.filter((other) => other !== code));
  return html`<div class="checks" role="group" aria-labelledby="${common.id}-label">
    ${boot.languages.map(
      (code) => html`<span class="pair" key=${code}>
      <label><input type="checkbox" checked=${value.includes(code)}
        onChange=${(event) => set(code, event.target.checked)} /> ${languageName(code)}</label>
      ${
        value.includes(code) &&
        html`<label class="faint"><input type="radio" name="default-language" checked=${value[0] === code}
        onChange=${() => change([code, ...value.filter((other) => other !== code)])} /> ${t("admin.site.default_language")}</label>`
      }
    </span>`,
    )}
  </div>`;
}

const DESTINATIONS = { flow: "flows", queue: "queues", extension: "extensions", number: null, hang_up: null };

/** Where a call goes next, and what is said before. */
export function Destination({ field, value, change, directory, common, references, label }) {
  if (value === null) {
    return html`<div class="row" role="group" aria-labelledby="${common.id}-label">
      <span class="faint">${t(`admin.queue.${field.name}.wait`)}</span>
      <${Action} label=${t("admin.destination.set")} icon="plus"
        run=${() => change({ kind: "hang_up", target: "", sentence: "" })} /></div>`;
  }
  const set = (part) => change({ ...value, ...part });
  const place = DESTINATIONS[value.kind];
  const texts = directory.sentences?.[language] ?? directory.sentences?.en ?? {};
  const sentences = Object.keys(texts);
  return html`<div class="row" role="group" aria-labelledby="${common.id}-label">
    <select id=${common.id} aria-label="${label}: ${t("admin.destination.kind")}"
      onChange=${(event) => set({ kind: event.target.value, target: "" })}>
      ${Object.keys(DESTINATIONS).map((kind) => html`<option value=${kind}
        selected=${kind === value.kind}>${t(`admin.destination.${kind}`)}</option>`)}
    </select>
    ${
      place &&
      html`<select aria-label="${label}: ${t("admin.destination.target")}"
        onChange=${(event) => set({ target: event.target.value })}>
      <option value="" selected=${!value.target}>${t("admin.choose")}</option>
      ${references(directory, place).map(([id, words]) => html`<option value=${id}
        selected=${id === value.target}>${words}</option>`)}
    </select>`
    }
    ${value.kind === "number" && html`<input type="tel" aria-label="${label}: ${t("admin.destination.target")}"
      value=${value.target} onInput=${(event) => set({ target: event.target.value })} />`}
    <label class="said-before">${t("admin.destination.sentence")}
      <input aria-label="${label}: ${t("admin.destination.sentence")}"
        value=${value.sentence} list="${common.id}-sentences"
        onInput=${(event) => set({ sentence: event.target.value })} /></label>
    <datalist id="${common.id}-sentences">${sentences.map((key) => html`<option value=${key} />`)}</datalist>
    ${field.optional && html`<${Action} label=${t("admin.destination.clear")} icon="cross" small
      run=${() => change(null)} />`}
    ${texts[value.sentence] && html`<q class="hint said">${texts[value.sentence]}</q>`}
  </div>`;
}

/** `chosen` with `one` in or out of it, in the order of `all`. */
export const toggled = (all, chosen, one, on) => all.filter((other) => (other === one ? on : chosen.includes(other)));

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const dayFormat = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" });
/** 2024-01-01 was a Monday. */
const dayName = (day) => dayFormat.format(Date.UTC(2024, 0, 1 + DAYS.indexOf(day)));
const toInput = (time) => (time ?? "").slice(0, 5);
const fromInput = (time) => (time ? `${time}:00` : null);

/** Weekly opening hours: stretches of days and times. */
export function Openings({ value, change, common }) {
  const set = (index, part) =>
    change(value.map((opening, other) => (other === index ? { ...opening, ...part } : opening)));
  return html`<div class="stacked" role="group" aria-labelledby="${common.id}-label">
    ${value.map(
      (opening, index) => html`<div class="row" key=${index}>
      <span class="checks" role="group" aria-label=${t("admin.schedule.days")}>${DAYS.map(
        (day) => html`<label class="day"><input type="checkbox" checked=${opening.days.includes(day)}
        onChange=${(event) => set(index, { days: toggled(DAYS, opening.days, day, event.target.checked) })} />
        ${dayName(day)}</label>`,
      )}</span>
      <input type="time" required aria-label=${t("admin.schedule.opens")} value=${toInput(opening.opens)}
        onChange=${(event) => set(index, { opens: fromInput(event.target.value) })} />
      <span aria-hidden="true">–</span>
      <input type="time" required aria-label=${t("admin.schedule.closes")} value=${toInput(opening.closes)}
        onChange=${(event) => set(index, { closes: fromInput(event.target.value) })} />
      <${Action} label=${t("admin.remove_row")} icon="cross" small
        run=${() => change(value.filter((_, other) => other !== index))} />
    </div>`,
    )}
    <${Action} label=${t("admin.schedule.add_opening")} icon="plus"
      run=${() => change([...value, { days: [], opens: "09:00:00", closes: "17:00:00" }])} />
  </div>`;
}

/** Own holidays: a day, its name, and hours when it is open for some. */
export function Holidays({ value, change, common }) {
  const set = (index, part) =>
    change(value.map((holiday, other) => (other === index ? { ...holiday, ...part } : holiday)));
  return html`<div class="stacked" role="group" aria-labelledby="${common.id}-label">
    ${value.map(
      (holiday, index) => html`<div class="row" key=${index}>
      <input type="date" required aria-label=${t("admin.schedule.date")} value=${holiday.date}
        onChange=${(event) => set(index, { date: event.target.value })} />
      <input aria-label=${t("admin.schedule.holiday_name")} placeholder=${t("admin.schedule.holiday_name")}
        value=${holiday.name} onInput=${(event) => set(index, { name: event.target.value })} />
      <input type="time" aria-label=${t("admin.schedule.opens")} value=${toInput(holiday.opens)}
        onChange=${(event) => set(index, { opens: fromInput(event.target.value) })} />
      <span aria-hidden="true">–</span>
      <input type="time" aria-label=${t("admin.schedule.closes")} value=${toInput(holiday.closes)}
        onChange=${(event) => set(index, { closes: fromInput(event.target.value) })} />
      <${Action} label=${t("admin.remove_row")} icon="cross" small
        run=${() => change(value.filter((_, other) => other !== index))} />
    </div>`,
    )}
    <${Action} label=${t("admin.schedule.add_holiday")} icon="plus"
      run=${() => change([...value, { date: "", name: "", opens: null, closes: null }])} />
  </div>`;
}
