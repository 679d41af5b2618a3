// What every page of the console has of script: three conveniences. Every page works without them.
document.addEventListener("keydown", (event) => {            // "/" goes to the finder
  const find = document.getElementById("find");
  if (event.key !== "/" || !find || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  find.focus();
});
addEventListener("hashchange", () => {                       // what was just opened to be filled in is where one types
  document.querySelector(".inline:target .input")?.focus();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[command]");    // for browsers without invoker commands
  if (button && !("commandForElement" in button)) {
    const dialog = document.getElementById(button.getAttribute("commandfor"));
    if (button.getAttribute("command") === "show-modal") dialog?.showModal(); else dialog?.close();
  }
  const copy = event.target.closest("[data-copy]");          // copy a command or an address
  if (copy) navigator.clipboard?.writeText(document.getElementById(copy.dataset.copy).textContent)
    .then(() => { copy.textContent = copy.dataset.copied; });
});
document.querySelector("[data-focus]")?.focus();             // what went wrong is read first
