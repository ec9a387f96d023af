try {
  const chosen = localStorage.getItem("mdf-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch { /* a page opened from a file may have no storage */ }
