// The same as the picture shows, as lists; and what is printed.

const PAGE = 200;
const PRINTED = 200;

function listed(container, items, render, wrap) {
  let shown = 0;
  const holder = wrap();
  const more = element("button", { type: "button", class: "more" });
  const grow = () => {
    holder.append(...items.slice(shown, shown + PAGE).map(render));
    shown = Math.min(shown + PAGE, items.length);
    more.textContent = `${NUMBERS.format(items.length - shown)} more`;
    more.hidden = shown >= items.length;
  };
  more.addEventListener("click", () => {
    const next = holder.children[shown - 1];
    grow();
    next?.nextElementSibling?.querySelector("button")?.focus();
  });
  new IntersectionObserver(([entry]) => entry.isIntersecting && !more.hidden && grow(), { rootMargin: "600px" }).observe(more);
  grow();
  const table = holder.closest("table") ?? holder;
  holder.querySelector("button")?.setAttribute("tabindex", "0");
  roving(holder, "button");
  container.replaceChildren(table, more);
}

function routeTable(rows) {
  const head = ["Verdict", "Methods", "Path", "Handler", "Guards", "Findings"].map((each) => element("th", { scope: "col" }, each));
  const body = element("tbody", null, rows);
  return [element("table", { class: "routes" }, element("thead", null, element("tr", null, head)), body), body];
}

function routeRow(route) {
  const press = (event) => open({ route: route.index }, event.currentTarget);
  return element("tr", { "data-v": route.verdict },
    element("td", null, badge(route.verdict)),
    element("td", { class: "methods" }, route.methods.join(" ")),
    element("td", null, element("button", { type: "button", class: "link", tabindex: "-1", "data-route": route.index, click: press }, element("code", null, breakable(route.path)))),
    element("td", null, element("code", null, breakable(route.handler.split(":").at(-1))), " ", element("span", { class: "place" }, breakable(`${nameOf(route.at[0])}:${route.at[1]}`))),
    element("td", null, breakable(route.guards.map((each) => each.name).filter((each, index, all) => all.indexOf(each) === index).join(", "))),
    element("td", { class: "found" }, route.findings.length ? [level(route.worst), ` ${route.findings.length}`] : ""));
}

function findingRow(finding) {
  const button = findingButton(finding);
  button.tabIndex = -1;
  return element("li", null, button, element("span", { class: "place" }, `${nameOf(finding.at[0])}:${finding.at[1]}`));
}

const none = (noun) => element("p", { class: "nothing" }, `No ${noun} fits these filters.`);

const VIEWS = {
  picture: () => drawPicture(),
  routes: () => {
    const chosen = chosenRoutes();
    const container = at("view-routes");
    if (chosen.length) listed(container, chosen, routeRow, () => routeTable([])[1]);
    else container.replaceChildren(none("route"));
  },
  findings: () => {
    const chosen = chosenFindings();
    const container = at("view-findings");
    if (chosen.length) listed(container, chosen, findingRow, () => element("ul", { class: "findings" }));
    else container.replaceChildren(none("finding"));
  },
};
let current = "picture";

function show(name) {
  current = name;
  for (const each of Object.keys(VIEWS)) {
    at(`view-${each}`).hidden = each !== name;
    at(`tab-${each}`).setAttribute("aria-selected", each === name);
    at(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  VIEWS[name]();
}

function countTabs() {
  const counts = { picture: "", routes: chosenRoutes().length, findings: chosenFindings().length };
  for (const [name, count] of Object.entries(counts)) {
    const tab = at(`tab-${name}`);
    tab.querySelector(".count")?.remove();
    if (count !== "") tab.append(number(count));
  }
}

function startLists() {
  const tabs = document.querySelector(".tabs");
  roving(tabs, "button");
  for (const name of Object.keys(VIEWS)) at(`tab-${name}`).addEventListener("click", () => show(name));
  tabs.addEventListener("focusin", (event) => {
    const name = event.target.id.replace("tab-", "");
    if (name !== current) show(name);
  });
  whenChanged(() => {
    if (current !== "picture") VIEWS[current]();
    countTabs();
  });
  countTabs();
  addEventListener("beforeprint", fillPaper);
  addEventListener("afterprint", () => at("paper").replaceChildren());
}

// On paper: the picture, the routes that are not simply guarded, and each finding with its proof.
function fillPaper() {
  if (current !== "picture") show("picture");
  const open_ = chosenRoutes().filter((route) => route.verdict !== "required");
  const worstFirst = chosenFindings();
  const printed = worstFirst.slice(0, PRINTED);
  at("paper").replaceChildren(
    ...(open_.length ? [element("h2", null, `${plural(open_.length, "route")} not simply guarded`), routeTable(open_.map(routeRow))[0]] : []),
    ...(printed.length ? [element("h2", null, plural(worstFirst.length, "finding"))] : []),
    ...printed.map((finding) => element("article", null,
      element("h3", null, level(finding.severity), ` ${finding.code} ${finding.rule.name ?? ""}`),
      element("p", null, prose(finding.message)), excerpt(finding), proof(finding),
      finding.rule.mend ? element("p", null, element("b", null, "Mend: "), prose(finding.rule.mend)) : "")),
    ...(worstFirst.length > PRINTED ? [element("p", null, `${worstFirst.length - PRINTED} more findings are not printed.`)] : []),
  );
}
