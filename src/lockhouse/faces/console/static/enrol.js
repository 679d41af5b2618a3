// An invitation's code stands behind the # of its link, where no server, log or proxy sees it. It goes on by a form, and
// out of the address bar and the history; also where the link is opened on this page itself.
const asked = document.querySelector("form[data-link]");
const take = () => {
  if (location.hash.length < 2) return;
  asked.elements.link.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  asked.submit();
};
addEventListener("hashchange", take);
take();
