/**
 * Makes an element. Texts become text nodes, so nothing that is shown is ever read as HTML.
 * @param {string} name
 * @param {Record<string, unknown> | null} properties `class`, `aria-…`, `data-…` and `for` are attributes, `on…` are
 *   listeners, anything else is a property.
 * @param {...(Node | string | number | null | undefined | false)} children What is not there is left out.
 */
export function element(name, properties = null, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (key in made && !key.includes("-")) made[key] = value;
    else made.setAttribute(key === "class" ? "class" : key, String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/** A button that copies what `text` returns, and says so. @param {() => string} text */
export function copyButton(text, label = "Copy") {
  const button = element("button", { type: "button", class: "small" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}
