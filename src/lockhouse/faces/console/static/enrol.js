// An invitation's code stands behind the # of its link, where no server, log or proxy sees it. It goes on by a form, and
// out of the address bar and the history.
const asked = document.querySelector("form[data-link]");
if (location.hash.length > 1) {
  asked.elements.link.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  asked.submit();
}
