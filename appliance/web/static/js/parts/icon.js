// Line drawings, 24 by 24, in the colour of the text. Decoration only: every button also has words or a label.

import { html } from "../base/preact.js";

const SHAPES = {
  phone: "M6 3h3l2 5-2.5 1.5a12 12 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z",
  hangup: "M3 13c5-5 13-5 18 0l-2 3-4-1v-3a10 10 0 0 0-6 0v3l-4 1z",
  pause: "M9 5v14M15 5v14",
  play: "M7 4l13 8-13 8z",
  stop: "M6 6h12v12H6z",
  mic: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4",
  micOff: "M9 9v2a3 3 0 0 0 5 2M15 10V6a3 3 0 0 0-6 0M6 11a6 6 0 0 0 10 4.5M18 11a6 6 0 0 1-.5 2.5M12 17v4M4 4l16 16",
  transfer: "M4 8h13m-4-4 4 4-4 4M20 16H7m4-4-4 4 4 4",
  record: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
  check: "M4 12l6 6L20 6",
  cross: "M5 5l14 14M19 5 5 19",
  clock: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5l3 3",
  user: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21c0-4 4-6 8-6s8 2 8 6",
  users:
    "M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2 20c0-4 3-5.5 7-5.5s7 1.5 7 5.5M16 5.5a3 3 0 0 1 0 6M18 15c3 .5 4 2 4 5",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  gear: "M12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M18.4 5.6l-2.1 2.1M7.7 16.3l-2.1 2.1",
  wave: "M3 12h2M8 7v10M12 4v16M16 8v8M20 11v2",
  desk: "M3 5h18v11H3zM9 20h6M12 16v4",
  alert: "M12 4 2.5 20h19zM12 10v4M12 17h.01",
  info: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 11v5M12 8h.01",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5M8 8h8M8 12h5",
  down: "M6 9l6 6 6-6",
  right: "M9 6l6 6-6 6",
  left: "M15 6l-6 6 6 6",
  plus: "M12 5v14M5 12h14",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5 21 21",
  star: "M12 3l2.7 6 6.3.6-4.8 4.3 1.5 6.4L12 17l-5.7 3.3 1.5-6.4L3 9.6 9.3 9z",
  link: "M9 15l6-6M10 6l2-2a4 4 0 0 1 6 6l-2 2M14 18l-2 2a4 4 0 0 1-6-6l2-2",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8",
  off: "M12 3v9M6.5 7a8 8 0 1 0 11 0",
  bell: "M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4",
};

/** `<${Icon} name="phone" />` */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${SHAPES[name] ?? SHAPES.info} />
  </svg>`;
}
