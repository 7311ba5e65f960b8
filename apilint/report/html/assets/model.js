// The data of the page -> routes and findings that know of each other.

const data = JSON.parse(at("data").textContent);

// In the order in which they are shown: what is shut first, what nobody knows last.
const VERDICTS = {
  required: { label: "Guarded", says: "callers without valid credentials are turned away" },
  conditional: { label: "Conditional", says: "guarded under a setting only" },
  optional: { label: "Optional", says: "credentials are read, their absence is tolerated" },
  none: { label: "Open", says: "anyone may call it" },
  public: { label: "Declared public", says: "anyone may call it, and is meant to" },
  unknown: { label: "Unknown", says: "something on the way could not be resolved" },
};
const SEVERITIES = ["error", "warning", "note"];
const EFFECTS = {
  required: "turns away", conditional: "turns away under a setting", optional: "reads credentials, tolerates their absence",
  hollow: "never rejects", none: "is no guard", unknown: "unclear",
};

const worst = (findings) => SEVERITIES.find((each) => findings.some((finding) => finding.severity === each)) ?? "";
const nameOf = (file) => data.files[file]?.[0] ?? "";
const lineOf = (file, line) => data.lines[file]?.[line];

function place([file, line]) {
  const [name, page] = data.files[file];
  const text = line ? `${name}:${line}` : name;
  const shown = element("span", { class: "place" }, text);
  return page ? element("a", { class: "place", href: `${page}#L${line}`, rel: "noopener noreferrer", target: "_blank" }, text) : shown;
}

// A path between its slashes; those within a parameter are none.
function segmentsOf(path) {
  const segments = [];
  let depth = 0;
  let current = "";
  for (const char of `${path.replace(/^\^/, "").replace(/\$$/, "")}/`) {
    if ("([{<".includes(char)) depth += 1;
    else if (")]}>".includes(char)) depth -= 1;
    if (char === "/" && depth <= 0) {
      if (current) segments.push(current);
      current = "";
    } else current += char;
  }
  return current ? [...segments, current.slice(0, -1)] : segments;
}

const isParameter = (segment) => /[<{([*\\]|^:/.test(segment);

// The areas that a path lies in: a parameter opens none of its own, but goes with the literal segment behind it.
function trailOf(segments) {
  const trail = [];
  let before = "";
  for (const segment of segments) {
    if (isParameter(segment)) before += `${ANY}/`;
    else {
      trail.push(before + segment);
      before = "";
    }
  }
  return trail;
}
const ANY = "{…}";

// What looks like a guard and is none comes first, what nobody would take for one last.
const SUSPICION = ["hollow", "unknown", "conditional", "optional", "required", "none"];
const bySuspicion = (one, other) => SUSPICION.indexOf(one.effect) - SUSPICION.indexOf(other.effect);

const guards = data.guards.map((guard) => ({ chain: [], lapses: [], ...guard }));

const routes = data.routes.map((route, index) => {
  const methods = route.methods ?? (route.kind === "websocket" ? ["WEBSOCKET"] : ["ANY"]);
  const own = (route.guards ?? []).map((each) => guards[each]);
  const path = route.path || "/";
  const segments = segmentsOf(path);
  return {
    ...route,
    index,
    path,
    methods,
    guards: own,
    considered: (route.considered ?? []).map((each) => guards[each]).sort(bySuspicion),
    demands: route.demands ?? [],
    handler: route.handler ?? "",
    verdict: route.auth === "none" && route.public ? "public" : route.auth,
    label: `${methods.join(",")} ${path}`,
    findings: [],
    segments,
    trail: trailOf(segments),
    text: [methods.join(" "), path, route.handler ?? "", nameOf(route.at[0]), ...own.map((each) => each.name)].join("\n").toLowerCase(),
  };
});

const findings = data.findings.map((finding, index) => ({
  score: 0, trace: [], related: [], diff: [], ...finding, index, routes: finding.routes ?? [], rule: data.rules[finding.code] ?? {},
}));
for (const finding of findings) for (const each of finding.routes) routes[each].findings.push(finding);
for (const route of routes) route.worst = worst(route.findings);

const byWeight = (one, other) =>
  SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) || other.score - one.score || one.index - other.index;

function counted(items, keyOf) {
  const counts = new Map();
  const count = (key) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const item of items) {
    const key = keyOf(item);
    if (Array.isArray(key)) key.forEach(count);
    else count(key);
  }
  return counts;
}
