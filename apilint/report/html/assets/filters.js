// What is shown: filters and their controls.

const wanted = { verdicts: new Set(), methods: new Set(), framework: "", found: "", words: "" };
const listeners = [];
const whenChanged = (listener) => listeners.push(listener);

const FOUND = { any: "with findings", error: "with errors", warning: "with warnings", note: "with notes" };

function fits(route) {
  return (
    (!wanted.verdicts.size || wanted.verdicts.has(route.verdict)) &&
    (!wanted.methods.size || route.methods.some((each) => wanted.methods.has(each))) &&
    (!wanted.framework || route.framework === wanted.framework) &&
    (!wanted.found || route.findings.some(isFound)) &&
    terms().every((term) => route.text.includes(term))
  );
}

const isFound = (finding) =>
  !wanted.found || wanted.found === "any" || finding.severity === wanted.found || finding.code === wanted.found;

const terms = () => wanted.words.toLowerCase().split(/\s+/).filter(Boolean);
const narrowsRoutes = () => Boolean(wanted.verdicts.size || wanted.methods.size || wanted.framework);
const isNarrow = () => Boolean(narrowsRoutes() || wanted.found || wanted.words);

const chosenRoutes = () => (isNarrow() ? routes.filter(fits) : routes);

// Findings that are about no route are there unless something is asked that only routes have.
function chosenFindings() {
  const chosen = findings.filter((finding) => {
    if (!isFound(finding)) return false;
    if (finding.routes.some((each) => fits(routes[each]))) return true;
    if (narrowsRoutes()) return false;
    const text = [finding.code, finding.rule.name, finding.message, nameOf(finding.at[0]), finding.route].join("\n").toLowerCase();
    return terms().every((term) => text.includes(term));
  });
  return chosen.sort(byWeight);
}

function changed() {
  at("reset").hidden = !isNarrow();
  for (const chip of document.querySelectorAll(".chips [aria-pressed]")) {
    chip.setAttribute("aria-pressed", wanted[chip.dataset.set].has(chip.dataset.value));
  }
  for (const listener of listeners) listener();
  const count = chosenRoutes().length;
  at("said").textContent = `${plural(count, "route")} and ${plural(chosenFindings().length, "finding")} shown`;
}

function chip(set, value, ...children) {
  const toggle = () => {
    if (!wanted[set].delete(value)) wanted[set].add(value);
    changed();
  };
  return element("button", { type: "button", class: "chip", "aria-pressed": "false", "data-set": set, "data-value": value, click: toggle }, children);
}

const swatch = (verdict) => element("span", { class: "swatch", "data-v": verdict, "aria-hidden": "true" });
const number = (count) => element("span", { class: "count" }, NUMBERS.format(count));

function showVerdicts() {
  const counts = counted(routes, (route) => route.verdict);
  for (const [verdict, { label, says }] of Object.entries(VERDICTS)) {
    const count = counts.get(verdict) ?? 0;
    if (!count) continue;
    const part = element("span", { class: "part", "data-v": verdict });
    part.style.flexGrow = String(count);
    at("bar").append(part);
    const made = chip("verdicts", verdict, swatch(verdict), label, number(count));
    made.title = says;
    at("verdicts").append(made);
  }
}

const METHOD_ORDER = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "ANY", "WEBSOCKET"];
function showMethods() {
  const counts = counted(routes, (route) => route.methods);
  const rank = (method) => (METHOD_ORDER.indexOf(method) + 1 || 99);
  const methods = [...counts].sort(([one], [other]) => rank(one) - rank(other) || (one < other ? -1 : 1));
  at("methods").append(...methods.map(([method, count]) => chip("methods", method, method, number(count))));
}

function fillSelect(id, key, first, options) {
  const select = at(id);
  select.append(element("option", { value: "" }, first));
  for (const [value, label] of options) select.append(element("option", { value }, label));
  select.addEventListener("change", () => {
    wanted[key] = select.value;
    changed();
  });
}

function startFilters() {
  showVerdicts();
  showMethods();
  const frameworks = [...counted(routes, (route) => route.framework)].sort();
  at("frameworks-label").hidden = frameworks.length < 2;
  fillSelect("frameworks", "framework", "all", frameworks.map(([name, count]) => [name, `${name} (${count})`]));
  const severities = counted(findings, (finding) => finding.severity);
  const codes = [...counted(findings, (finding) => finding.code)].sort();
  fillSelect("found", "found", "all routes", [
    ...(findings.length ? [["any", FOUND.any]] : []),
    ...SEVERITIES.filter((each) => severities.get(each)).map((each) => [each, FOUND[each]]),
    ...codes.map(([code, count]) => [code, `${code} ${data.rules[code]?.name ?? ""} (${count})`]),
  ]);
  let waiting = 0;
  at("words").addEventListener("input", (event) => {
    wanted.words = event.target.value;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(changed);
  });
  at("reset").addEventListener("click", () => {
    Object.assign(wanted, { verdicts: new Set(), methods: new Set(), framework: "", found: "", words: "" });
    for (const id of ["words", "frameworks", "found"]) at(id).value = "";
    changed();
    at("words").focus();
  });
}
