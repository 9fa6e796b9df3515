// Draws attention to an offered contact when the person looks elsewhere: flashing title, two soft tones, a desktop
// notification. Each can be switched off; the browser may refuse sound until the page was clicked once, which is no
// error.

import { t } from "./i18n.js";

const reduced = matchMedia("(prefers-reduced-motion: reduce)");
let flashing = null;
let plainTitle = document.title;

export const soundOn = () => localStorage.getItem("sound") !== "off";
export const switchSound = (value) => localStorage.setItem("sound", value ? "on" : "off");
export const notificationsOn = () =>
  "Notification" in window && Notification.permission === "granted" && localStorage.getItem("notifications") === "on";

/** Ask the browser for the right to notify; true when it is given. */
export async function switchNotifications(value) {
  localStorage.setItem("notifications", value ? "on" : "off");
  if (value && "Notification" in window) await Notification.requestPermission();
  return notificationsOn();
}

/** The page's title when nothing rings. */
export function setTitle(title) {
  plainTitle = title ? `${title} · Switchroom` : "Switchroom";
  if (!flashing) document.title = plainTitle;
}

/** Somebody rings: `who` as on the card. Until `stopRinging`. */
export function startRinging(who) {
  stopRinging();
  const text = t("offer.title", { who });
  let shown = true;
  document.title = text;
  flashing = setInterval(() => {
    shown = reduced.matches || !shown;
    document.title = shown ? text : plainTitle;
  }, 1000);
  if (soundOn()) chime();
  if (document.hidden && notificationsOn()) {
    const notification = new Notification(text, { tag: "offer" });
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
  }
}

export function stopRinging() {
  clearInterval(flashing);
  flashing = null;
  document.title = plainTitle;
}

let audio = null;
function chime() {
  if (!navigator.userActivation?.hasBeenActive) return; // browsers forbid sound before the first click or key
  audio ??= new AudioContext();
  if (audio.state === "running") chimeNow();
  else audio.resume().then(chimeNow, () => {}); // still forbidden: silent
}

function chimeNow() {
  for (const [index, frequency] of [659, 880].entries()) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + index * 0.22;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.35);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.4);
  }
}
