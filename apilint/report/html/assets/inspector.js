// The panel beside the picture: a route with its guards and their chains, a finding with its code, its path and its mend.

const trail = []; // what is open, the last one on top; each knows the element that it was opened from

function open(what, from = null) {
  const last = trail.at(-1);
  if (last && last.route === what.route && last.finding === what.finding) return focusInspector();
  if (from && !from.closest("#inspector")) trail.length = 0;
  trail.push({ ...what, from });
  showTop(true);
}

function back() {
  if (!trail.length) return false;
  const closed = trail.pop();
  showTop(Boolean(trail.length));
  if (!trail.length) returnTo(closed);
  return true;
}

function returnTo({ from, route }) {
  const item = view.items.find((each) => each.route && each.route.index === route);
  const target = from?.isConnected ? from : item?.element;
  if (target) target.focus({ preventScroll: true });
  else focusInspector();
}

function closeAll() {
  const [first] = trail;
  trail.length = 0;
  showTop(false);
  if (first) returnTo(first);
}

function showTop(isFocused) {
  drawTop(trail.at(-1));
  at("inspector").scrollTop = 0;
  remember(trail.at(-1));
  if (isFocused) focusInspector();
}

function drawTop(top) {
  const panel = at("inspector");
  const routed = trail.findLast((each) => each.route !== undefined);
  select(routed?.route ?? findings[top?.finding]?.routes[0] ?? -1);
  panel.classList.toggle("open", Boolean(top));
  panel.replaceChildren(element("div", null, top ? bar() : "", details(top)));
  for (const list of panel.querySelectorAll(".steps")) roving(list, "li");
}

function details(top) {
  if (!top) return overview();
  return top.route !== undefined ? routeDetails(routes[top.route]) : findingDetails(findings[top.finding]);
}

const focusInspector = () => at("inspector").querySelector("h2")?.focus({ preventScroll: innerWidth > 900 });

function bar() {
  const before = trail.at(-2);
  const name = before && (before.route !== undefined ? routes[before.route].label : findings[before.finding].code);
  return element("div", { class: "inspector-bar" },
    before ? element("button", { type: "button", class: "quiet", click: back }, "← ", name) : element("span"),
    element("button", { type: "button", class: "quiet", "aria-label": "Close", click: closeAll }, "Close"));
}

const title = (...children) => element("h2", { tabindex: "-1" }, children);
const fact = (name, ...children) => (children.flat().some(Boolean) ? element("div", { class: "fact" }, element("dt", null, name), element("dd", null, children)) : "");
const badge = (verdict) => element("span", { class: "badge" }, swatch(verdict), VERDICTS[verdict].label);
const level = (severity) => element("span", { class: "level", "data-level": severity }, severity);

// ------------------------------------------------------------------------------------------------ overview

function overview() {
  const areas = new Map();
  for (const route of routes) {
    if (route.verdict !== "none" && route.verdict !== "unknown") continue;
    const end = route.segments.findIndex(isParameter);
    const name = `/${route.segments.slice(0, end < 0 ? 2 : Math.min(end, 2)).join("/")}`;
    areas.set(name, [...(areas.get(name) ?? []), route]);
  }
  const most = [...areas].sort((one, other) => other[1].length - one[1].length || (one[0] < other[0] ? -1 : 1)).slice(0, 8);
  const sure = [...findings].sort(byWeight).slice(0, 8);
  return [
    element("h2", { tabindex: "-1" }, "Where to look first"),
    most.length ? element("h3", null, "Open or unknown, by area") : element("p", null, routes.length ? "Every route asks for credentials, or is declared public." : "No route was found."),
    element("ul", { class: "plain" }, most.map(([name, inside]) =>
      element("li", null, element("button", { type: "button", class: "link", click: (event) => narrowTo(name, event) }, element("code", null, name)), number(inside.length)))),
    sure.length ? element("h3", null, "The gravest findings") : "",
    element("ul", { class: "plain overview" }, sure.map((finding) => element("li", null, findingButton(finding)))),
  ];
}

function narrowTo(name) {
  wanted.verdicts = new Set(["none", "unknown"]);
  wanted.words = name;
  at("words").value = name;
  changed();
}

// ------------------------------------------------------------------------------------------------ a route

