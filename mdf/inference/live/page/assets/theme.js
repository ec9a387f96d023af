"use strict";
// Light or dark: as the system says, or as the button has said.
const root = document.documentElement;
const kept = localStorage.getItem("mdf-theme");
if (kept) root.dataset.theme = kept;
addEventListener("DOMContentLoaded", () => {
  document.getElementById("theme")?.addEventListener("click", () => {
    const dark = getComputedStyle(root).colorScheme.trim() === "dark";
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("mdf-theme", root.dataset.theme);
  });
});
