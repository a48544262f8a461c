// Pages work without this script. With it, uploads show how far they are and results come by
// themselves. Words come from the page, in its language.
"use strict";

// --- regions that keep themselves up to date ---------------------------------------------

const LONGEST_PAUSE_MS = 15000;

function keepUpToDate(region) {
  const pace = () => Number(region.querySelector("[data-every]")?.dataset.every || 0);
  let failures = 0;

  function later() {
    if (!pace()) return;
    const wait = Math.min(pace() * 2 ** failures, LONGEST_PAUSE_MS);
    setTimeout(document.hidden ? later : ask, wait);
  }

  async function ask() {
    try {
      const answer = await fetch(region.dataset.live, { headers: { "X-CSRF-Token": "" } });
      if (answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      replace(region, await answer.text());
      failures = 0;
      lost(region, false);
    } catch {
      failures += 1;
      lost(region, failures > 1);
    }
    later();
  }

  later();
}

function replace(region, text) {
  const typing = region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
  const busy = typing || [...region.querySelectorAll("textarea")].some((t) => t.value !== t.defaultValue);
  if (busy || region.dataset.last === text) return;
  const open = [...region.querySelectorAll("details[open][data-keep]")].map((d) => d.dataset.keep);
  const links = () => [...region.querySelectorAll("a[href]")];
  const focus = document.activeElement?.getAttribute("href");
  const place = links().indexOf(document.activeElement);
  region.innerHTML = text;
  region.dataset.last = text;
  for (const kept of region.querySelectorAll("details[data-keep]")) {
    kept.open = open.includes(kept.dataset.keep);
  }
  if (place < 0) return;
  // What went from a list leaves the focus to its neighbour: else one would begin at the top again.
  const again = links().find((link) => link.getAttribute("href") === focus) || links()[place] || links().at(-1);
  again?.focus({ preventScroll: true });
}

function lost(region, is) {
  let notice = document.querySelector(".lost");
  if (is && !notice) {
    notice = document.createElement("div");
    notice.className = "notice wait lost";
    notice.setAttribute("role", "status");
    notice.textContent = region.dataset.lost;
    region.after(notice);
  } else if (!is && notice) {
    notice.remove();
  }
}

// --- uploads -------------------------------------------------------------------------------

const CUT_OFF = "cut off";

const names = (files) => [...files].map((file) => file.name).join(" · ");

function makeUpload(form) {
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  const list = form.querySelector(".sending");
  const chosen = form.querySelector(".chosen");
  drop.classList.add("scripted");
  input.addEventListener("change", () => {
    chosen.textContent = names(input.files);
  });

  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    sendAll();
  });
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendAll();
  });

  async function sendAll() {
    const files = [...input.files];
    if (!files.length) {
      chosen.textContent = form.dataset.empty;
      input.focus();
      return;
    }
    const button = form.querySelector("button");
    button.disabled = true;
    list.replaceChildren();
    const lines = files.map((file) => line(file.name));
    const results = [];
    for (const [index, file] of files.entries()) {
      results.push(await send(file, lines[index]));
    }
    button.disabled = false;
    choose(files.filter((_, index) => results[index] === CUT_OFF));
    if (results.every((url) => url && url !== CUT_OFF)) {
      location.assign(results.length === 1 ? results[0] : form.dataset.list);
    }
  }

  // What did not get through stays chosen, so that "try again" is one click.
  function choose(files) {
    const kept = new DataTransfer();
    for (const file of files) kept.items.add(file);
    input.files = kept.files;
    chosen.textContent = names(input.files);
  }

  function line(name) {
    const item = document.createElement("li");
    const label = document.createElement("span");
    label.textContent = name;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `${form.dataset.sending} ${name}`);
    const said = document.createElement("p");
    item.append(label, bar, said);
    list.append(item);
    return { bar, said };
  }

  function send(file, { bar, said }) {
    return new Promise((resolve) => {
      const fail = (text, outcome = null) => {
        said.className = "bad";
        said.textContent = text;
        bar.remove();
        resolve(outcome);
      };
      if (!/\.(xml|zip|xlsx)$/i.test(file.name)) return fail(form.dataset.wrong);
      const asked = new URLSearchParams({ _for: form.elements._for.value });
      if (form.elements.check_only.checked) asked.set("check_only", "true");
      const request = new XMLHttpRequest();
      request.open("POST", `${form.dataset.upload}?${asked}`);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRF-Token", form.elements.csrf.value);
      request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => {
        bar.value = event.loaded / (event.total || 1);
        said.textContent = event.loaded < event.total ? form.dataset.sending : form.dataset.storing;
      };
      request.onerror = () => fail(form.dataset.failed, CUT_OFF);
      request.onload = () => {
        const answer = parsed(request.responseText);
        const later = request.status >= 500 ? CUT_OFF : null;
        if (request.status !== 202) return fail(words(answer) || form.dataset.failed, later);
        bar.value = 1;
        said.textContent = `${form.dataset.taken} · `;
        const link = document.createElement("a");
        link.href = answer.url;
        link.textContent = form.dataset.see;
        said.append(link);
        resolve(answer.url);
      };
      request.send(file);
    });
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function words(problem) {
  const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  const said = [problem[`text_${language}`], problem[`remedy_${language}`]];
  return said.filter(Boolean).join(" ");
}

for (const region of document.querySelectorAll("[data-live]")) keepUpToDate(region);
for (const form of document.querySelectorAll("form[data-upload]")) makeUpload(form);
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