function routeDetails(route) {
  return [
    title(element("span", { class: "methods" }, route.methods.join(", ")), " ", element("code", { class: "path" }, route.path)),
    element("p", { class: "verdict" }, badge(route.verdict), " ", reading(route)),
    element("dl", null,
      fact("Handler", route.handler ? element("code", null, route.handler) : "", " ", place(route.at)),
      fact("Framework", route.framework, route.hidden ? ", left out of its own specification" : ""),
      fact("Exists if", route.only_if ? element("code", null, route.only_if) : ""),
      fact("Asks for", route.demands.map(([kind, name, enforced]) => element("span", { class: "demand" }, `${kind} `, element("code", null, name), enforced ? "" : " (never looked at)"))),
      fact("Declared public", route.public ? route.reason || "no reason given" : "")),
    route.findings.length ? element("h3", null, "Findings") : "",
    element("ul", { class: "plain" }, [...route.findings].sort(byWeight).map((each) => element("li", null, findingButton(each)))),
    element("h3", null, "Guards"),
    route.guards.length ? route.guards.map(guardDetails) : element("p", null, "Nothing stands between a caller and the handler."),
    route.considered.length ? element("details", { open: route.considered.some((each) => each.effect !== "none") },
      element("summary", null, `Considered, and no guard (${route.considered.length})`), route.considered.map(guardDetails)) : "",
  ];
}

function reading(route) {
  if (route.verdict === "conditional" && route.condition) return ["guarded only if ", element("code", null, route.condition)];
  if (route.verdict === "unknown" && route.unknown) return prose(route.unknown);
  return VERDICTS[route.verdict].says;
}

function guardDetails(guard) {
  const manner = [...new Set([guard.kind, guard.via].filter((each) => each && each !== guard.name))].join(", ");
  const steps = guard.chain.length ? guard.chain : [[...guard.at, ""]];
  return element("section", { class: "guard", "data-effect": guard.effect },
    element("h4", null, element("code", null, guard.name), " ", element("span", { class: "effect" }, EFFECTS[guard.effect] ?? guard.effect),
      guard.condition ? [" if ", element("code", null, guard.condition)] : ""),
    manner ? element("p", { class: "manner" }, manner) : "",
    guard.reason ? element("p", { class: "manner" }, prose(guard.reason)) : "",
    stepList(steps),
    guard.lapses.length ? [element("p", { class: "lapse" }, "Fails open:"), stepList(guard.lapses)] : "",
    guard.settle ? [element("p", { class: "manner" }, "To settle it, in the configuration:"), element("pre", { class: "sample" }, `[tool.apilint.models.guards]\n${guard.settle}`)] : "");
}

function stepList(steps) {
  return element("ol", { class: "steps" }, steps.map((step, index) => {
    const source = lineOf(step[0], step[1]);
    return element("li", { tabindex: index ? "-1" : "0" },
      element("div", null, step[2] ? prose(step[2]) : "attached here"),
      place(step),
      source !== undefined ? element("pre", { class: "line" }, source.trim()) : "");
  }));
}

// ------------------------------------------------------------------------------------------------ a finding

function findingButton(finding) {
  return element("button", { type: "button", class: "finding", "data-finding": finding.index, click: (event) => open({ finding: finding.index }, event.currentTarget) },
    level(finding.severity), " ", element("span", { class: "code" }, finding.code), " ", element("span", null, prose(finding.message)));
}

function findingDetails(finding) {
  const { rule } = finding;
  return [
    title(level(finding.severity), " ", finding.code, " ", element("span", { class: "rule" }, rule.name ?? "")),
    element("p", { class: "message" }, prose(finding.message)),
    excerpt(finding),
    proof(finding),
    element("h3", null, "Mend"),
    mendDetails(finding),
    finding.routes.length ? [element("h3", null, "Routes"), element("ul", { class: "plain" }, finding.routes.slice(0, 50).map((each) => element("li", null, routeButton(routes[each]))))] : "",
    element("details", null, element("summary", null, `Why ${finding.code} matters`), article(rule.why ?? ""), references(finding)),
    element("dl", { class: "small" },
      fact("Confidence", finding.precision),
      fact("Security severity", finding.score ? finding.score.toFixed(1) : ""),
      fact("Inside", finding.inside ? element("code", null, finding.inside) : ""),
      fact("Fingerprint", finding.mark ? element("code", null, finding.mark) : "")),
  ];
}

