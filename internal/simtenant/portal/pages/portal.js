// Keep the page fresh while nobody types into it.
setInterval(() => {
  const busy = document.activeElement && ['TEXTAREA', 'SELECT', 'INPUT'].includes(document.activeElement.tagName);
  const text = [...document.querySelectorAll('textarea')].some((t) => t.value);
  if (!busy && !text && !document.hidden) location.reload();
}, 15000);
