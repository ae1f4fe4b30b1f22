// Keep the page fresh while nobody works on it.
setInterval(() => {
  const busy = document.activeElement && ['TEXTAREA', 'SELECT', 'INPUT', 'BUTTON'].includes(document.activeElement.tagName);
  const typed = [...document.querySelectorAll('textarea, input[name=tag], input[name=into]')].some((field) => field.value);
  const marked = document.querySelector('input[name=incident]:checked, details[open]');
  if (!busy && !typed && !marked && !document.hidden) location.reload();
}, 15000);