function routeButton(route) {
  return element("button", { type: "button", class: "link route", "data-route": route.index, click: (event) => open({ route: route.index }, event.currentTarget) },
    swatch(route.verdict), element("span", { class: "methods" }, route.methods.join(",")), " ", element("code", { class: "path" }, route.path), " ",
    element("span", { class: "unseen" }, VERDICTS[route.verdict].label));
}

// The lines around the place, the span marked in them. Columns count code points, as Array.from does.
function excerpt(finding) {
  const [file, first, column, end, endColumn] = finding.at;
  const lines = [];
  for (let line = Math.max(first - 2, 1); line <= end + 2; line += 1) {
    const source = lineOf(file, line) ?? (line === first ? finding.text : undefined);
    if (source !== undefined) lines.push([line, source]);
  }
  const indents = lines.filter(([, source]) => source.trim()).map(([, source]) => source.length - source.trimStart().length);
  const margin = Math.min(...indents, column - 1);
  const rows = lines.map(([line, source]) => {
    const chars = Array.from(source);
    const from = line === first ? column - 1 : line > first && line <= end ? chars.length - source.trimStart().length : chars.length;
    const to = line < first || line > end ? from : line === end ? endColumn - 1 : chars.length;
    const text = (start, stop) => chars.slice(start, stop).join("");
    const marked = text(from, Math.max(to, from));
    return element("div", { class: "row" }, element("span", { class: "number" }, line),
      element("span", { class: "source" }, text(margin, from), marked ? element("mark", null, marked) : "", text(Math.max(to, from, margin))));
  });
  return element("figure", { class: "excerpt" }, element("figcaption", null, place([file, first])), rows.length ? element("pre", null, rows) : "");
}

function proof(finding) {
  const steps = [...finding.trace, ...finding.related.filter((each) => !finding.trace.some((step) => String(step) === String(each)))];
  if (!steps.length) return "";
  return [element("h3", null, "Proof"), stepList(steps)];
}

function mendDetails(finding) {
  const { rule } = finding;
  const how = finding.safe ? ["Safe to do by machine: ", element("code", null, "apilint check --fix"), "."]
    : finding.unsafe ? ["By machine, to be reviewed: ", element("code", null, "apilint check --diff --unsafe-fixes"), "."] : [];
  return [
    how.length ? element("p", null, how) : "",
    finding.diff?.length ? element("pre", { class: "diff" }, finding.diff.map(([sign, , line, text]) =>
      element("div", { class: "row", "data-sign": sign }, element("span", { class: "number" }, line), element("span", { class: "sign" }, sign), element("span", { class: "source" }, text)))) : "",
    article(rule.fix ?? rule.mend ?? ""),
  ];
}

function references({ rule }) {
  const links = [
    ...(rule.cwe ?? []).map((each) => outside(`https://cwe.mitre.org/data/definitions/${each}.html`, `CWE-${each}`)),
    ...(rule.references ?? []).map((each) => outside(each.match(/https?:\/\/[^\s>)]+/)?.[0] ?? "", each)),
  ];
  return element("ul", { class: "references" }, links.map((each) => element("li", null, each)));
}

// ------------------------------------------------------------------------------------------------ addresses

// The place in the page's address that leads back to what is open, in this report and in the next one.
function remember(top) {
  const address = !top ? "" : top.route !== undefined ? `#route=${encodeURIComponent(routes[top.route].label)}` : `#finding=${encodeURIComponent(findings[top.finding].mark ?? "")}`;
  try {
    history.replaceState(null, "", address || location.pathname + location.search);
  } catch {
    // A page without an address of its own, in a frame: nothing to be remembered.
  }
}

function openAddress() {
  const [kind, value] = location.hash.slice(1).split("=", 2);
  let wantedOne = "";
  try {
    wantedOne = decodeURIComponent(value ?? "");
  } catch {
    return;
  }
  const route = kind === "route" ? routes.find((each) => each.label === wantedOne) : null;
  const finding = kind === "finding" && wantedOne ? findings.find((each) => each.mark === wantedOne) : null;
  if (route) open({ route: route.index });
  if (finding) open({ finding: finding.index });
}
