/* Sets the chosen theme before the first paint: the page's own script comes later, and the policy forbids inline ones. */
{
  const kept = localStorage.getItem('t2c:theme');
  if (kept === 'light' || kept === 'dark') document.documentElement.dataset.theme = kept;
}
