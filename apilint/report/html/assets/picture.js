// The treemap on the page: drawing, moving about in it, going into an area and out again.

const view = { by: "url", size: "equal", key: "", items: [], selected: -1, tree: null };

const SHORT = { DELETE: "DEL", PATCH: "PTCH", OPTIONS: "OPTS", WEBSOCKET: "WS" };
const shortened = ([first, ...rest]) => (rest.length ? `${(SHORT[first] ?? first).slice(0, 3)}+` : (SHORT[first] ?? first).slice(0, 4));

const WEIGHTS = {
  equal: () => 1,
  methods: (route) => route.methods.length,
  findings: (route) => 1 + route.findings.reduce((sum, each) => sum + { error: 8, warning: 4, note: 1 }[each.severity], 0),
};

function describe(route) {
  const found = route.findings.length ? `, ${plural(route.findings.length, "finding")}` : "";
  return `${route.label}: ${VERDICTS[route.verdict].says}${found}`;
}

function drawPicture() {
  const map = at("map");
  const chosen = chosenRoutes();
  view.tree = grown(chosen, view.by, WEIGHTS[view.size]);
  const area = within(view.tree, view.key) ?? view.tree;
  view.key = area.key;
  const box = { x: 0, y: 0, w: map.clientWidth, h: map.clientHeight };
  view.items = chosen.length ? laidOut(area, box) : [];
  map.replaceChildren(...view.items.map((item, index) => drawn(item, index, box)));
  map.hidden = !chosen.length;
  at("nothing").hidden = Boolean(chosen.length);
  at("nothing").textContent = routes.length ? "No route fits these filters." : "No route was found.";
  const focus = view.items.findIndex((item) => item.route?.index === view.selected);
  if (view.items.length) map.children[Math.max(focus, 0)].tabIndex = 0;
  showCrumbs(area);
}

function drawn(item, index, box) {
  const made = document.createElement("div");
  made.setAttribute("role", "treeitem");
  made.setAttribute("aria-level", item.depth + 1);
  made.tabIndex = -1;
  made.dataset.n = index;
  const percent = (part, whole) => `${((part / whole) * 100).toFixed(4)}%`;
  made.style.cssText = `left:${percent(item.x, box.w)};top:${percent(item.y, box.h)};width:${percent(item.w, box.w)};height:${percent(item.h, box.h)}`;
  item.element = made;
  if (item.route) drawRoute(made, item);
  else drawArea(made, item);
  return made;
}

function drawRoute(made, item) {
  const { route } = item;
  made.className = item.w < 9 || item.h < 9 ? "cell tiny" : "cell";
  made.dataset.v = route.verdict;
  if (route.worst) made.dataset.found = route.worst;
  made.setAttribute("aria-label", describe(route));
  made.setAttribute("aria-selected", route.index === view.selected);
  const isWide = item.w >= 52;
  if (item.h < 13 || item.w < 32) return;
  const methods = isWide ? route.methods.join(",") : shortened(route.methods);
  const isTall = item.h >= 28;
  const label = document.createElement("span");
  label.className = "label";
  label.textContent = isWide && !isTall ? `${methods} ${remaining(route, item.area)}` : methods;
  made.append(label);
  if (isWide && isTall) made.append(element("span", { class: "label path" }, remaining(route, item.area)));
}

// The part of a path that the area's name does not say already.
function remaining(route, area) {
  if (!area.said) return route.path;
  return route.segments.slice(area.said).join("/") || "/";
}

function drawArea(made, item) {
  made.className = item.head ? "area" : "area bare";
  made.setAttribute("aria-expanded", "true");
  made.setAttribute("aria-label", `${item.area.label}, ${plural(item.area.count, "route")}`);
  if (!item.head) return;
  const label = view.by === "url" && item.area.said ? `/${item.area.label}`.replace(/^\/(\{…\}\/)+/, "…/") : item.area.label;
  made.append(element("span", { class: "head" }, element("span", { class: "label" }, label), number(item.area.count)));
}

function showCrumbs(area) {
  const trail = [];
  for (let here = view.tree; here; here = here === area ? null : here.areas.find((each) => area.key === each.key || area.key.startsWith(`${each.key}/`))) {
    trail.push(here);
  }
  const crumb = (each, last) =>
    element("button", { type: "button", class: "crumb", "aria-current": last ? "true" : null, click: () => enter(each.key) },
      each.key ? each.label : "All areas", number(each.count));
  at("crumbs").replaceChildren(...trail.map((each, index) => crumb(each, index === trail.length - 1)));
}

