// Sentences of the page in the person's language. Plural forms are objects chosen by the value `n` (Intl.PluralRules).
// A missing key is shown as the key itself and reported as an error, so that tests and people notice.

import { boot } from "./boot.js";

export const language = boot.language;
const plurals = new Intl.PluralRules(language);
let phrases = {};

/** Fetch the catalogue. Nothing may be rendered before. */
export async function loadPhrases() {
  const response = await fetch(`${boot.static}/lang/${language}.json`);
  if (!response.ok) throw new Error(`catalogue: HTTP ${response.status}`);
  phrases = await response.json();
}

export const hasPhrase = (key) => key in phrases;

/** The sentence of `key`, its {placeholders} filled from `values`. */
export function t(key, values = {}) {
  let phrase = phrases[key];
  if (phrase === undefined) {
    console.error(`no phrase ${key}`);
    return key;
  }
  if (typeof phrase === "object") {
    phrase = phrase[plurals.select(values.n)] ?? phrase.other;
  }
  return phrase.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number(value) : value;
  });
}

/** The phrase of `key`, or the administrator's own word when it is none of ours (dispositions, pause reasons). */
export const tWord = (prefix, word) => (hasPhrase(prefix + word) ? t(prefix + word) : word);

const numberFormat = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const percentFormat = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
// 24 hours in every language: an office compares times all day
const timeFormat = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const secondsFormat = new Intl.DateTimeFormat(language, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const dateFormat = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const dateTimeFormat = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
const listFormat = new Intl.ListFormat(language, { type: "conjunction" });
const languageNames = new Intl.DisplayNames(language, { type: "language" });

export const number = (value) => numberFormat.format(value);
export const percent = (share) => percentFormat.format(share);
export const clockTime = (at) => timeFormat.format(at * 1000);
export const clockTimeS = (at) => secondsFormat.format(at * 1000);
export const dateTime = (at) => dateTimeFormat.format(at * 1000);
export const list = (words) => listFormat.format(words);

/** Today's times as a time, older ones with the date. */
export function when(at, now = Date.now() / 1000) {
  const sameDay = dateFormat.format(at * 1000) === dateFormat.format(now * 1000);
  return sameDay ? clockTime(at) : dateTime(at);
}

/** A length of time as people read clocks: 0:07, 12:40, 1:02:03. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

const unitFormats = Object.fromEntries(
  ["second", "minute", "hour"].map((unit) => [
    unit,
    new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }),
  ]),
);

/** A length of time in words, for sentences and screen readers: 2 minutes 5 seconds. */
export function durationWords(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [];
  if (whole >= 3600) parts.push(unitFormats.hour.format(Math.floor(whole / 3600)));
  if (whole >= 60) parts.push(unitFormats.minute.format(Math.floor((whole % 3600) / 60)));
  if (whole < 3600 && (whole % 60 || !parts.length)) parts.push(unitFormats.second.format(whole % 60));
  return parts.join(" ");
}

/** The name of a language in the page's language. */
export function languageName(code) {
  try {
    return languageNames.of(code) ?? code;
  } catch {
    return code;
  }
}
