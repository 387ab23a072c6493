// Light, dark, or as the system says. Runs before the page is drawn, so that it never flashes. The application at
// `/` has its own switch for the same choice; the documentation has a list.
(() => {
  const root = document.documentElement;
  const apply = (theme) => (theme === "system" ? delete root.dataset.theme : (root.dataset.theme = theme));
  let kept = "system";
  try {
    kept = localStorage.getItem("theme") ?? kept;
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
  apply(kept);
  document.addEventListener("DOMContentLoaded", () => {
    const select = document.getElementById("theme");
    if (!select) return;
    select.value = kept;
    select.addEventListener("change", () => {
      apply(select.value);
      try {
        localStorage.setItem("theme", select.value);
      } catch {
        // As above.
      }
    });
  });
})();
