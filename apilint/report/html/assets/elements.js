// Plain values -> elements. Text becomes text nodes and nothing else.

const at = (id) => document.getElementById(id);

function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (typeof value === "function") made.addEventListener(name, value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return made;
}

// What a message quotes, as code.
function prose(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(/(?<!\w)'([^'\n]+)'(?!\w)|`([^`\n]+)`/g)) {
    parts.push(text.slice(end, match.index), element("code", null, match[1] ?? match[2]));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

// A path or a dotted name that a narrow column breaks between its words.
function breakable(text) {
  return text.split(/(?<=[/_.:])(?=\w)/).flatMap((part, index) => (index ? [element("wbr"), part] : [part]));
}

// What a rule says: paragraphs, lists and fenced code.
function article(text) {
  return text.split(/(^```[\s\S]*?^```)/m).flatMap((part) => {
    const fence = part.match(/^```\w*\n([\s\S]*?)\n?```$/);
    if (fence) return element("pre", { class: "sample" }, fence[1]);
    return part.split(/\n{2,}/).map((each) => each.trim()).filter(Boolean).map((each) => {
      const items = each.split(/\n(?=- )/);
      if (!items[0].startsWith("- ")) return element("p", null, prose(each.replace(/\s*\n\s*/g, " ")));
      return element("ul", null, items.map((item) => element("li", null, prose(item.slice(2)))));
    });
  });
}

// A link to the world outside, if it is one.
function outside(address, ...children) {
  if (!/^https?:\/\/[^\s]+$/.test(address)) return children;
  return element("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, children);
}

const NUMBERS = new Intl.NumberFormat("en");
const plural = (count, noun) => `${NUMBERS.format(count)} ${noun}${count === 1 ? "" : "s"}`;

// One of the items can be reached with Tab, the arrows go to the others.
function roving(container, selector) {
  const items = () => [...container.querySelectorAll(selector)];
  container.addEventListener("focusin", (event) => {
    const item = event.target.closest(selector);
    if (!item) return;
    container.querySelector(`${selector}[tabindex="0"]`)?.setAttribute("tabindex", "-1");
    item.tabIndex = 0;
  });
  container.addEventListener("keydown", (event) => {
    const all = items();
    const here = all.indexOf(document.activeElement);
    if (here < 0) return;
    const last = all.length - 1;
    const steps = { ArrowUp: here - 1, ArrowLeft: here - 1, ArrowDown: here + 1, ArrowRight: here + 1, Home: 0, End: last };
    if (!(event.key in steps)) return;
    event.preventDefault();
    all[Math.min(Math.max(steps[event.key], 0), last)].focus();
  });
}
