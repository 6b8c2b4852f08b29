"use strict";
// Figures are saved from the page itself, so that it needs no other file.
for (const link of document.querySelectorAll("a[data-figure]")) {
  link.href = document.getElementById(link.dataset.figure).querySelector("img").src;
}