function enter(key) {
  view.key = key;
  drawPicture();
  at("map").querySelector('[tabindex="0"]')?.focus({ preventScroll: true });
}

function leave() {
  if (!view.key) return false;
  const from = view.key;
  const crumbs = at("crumbs").children;
  crumbs[crumbs.length - 2]?.click();
  const back = view.items.find((item) => !item.route && item.area.key === from);
  if (back) focusItem(back);
  return true;
}

function select(index) {
  const before = view.items.find((item) => item.route?.index === view.selected);
  before?.element.setAttribute("aria-selected", "false");
  view.selected = index;
  const now = view.items.find((item) => item.route?.index === index);
  now?.element.setAttribute("aria-selected", "true");
}

function focusItem(item) {
  const map = at("map");
  map.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
  item.element.tabIndex = 0;
  item.element.focus({ preventScroll: true });
}

// The nearest one in a direction: straight ahead counts for more than aside.
function neighbour(from, key) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  const here = centre(from);
  let [best, least] = [null, Infinity];
  for (const item of view.items) {
    if (item === from || (!item.route && !item.head)) continue;
    const there = centre(item);
    const ahead = (there.x - here.x) * dx + (there.y - here.y) * dy;
    const aside = Math.abs((there.x - here.x) * dy) + Math.abs((there.y - here.y) * dx);
    if (ahead <= 0.5) continue;
    const distance = ahead + aside * 2.5;
    if (distance < least) [best, least] = [item, distance];
  }
  return best;
}

// Of an area, what can be seen and pressed of it is its head.
const centre = (item) => ({ x: item.x + Math.min(item.w, item.route ? item.w : 60) / 2, y: item.y + (item.route ? item.h : item.head) / 2 });

function pictureKey(event) {
  const item = view.items[event.target.closest?.("[data-n]")?.dataset.n];
  if (!item) return;
  if (event.key.startsWith("Arrow")) {
    const next = neighbour(item, event.key);
    if (next) focusItem(next);
  } else if (event.key === "Home" || event.key === "End") {
    focusItem(view.items.at(event.key === "Home" ? 0 : -1));
  } else if (event.key === "Enter" || event.key === " ") {
    press(item);
  } else return;
  event.preventDefault();
}

function press(item) {
  if (item.route) open({ route: item.route.index }, item.element);
  else enter(item.area.key);
}

function showTip(target) {
  const item = view.items[target?.closest?.("#map [data-n]")?.dataset.n];
  const tip = at("tip");
  tip.hidden = !item;
  if (!item) return;
  if (item.route) {
    const { route } = item;
    tip.replaceChildren(
      element("b", null, route.label),
      element("span", null, swatch(route.verdict), `${VERDICTS[route.verdict].label}: ${VERDICTS[route.verdict].says}`),
      route.guards.length ? element("span", null, `by ${[...new Set(route.guards.map((each) => each.name))].join(", ")}`) : "",
      route.findings.length ? element("span", null, plural(route.findings.length, "finding")) : "",
    );
  } else tip.replaceChildren(element("b", null, item.area.label), element("span", null, plural(item.area.count, "route")));
  const box = item.element.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const below = box.top + (item.route ? box.height : Math.min(box.height, 18)) + 6;
  const top = below + size.height < innerHeight ? below : Math.max(box.top - size.height - 6, 4);
  tip.style.left = `${Math.max(4, Math.min(box.left, innerWidth - size.width - 8))}px`;
  tip.style.top = `${top}px`;
}

function startPicture() {
  const map = at("map");
  map.addEventListener("keydown", pictureKey);
  map.addEventListener("click", (event) => {
    const item = view.items[event.target.closest("[data-n]")?.dataset.n];
    if (!item) return;
    focusItem(item);
    press(item);
  });
  map.addEventListener("mouseover", (event) => showTip(event.target));
  map.addEventListener("mouseleave", () => showTip(null));
  map.addEventListener("focusin", (event) => showTip(event.target.matches(":focus-visible") ? event.target : null));
  map.addEventListener("focusout", () => showTip(null));
  addEventListener("scroll", () => showTip(null), { passive: true });
  for (const [id, key] of [["areas", "by"], ["sizes", "size"]]) {
    at(id).addEventListener("change", (event) => {
      view[key] = event.target.value;
      if (key === "by") view.key = "";
      drawPicture();
    });
  }
  let width = map.clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(map.clientWidth - width) < 2 || !map.clientWidth) return;
    width = map.clientWidth;
    drawPicture();
  }).observe(map);
  whenChanged(drawPicture);
}
