// Runs in the page: names, headings, references, sizes, contrast. Returns a list of faults in words.
() => {
  const faults = [];
  const shown = (e) => e.checkVisibility({ checkVisibilityCSS: true, opacityProperty: true }) && e.getClientRects().length;
  const where = (e) => `${e.tagName.toLowerCase()}.${e.className || ''} "${(e.innerText || '').slice(0, 40)}"`;
  const byId = (ids) => ids.split(' ').map((id) => document.getElementById(id)?.innerText ?? '').join(' ');
  const name = (e) => (e.getAttribute('aria-label') || (e.getAttribute('aria-labelledby') && byId(e.getAttribute('aria-labelledby')))
    || [...(e.labels ?? [])].map((l) => l.innerText).join(' ') || e.innerText || e.alt || e.title || '').trim();

  // names
  for (const e of document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea, [role=slider], dialog[open], [role=region], nav, table th')) {
    if (shown(e) && !name(e)) faults.push(`no name: ${where(e)}`);
  }
  // one first heading, no level left out
  const headings = [...document.querySelectorAll('h1, h2, h3, h4')].filter((e) => !e.closest('dialog'));
  if (headings.filter((e) => e.tagName === 'H1').length !== 1) faults.push('not exactly one h1');
  headings.reduce((before, e) => {
    const level = Number(e.tagName[1]);
    if (level > before + 1) faults.push(`heading level left out: ${where(e)}`);
    return level;
  }, 0);
  // landmarks, language, ids
  if (document.querySelectorAll('main').length !== 1) faults.push('not exactly one main');
  if (!document.documentElement.lang) faults.push('no lang');
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) faults.push(`id twice: ${id}`);
  for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]')) {
    for (const id of `${e.getAttribute('aria-describedby') ?? ''} ${e.getAttribute('aria-labelledby') ?? ''}`.split(' ').filter(Boolean)) {
      if (!document.getElementById(id)) faults.push(`refers to nothing: ${id} at ${where(e)}`);
    }
  }
  // size of what is pressed (WCAG 2.2, 2.5.8: 24 by 24)
  for (const e of document.querySelectorAll('button, select, input:not([type=hidden], [type=checkbox], [type=radio])')) {
    const box = e.getBoundingClientRect();
    if (shown(e) && !e.classList.contains('link') && (box.width < 24 || box.height < 24)) faults.push(`small: ${where(e)} ${box.width}x${box.height}`);
  }
  // contrast of text (WCAG 2.2, 1.4.3)
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const over = (top, below) => { const a = top[3] / 255; return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)).concat(255); };
  const ground = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3]) layers.push(colour);
      if (colour[3] === 255) break;
    }
    return layers.reduceRight((below, top) => over(top, below), rgba(getComputedStyle(document.documentElement).backgroundColor));
  };
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const v = c[i] / 255;
    return sum + weight * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  for (const e of document.querySelectorAll('body *')) {
    if (!shown(e) || e.closest('.unseen, svg, canvas, kbd') || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(e);
    const back = ground(e);
    const [a, b] = [light(over(rgba(style.color), back)), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.01) faults.push(`contrast ${ratio.toFixed(2)}: ${where(e)}`);
  }
  // nothing sticks out sideways
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`wider than the window: ${document.documentElement.scrollWidth}`);
  return faults;
}
