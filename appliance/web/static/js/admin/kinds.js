// What an administrator can edit: for each kind of entry its place in the directory, its columns in the list and its
// fields in the form. The fields are those of core/directory.py (a test holds both together); labels and help are in
// the catalogue under `admin.<kind>.<field>` and `admin.<kind>.<field>.help`.

const NUMBER_CLASSES = ["local", "mobile", "freephone", "shared_cost", "short_code", "premium", "international"];

const text = (name, more = {}) => ({ name, type: "text", ...more });
const seconds = (name, more = {}) => ({ name, type: "number", unit: "unit.seconds", min: 0, step: 1, ...more });
const count = (name, more = {}) => ({ name, type: "number", min: 0, step: 1, whole: true, ...more });
const choice = (name, options, more = {}) => ({ name, type: "choice", options, ...more });
const ref = (name, to, more = {}) => ({ name, type: "ref", to, ...more });

export const KINDS = {
  site: {
    icon: "desk",
    single: true,
    fields: [
      text("name", { required: true }),
      { name: "country", type: "country" },
      { name: "languages", type: "languages" },
      { name: "zone", type: "zone" },
      text("outside_prefix", { inputmode: "numeric" }),
      count("recording_days", { unit: "unit.days" }),
      count("card_wait_ms", { unit: "unit.milliseconds" }),
    ],
  },
  extension: {
    icon: "phone",
    place: "extensions",
    id: "number",
    columns: ["number", "name", "class_of_service"],
    fresh: { number: "", name: "", class_of_service: "standard", answers_by_itself: false, ring_s: 25 },
    secret: "generated",
    fields: [
      text("number", { isId: true, required: true, inputmode: "numeric" }),
      text("name", { required: true }),
      ref("class_of_service", "classes"),
      { name: "answers_by_itself", type: "check" },
      seconds("ring_s"),
    ],
  },
  agent: {
    icon: "user",
    place: "agents",
    id: "id",
    columns: ["id", "name", "extension", "queues"],
    fresh: { id: "", name: "", extension: "", queues: [] },
    fields: [
      text("id", { isId: true, required: true }),
      text("name", { required: true }),
      ref("extension", "extensions", { required: true }),
      { name: "queues", type: "refs", to: "queues" },
    ],
  },
  queue: {
    icon: "users",
    place: "queues",
    id: "id",
    columns: ["id", "name", "strategy", "recording"],
    fresh: {
      id: "",
      name: "",
      strategy: "longest_idle",
      ring: "one",
      ring_s: 20,
      wrap_up_s: 30,
      service_level_s: 20,
      max_waiting: 50,
      full: { kind: "hang_up", target: "", sentence: "queue_full" },
      nobody: { kind: "hang_up", target: "", sentence: "nobody_logged_in" },
      nobody_after_s: 60,
      max_wait_s: 0,
      overflow: { kind: "hang_up", target: "", sentence: "lines_busy" },
      music: "default",
      announce_every_s: 30,
      recording: "notice",
      survey: null,
      dispositions: ["solved", "follow-up", "wrong number", "other"],
    },
    groups: { routing: "strategy", waiting: "max_waiting", after: "wrap_up_s" },
    fields: [
      text("id", { isId: true, required: true }),
      text("name", { required: true }),
      choice("strategy", ["longest_idle", "least_busy"]),
      choice("ring", ["one", "all"]),
      seconds("ring_s"),
      seconds("service_level_s"),
      count("max_waiting"),
      { name: "full", type: "destination" },
      { name: "nobody", type: "destination", optional: true },
      seconds("nobody_after_s"),
      seconds("max_wait_s"),
      { name: "overflow", type: "destination" },
      text("music"),
      seconds("announce_every_s"),
      seconds("wrap_up_s"),
      { name: "dispositions", type: "lines" },
      choice("recording", ["notice", "silent", "off"]),
      ref("survey", "flows", { optional: true }),
    ],
  },
  trunk: {
    icon: "link",
    place: "trunks",
    id: "id",
    columns: ["id", "name", "kind", "host"],
    fresh: {
      id: "",
      name: "",
      kind: "ip",
      host: "",
      port: 5060,
      user: "",
      sources: [],
      caller_number: "",
      max_calls: 30,
    },
    secret: "given",
    fields: [
      text("id", { isId: true, required: true }),
      text("name", { required: true }),
      choice("kind", ["ip", "registration"]),
      text("host", { required: true }),
      count("port", { max: 65535 }),
      text("user"),
      { name: "sources", type: "lines" },
      text("caller_number", { inputmode: "tel" }),
      count("max_calls"),
    ],
  },
  inbound: {
    icon: "left",
    place: "inbound",
    numbered: true,
    columns: ["trunk", "number", "destination"],
    fresh: { trunk: null, number: "", destination: { kind: "flow", target: "", sentence: "" } },
    fields: [
      ref("trunk", "trunks", { optional: true }),
      text("number", { inputmode: "tel" }),
      { name: "destination", type: "destination" },
    ],
  },
  outbound: {
    icon: "right",
    place: "outbound",
    numbered: true,
    columns: ["prefix", "trunk", "strip", "prepend"],
    fresh: { prefix: "", trunk: "", strip: 0, prepend: "" },
    fields: [
      text("prefix", { inputmode: "tel" }),
      ref("trunk", "trunks", { required: true }),
      count("strip"),
      text("prepend", { inputmode: "tel" }),
    ],
  },
  class: {
    icon: "check",
    place: "classes",
    id: "id",
    columns: ["id", "name", "allowed"],
    fresh: { id: "", name: "", allowed: ["local", "mobile", "freephone"], countries: [] },
    fields: [
      text("id", { isId: true, required: true }),
      text("name"),
      { name: "allowed", type: "checks", options: NUMBER_CLASSES },
      { name: "countries", type: "lines" },
    ],
  },
  schedule: {
    icon: "clock",
    place: "schedules",
    id: "id",
    columns: ["id", "name", "zone"],
    fresh: {
      id: "",
      name: "",
      zone: "",
      openings: [{ days: ["mon", "tue", "wed", "thu", "fri"], opens: "09:00:00", closes: "17:00:00" }],
      holidays: [],
      country_holidays: "",
    },
    fields: [
      text("id", { isId: true, required: true }),
      text("name"),
      { name: "zone", type: "zone" },
      { name: "openings", type: "openings" },
      { name: "country_holidays", type: "country", optional: true },
      { name: "holidays", type: "holidays" },
    ],
  },
  flow: { icon: "list", place: "flows", id: "id", columns: ["id", "name", "languages"], form: "flow" },
  sentence: { icon: "note", form: "sentences" },
  user: { icon: "users", form: "users" },
};

/** The entries of a kind in the directory, each with the id that directory.put wants. */
export function entriesOf(kind, directory) {
  const { place, id, numbered } = KINDS[kind];
  return (directory[place] ?? []).map((body, index) => ({
    id: numbered ? String(directory.ids?.[place]?.[index] ?? index + 1) : body[id],
    body,
  }));
}
