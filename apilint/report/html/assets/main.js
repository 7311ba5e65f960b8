// What the page starts with.

function showHead() {
  at("project").textContent = data.project || "API";
  const open_ = routes.filter((route) => route.verdict === "none").length;
  const parts = [
    element("b", null, plural(routes.length, "route")), ", ",
    open_ ? element("b", { class: "alarm" }, `${NUMBERS.format(open_)} open to anyone`) : "none open to anyone", 
    ...(data.files_analysed ? ["; ", element("b", null, plural(findings.length, "finding")), ` in ${plural(data.files_analysed, "file")}`] : []),
    data.suppressed ? `, ${NUMBERS.format(data.suppressed)} accepted` : "", ".",
    data.revision ? element("span", { class: "revision" }, " Revision ", element("code", null, data.revision.slice(0, 10))) : "",
  ];
  at("statement").append(...parts.filter(Boolean));
}

function showProblems() {
  const broken = data.problems.filter((each) => each.fatal);
  const notes = data.problems.filter((each) => !each.fatal);
  const lines = (problems) => element("ul", null, problems.map((each) => element("li", null, each.at ? [place(each.at), ": "] : "", prose(each.message))));
  if (broken.length) at("problems").append(element("details", { class: "notice", open: true }, element("summary", null, `${plural(broken.length, "problem")} kept part of the program from being analysed`), lines(broken)));
  if (notes.length) at("problems").append(element("details", { class: "notice faint" }, element("summary", null, `${plural(notes.length, "note")} on what could not be resolved`), lines(notes)));
}

const THEMES = { "": ["Auto colours", "as the system has them"], light: ["Light", "light"], dark: ["Dark", "dark"] };

function nextTheme() {
  const names = Object.keys(THEMES);
  const name = names[(names.indexOf(document.documentElement.dataset.theme ?? "") + 1) % names.length];
  document.documentElement.dataset.theme = name;
  at("theme").textContent = THEMES[name][0];
  at("theme").setAttribute("aria-label", `Colours: ${THEMES[name][1]}`);
}

function anyKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.closest?.("input, select, textarea");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    at("words").focus();
    at("words").select();
  } else if (event.key === "Escape") {
    if (event.target === at("words") && wanted.words) return;
    if (back() || leave()) event.preventDefault();
  }
}

showHead();
showProblems();
startFilters();
startPicture();
startLists();
drawPicture();
drawTop();
openAddress();
at("theme").addEventListener("click", nextTheme);
addEventListener("hashchange", openAddress);
addEventListener("keydown", anyKey);
// Two frames on, the picture stands on the screen.
requestAnimationFrame(() => requestAnimationFrame(() => {
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}));
