// What every page of the console has of script: two conveniences. Every page works without them.
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
