// A form that a passkey answers: <form data-passkey="get" or "create" data-options="..."> with a hidden field "answer".
// The browser's own dialog does the rest; what it says goes back with the form. Nothing is sent in any other way.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const said = form.querySelector("[data-said]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.hidden = true;
    const kind = form.dataset.passkey === "create" ? "Creation" : "Request";
    try {
      const options = PublicKeyCredential[`parse${kind}OptionsFromJSON`](JSON.parse(form.dataset.options));
      const made = await navigator.credentials[form.dataset.passkey]({ publicKey: options });
      form.elements.answer.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch {                                                // cancelled, too late, not this one, or none there
      said.hidden = false;
      said.focus();
    }
  });
}
