// What the brain refused about an entry: sentences with the exact path of each fault (`$.ring_s: …; $.full.target: …`).

/** [{path: "full.target", text}]; the path is empty for what belongs to no field. */
export function faultsOf(failure) {
  return failure.text.split(/;\s+(?=\$)/).map((part) => {
    const match = /^\$([^:]*):\s*(.*)$/s.exec(part);
    return match ? { path: match[1].replace(/^\./, ""), text: match[2] } : { path: "", text: part };
  });
}

/** Whether a fault is of this field or of something inside it. */
export const isOf = (fault, name) =>
  fault.path === name || fault.path.startsWith(`${name}.`) || fault.path.startsWith(`${name}[`);

/** The fault's words for showing at the field `name`: with the rest of the path where it is deeper. */
export function wordsAt(fault, name) {
  const rest = fault.path.slice(name.length).replace(/^\./, "");
  return rest ? `${rest}: ${fault.text}` : fault.text;
}
