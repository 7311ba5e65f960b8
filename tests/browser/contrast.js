// The least contrast (WCAG 2) between a text and the colour below it.
() => {
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const bytes = (color) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    return pixel.getImageData(0, 0, 1, 1).data;
  };
  const linear = (byte) => (byte / 255 <= 0.03928 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = (color) => {
    const [red, green, blue] = [...bytes(color)].map(linear);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const below = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      if (bytes(color)[3] === 255) return color;
    }
    return "white";
  };
  let least = { ratio: 99 };
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data.trim()).join("");
    if (!text || !element.checkVisibility() || element.closest(".unseen, option, script, .skip")) continue;
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(below(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < least.ratio) least = { ratio, text, name: element.className };
  }
  return least;
}
