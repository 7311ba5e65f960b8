// Routes -> areas within areas -> rectangles.

const DEPTH = 3;
const FEW = 3;
const THIN = 8; // pixels

const TRAILS = {
  url: (route) => [...(several ? [nameOfMade(route.app)] : []), ...route.trail],
  router: (route) => [...(several ? [nameOfMade(route.app)] : []), route.router ? nameOfMade(route.router) : nameOf(route.at[0])],
  file: (route) => nameOf(route.at[0]).split("/"),
};

const several = new Set(routes.map((route) => route.app ?? "")).size > 1;

// `shop/api.py:12`, the place where an application or a router is made; without the line where it is the only one there.
const made = new Set(routes.flatMap((route) => [route.app, route.router]).filter(Boolean));
const perFile = counted([...made], (each) => each.replace(/:\d+$/, ""));
const folder = shared([...perFile.keys()]);
function nameOfMade(where) {
  const file = (where ?? "").replace(/:\d+$/, "");
  return (perFile.get(file) > 1 ? where : file).slice(folder.length);
}

// The folder that all files lie in, with its slash.
function shared(files) {
  const [first = "", ...rest] = files;
  let end = rest.length ? first.lastIndexOf("/") + 1 : 0;
  while (end > 0 && !rest.every((file) => file.startsWith(first.slice(0, end)))) end = first.lastIndexOf("/", end - 2) + 1;
  return first.slice(0, end);
}

function grown(chosen, by, weigh) {
  const root = node("", "", 0);
  const isSaid = (depth) => by === "url" && (depth > 0 || !several);
  for (const route of chosen) {
    let here = root;
    TRAILS[by](route).forEach((label, depth) => {
      const key = `${here.key}/${label}`;
      const said = isSaid(depth) ? here.said + label.split("/").length : 0;
      if (!here.inside.has(label)) here.inside.set(label, node(key, label, said));
      here = here.inside.get(label);
    });
    here.own.push({ route, weight: weigh(route) });
  }
  return pruned(root, 0);
}

// `said` counts the segments of a path that the area's name holds.
const node = (key, label, said) => ({ key, label, said, inside: new Map(), own: [], areas: [], count: 0, weight: 0 });

// Without areas that hold one area only, or hardly anything.
function pruned(area, depth) {
  for (let [, inner] of area.inside) {
    inner = pruned(inner, depth + 1);
    if (inner.count < (depth ? FEW : 2) && (area.inside.size > 1 || area.own.length)) area.own.push(...leaves(inner));
    else area.areas.push(inner);
  }
  if (area.areas.length === 1 && !area.own.length && area.key) {
    const only = area.areas[0];
    return { ...only, label: `${area.label}/${only.label}` };
  }
  area.count = area.own.length + area.areas.reduce((sum, each) => sum + each.count, 0);
  area.weight = [...area.own, ...area.areas].reduce((sum, each) => sum + each.weight, 0);
  area.own.sort((one, other) => other.weight - one.weight || one.route.index - other.route.index);
  return area;
}

const leaves = (area) => [...area.own, ...area.areas.flatMap(leaves)];

function within(area, key) {
  if (area.key === key) return area;
  for (const each of area.areas) {
    const found = key.startsWith(each.key) && within(each, key);
    if (found) return found;
  }
  return null;
}

// Everything that is drawn, areas before what lies in them.
function laidOut(area, box) {
  const items = [];
  fill(area, box, 0, items);
  return items;
}

function fill(area, box, depth, items) {
  const parts = depth < DEPTH ? [...area.areas, ...area.own] : leaves(area);
  parts.sort((one, other) => other.weight - one.weight);
  const boxes = visible(parts.map((each) => each.weight), box);
  parts.forEach((part, index) => {
    const inner = boxes[index];
    if (part.route) {
      items.push({ ...inner, depth, route: part.route, area });
      return;
    }
    const gap = Math.min(inner.w, inner.h) > 36 ? 3 : 1;
    const framed = { x: inner.x + gap / 2, y: inner.y + gap / 2, w: inner.w - gap, h: inner.h - gap };
    const head = framed.h > 40 && framed.w > 46 ? 18 : 0;
    items.push({ ...framed, depth, area: part, head });
    const pad = head ? 2 : 1;
    const rest = { x: framed.x + pad, y: framed.y + (head || pad), w: framed.w - 2 * pad, h: framed.h - (head || pad) - pad };
    fill(part, rest, depth + 1, items);
  });
}

// The same with more room for what would be a sliver: a few routes beside an area of hundreds.
function visible(weights, box) {
  const boxes = squares(weights, box);
  if (Math.min(box.w, box.h) < 10 * THIN) return boxes;
  const isThin = ({ w, h }) => Math.min(w, h) < THIN && Math.max(w, h) > 4 * Math.min(w, h);
  if (!boxes.some(isThin)) return boxes;
  return squares(weights.map((each, index) => (isThin(boxes[index]) ? (each * 1.5 * THIN) / Math.min(boxes[index].w, boxes[index].h) : each)), box);
}

// The squarified treemap of Bruls, Huizing and van Wijk: rows along the shorter side, each as near to squares as can be.
function squares(weights, box) {
  const boxes = new Array(weights.length);
  const total = weights.reduce((sum, each) => sum + each, 0);
  const scale = total ? (box.w * box.h) / total : 0;
  let { x, y, w, h } = box;
  let start = 0;
  while (start < weights.length) {
    const side = Math.max(Math.min(w, h), 0.01);
    let end = start;
    let sum = 0;
    let best = Infinity;
    while (end < weights.length) {
      const next = sum + weights[end] * scale;
      const ratio = worstRatio(weights[start] * scale, weights[end] * scale, next, side);
      if (ratio > best) break;
      [best, sum, end] = [ratio, next, end + 1];
    }
    const thick = sum / side;
    const across = w < h;
    let along = 0;
    for (; start < end; start += 1) {
      const length = (weights[start] * scale) / (thick || 1);
      boxes[start] = across ? { x: x + along, y, w: length, h: thick } : { x, y: y + along, w: thick, h: length };
      along += length;
    }
    if (across) [y, h] = [y + thick, h - thick];
    else [x, w] = [x + thick, w - thick];
  }
  return boxes;
}

function worstRatio(largest, smallest, sum, side) {
  const square = side * side;
  return Math.max((square * largest) / (sum * sum), (sum * sum) / (square * smallest));
}
