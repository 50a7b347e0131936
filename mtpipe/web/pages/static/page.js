// What the pages do beyond what forms and links do. Everything works without it, too.
"use strict";

document.documentElement.classList.add("has-script");

// Files dropped on a field are its files.
for (const source of document.querySelectorAll("[data-drop]")) {
  const input = source.querySelector("input[type=file]");
  const chosen = source.querySelector("[data-chosen]");
  const show = () => {
    chosen.textContent = Array.from(input.files, (file) => file.name).join(", ");
  };
  input.addEventListener("change", show);
  show();
  source.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    source.classList.add("is-over");
  });
  source.addEventListener("dragleave", (event) => {
    if (!source.contains(event.relatedTarget)) source.classList.remove("is-over");
  });
  source.addEventListener("drop", (event) => {
    const dropped = Array.from(event.dataTransfer.files);
    source.classList.remove("is-over");
    if (!dropped.length) return;
    event.preventDefault();
    const kept = new DataTransfer();
    for (const file of input.multiple ? dropped : dropped.slice(0, 1)) kept.items.add(file);
    input.files = kept.files;
    source.querySelector(".way-file").checked = true;
    show();
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await copy(button.dataset.copy);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea"); // plain http, where there is no clipboard
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    setTimeout(() => { for (const button of form.querySelectorAll("button")) button.disabled = true; });
  });
}
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-once] button")) button.disabled = false;
});

// Times are written in UTC, and shown in the reader's own zone.
const written = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  const when = new Date(time.dateTime);
  if (!Number.isNaN(when.getTime())) time.textContent = written.format(when);
}

// A job's page follows it, and shows its results when there are any.
for (const section of document.querySelectorAll("[data-events]")) {
  const events = new EventSource(section.dataset.events);
  const bar = section.querySelector("progress");
  const spoken = document.querySelector("[data-spoken]");
  let said = "";
  events.addEventListener("job", (event) => {
    const job = JSON.parse(event.data);
    if (job.is_final) {
      events.close();
      location.reload();
      return;
    }
    if (job.percent === null) bar.removeAttribute("value");
    else { bar.max = 100; bar.value = job.percent; }
    section.querySelector("h2").textContent = job.heading;
    section.querySelector("[data-count]").textContent = job.count;
    section.querySelector("[data-left]").textContent = job.left;
    const tenth = `${job.heading} ${job.percent === null ? "" : Math.floor(job.percent / 10)}`;
    if (tenth !== said) spoken.textContent = `${job.heading} ${job.count}`; // not each of a thousand steps
    said = tenth;
  });
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
  });
}

// The list of jobs keeps itself up to date, part by part, so that nothing in use is replaced.
const live = document.querySelector("[data-live]");
if (live) {
  const follow = setInterval(async () => {
    const answer = await fetch(live.dataset.live).catch(() => null);
    if (!answer || !answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const shown = document.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
      if (!shown || shown.innerHTML === part.innerHTML || shown.contains(document.activeElement)) continue;
      shown.replaceChildren(...Array.from(part.childNodes, (node) => document.importNode(node, true)));
    }
    if (!fresh.querySelector("[data-live]")) clearInterval(follow);
  }, 2500);
}
