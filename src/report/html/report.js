"use strict";
// Sorts a table by the clicked column: numbers by data-v, texts by content; cells without a value stay last.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), table = head.closest("table"), body = table.tBodies[0];
    const column = [...head.parentNode.children].indexOf(head);
    const first = head.dataset.first || "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = head.getAttribute("aria-sort") === first ? other : first;
    for (const cell of head.parentNode.children) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const key = (row) => row.children[column].dataset.v;
    const rows = [...body.rows].sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === "" || y === "") return (x === "") - (y === "");
      return sign * (isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y);
    });
    body.append(...rows);
  });
}
const toggle = document.getElementById("toggle-videos");
if (toggle) {
  const videos = [...document.querySelectorAll("video")];
  let playing = true;
  // A page of many videos loads and plays those that are in view.
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && playing) target.play().catch(() => {}); else target.pause();
    }
  });
  for (const video of videos) if (!video.autoplay) seen.observe(video);
  toggle.addEventListener("click", () => {
    playing = !playing;
    // From the start together, so that the same moment is seen in every column.
    for (const video of videos) {
      if (!playing) { video.pause(); continue; }
      if (!video.autoplay) { seen.unobserve(video); seen.observe(video); continue; }
      video.currentTime = 0;
      video.play().catch(() => {});
    }
    toggle.textContent = playing ? "Pause all" : "Play all";
  });
}
