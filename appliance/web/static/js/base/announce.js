// Tells screen readers what happened: one polite and one urgent live region, made once.

const regions = {};

for (const urgency of ["polite", "assertive"]) {
  const region = document.createElement("div");
  region.className = "unseen";
  region.setAttribute("aria-live", urgency);
  region.setAttribute("role", urgency === "assertive" ? "alert" : "status");
  region.dataset.announce = urgency;
  document.body.append(region);
  regions[urgency] = region;
}

/** Say `text`. The same text twice is said twice. */
export function announce(text, urgency = "polite") {
  const line = document.createElement("p");
  line.textContent = text;
  regions[urgency].replaceChildren(line);
}
