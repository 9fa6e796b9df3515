// Plays a recording with its waveform: caller above, agent below. The outline was computed when the recording was
// stored, so nothing but the audio that is listened to is fetched (in ranges). Space plays and pauses, arrows go 5
// seconds back and forth.

import { duration, durationWords, t } from "../base/i18n.js";
import { boot } from "../base/boot.js";
import { html, useEffect, useRef, useState } from "../base/preact.js";
import { Action } from "../parts/action.js";

const STEP_S = 5;
const SPEEDS = [1, 1.25, 1.5, 2, 0.75];

/** Left and right alternate, 0 to 100. */
function channels(peaks) {
  const left = [];
  const right = [];
  peaks.forEach((peak, index) => (index % 2 ? right : left).push(peak / 100));
  return left.length ? [left, right] : [[0], [0]];
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function Player({ recording }) {
  const box = useRef();
  const wave = useRef();
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(1);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    let gone = false;
    const media = new Audio();
    media.preload = "none";
    media.src = `/api/recordings/${encodeURIComponent(recording.id)}/audio`;
    media.addEventListener("error", () => setFailed(true));
    import(`${boot.static}/vendor/wavesurfer.js`).then(({ default: WaveSurfer }) => {
      if (gone) return;
      const [caller, agent] = [colour("--caller"), colour("--agent")];
      const done = colour("--played");
      wave.current = WaveSurfer.create({
        container: box.current,
        media,
        peaks: channels(recording.peaks),
        duration: recording.duration_s,
        cspNonce: boot.nonce,
        height: 44,
        barWidth: 2,
        barGap: 1,
        barRadius: 1,
        cursorColor: colour("--text"),
        cursorWidth: 2,
        splitChannels: [
          { waveColor: caller, progressColor: done },
          { waveColor: agent, progressColor: done },
        ],
      });
      wave.current.on("timeupdate", setAt);
      wave.current.on("play", () => setPlaying(true));
      wave.current.on("pause", () => setPlaying(false));
    });
    return () => {
      gone = true;
      wave.current?.destroy();
      media.removeAttribute("src");
      media.load(); // lets go of the connection
    };
  }, [recording.id]);

  const jump = (by) =>
    wave.current?.setTime(Math.min(Math.max(0, wave.current.getCurrentTime() + by), recording.duration_s));
  const next = () => {
    const faster = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    wave.current?.setPlaybackRate(faster, true);
    setSpeed(faster);
  };

  function onKeyDown(event) {
    const action = {
      ArrowLeft: () => jump(-STEP_S),
      ArrowRight: () => jump(STEP_S),
      " ": () => wave.current?.playPause(),
      Home: () => wave.current?.setTime(0),
    }[event.key];
    if (!action || event.target.closest("button")) return;
    event.preventDefault();
    action();
  }

  return html`<div class="player" data-recording=${recording.id} data-playing=${String(playing)}>
    <${Action} label=${playing ? t("player.pause") : t("player.play")} icon=${playing ? "pause" : "play"} small
      run=${() => wave.current?.playPause()} />
    <div class="wave" ref=${box} tabindex="0" role="slider" aria-label=${t("player.position")} aria-valuemin="0"
      aria-valuemax=${Math.round(recording.duration_s)} aria-valuenow=${Math.round(at)}
      aria-valuetext=${t("player.of", { at: durationWords(at), length: durationWords(recording.duration_s) })} onKeyDown=${onKeyDown}></div>
    <span class="figures time">${duration(at)} / ${duration(recording.duration_s)}</span>
    <button type="button" class="action small speed" title=${t("player.speed")}
      aria-label="${t("player.speed")}: ${speed}×" onClick=${next}>${speed}×</button>
    <a class="action small" href="/api/recordings/${encodeURIComponent(recording.id)}/audio?download=1" download>${t("player.download")}</a>
    <p class="legend"><span class="caller">${t("player.caller")}</span> <span class="agent">${t("player.agent")}</span></p>
    ${failed && html`<p class="failure" role="alert">${t("player.failed")}</p>`}
  </div>`;
}
