// Forms work without this script. With it they are kept and checked as one leaves a field, codes
// are found as one types, and lines come and go without loading the page again.
"use strict";

const QUIET_MS = 1500;
const LEFT_MS = 150;
const AGAIN_MS = 5000;
const LINES = /^(add|copy|delete|paste):/;

function makeForm(form) {
  const state = form.querySelector(".save-state");
  const touched = new Set();
  let timer = 0;
  let wanted = false;
  let stopped = false;
  let saving = null;

  const say = (text, tone) => {
    state.textContent = text;
    state.className = `save-state ${tone || ""}`;
  };

  // --- keeping and checking ---------------------------------------------------------------

  function later(wait) {
    if (stopped) return;
    clearTimeout(timer);
    wanted = true;
    timer = setTimeout(save, wait);
  }

  async function save() {
    clearTimeout(timer);
    if (saving) return saving.then(() => (wanted ? save() : null));
    if (!wanted || stopped) return null;
    wanted = false;
    saving = keep().finally(() => { saving = null; });
    return saving;
  }

  async function keep() {
    say(form.dataset.saving);
    const sent = new URLSearchParams(new FormData(form));
    sent.set("_do", "save");
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body: sent, keepalive: sent.toString().length < 60000, headers: headers("application/json") });
    } catch {
      say(form.dataset.lost, "bad");
      return later(AGAIN_MS);
    }
    if (answer.status === 401) return stop(form.dataset.out);
    if (!answer.ok) {
      say(form.dataset.lost, "bad");
      return later(AGAIN_MS);
    }
    const told = await answer.json();
    if (told.overtaken) return stop(form.dataset.overtaken);
    take(told, sent);
    return null;
  }

  const headers = (accept) => ({ Accept: accept, "X-CSRF-Token": form.elements.csrf.value });

  function stop(text) {
    stopped = true;
    say(text, "bad");
  }

  function take(told, sent) {
    for (const [name, version] of Object.entries(told.versions)) form.elements[name].value = version;
    if (new URL(told.where, location.href).pathname !== location.pathname) {
      form.action = told.where;
      history.replaceState(null, "", told.where);
    }
    for (const [name, value] of Object.entries(told.values)) {
      const input = form.elements[name];
      if (input && input.value === sent.get(name)) input.value = value;
    }
    for (const id of touched) show(id, told.said[id] || "");
    say(`${form.dataset.saved} ${told.saved}`);
  }

  function show(id, markup) {
    const place = document.getElementById(`${id}-said`);
    const input = document.getElementById(id);
    if (!place || !input || place.innerHTML === markup) return;
    place.innerHTML = markup;
    const field = input.closest(".field");
    const bad = place.querySelector(".bad, .wait");
    field.classList.remove("bad", "wait", "note");
    if (place.firstElementChild) field.classList.add(bad ? (bad.matches(".bad") ? "bad" : "wait") : "note");
    if (bad) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  form.addEventListener("input", (event) => {
    if (event.target.dataset.codes) findCodes(event.target);
    if (event.target.closest("#form-body")) later(QUIET_MS);
  });
  form.addEventListener("focusout", (event) => {
    if (!event.target.dataset?.kind) return;
    touched.add(event.target.id);
    later(LEFT_MS);
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === form.querySelector("#form-body").dataset.switch) follow(event.target);
    if (event.target.list) mean(event.target);
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });

  // --- sending ----------------------------------------------------------------------------

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    clearTimeout(timer);
    if (saving) {
      // Its answer brings the version that this one has to carry.
      event.preventDefault();
      wanted = false;
      saving.then(() => form.requestSubmit(button));
    } else if (button && LINES.test(button.value) && !stopped) {
      event.preventDefault();
      change(button.value);
    }
  });

  form.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") || "";
    const cell = event.target.closest("table.lines") && event.target.name;
    if (!cell || event.target.matches("textarea") || !/[\t\n]/.test(text.trimEnd())) return;
    event.preventDefault();
    change(`paste:${cell}`, text);
  });

  async function change(action, pasted) {
    await save();
    const sent = new URLSearchParams(new FormData(form));
    sent.set("_do", action);
    if (pasted !== undefined) sent.set(`_paste.${action.slice(6)}`, pasted);
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body: sent, headers: { Accept: "text/html" } });
    } catch {
      return say(form.dataset.lost, "bad");
    }
    if (answer.status === 401) return stop(form.dataset.out);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("#paper-form");
    if (!fresh) return location.reload();
    const open = [...document.querySelectorAll("details[open][data-keep]")].map((each) => each.dataset.keep);
    for (const id of ["form-top", "form-body"]) {
      document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
    }
    for (const kept of document.querySelectorAll("details[data-keep]")) {
      if (open.includes(kept.dataset.keep)) kept.open = true;
    }
    for (const input of fresh.querySelectorAll("input[type=hidden]")) {
      if (form.elements[input.name]) form.elements[input.name].value = input.value;
    }
    form.action = fresh.getAttribute("action");
    if (answer.url && answer.ok) history.replaceState(null, "", answer.url);
    if (answer.status === 409) stop(form.dataset.overtaken);
    else say(fresh.querySelector(".save-state").textContent);
    goOn(action);
    return null;
  }

  function goOn(action) {
    const [verb, place] = [action.split(":")[0], action.slice(action.indexOf(":") + 1)];
    if (verb === "paste" && form.elements[place]) return form.elements[place].focus();
    const group = place.replace(/\.\d.*$/, "");
    const lines = form.querySelectorAll(`table[data-group="${CSS.escape(group)}"] tbody.line`);
    const last = lines[lines.length - 1];
    const inputs = last ? [...last.querySelectorAll("input[data-kind], textarea[data-kind]")] : [];
    const target = inputs.find((input) => !input.value) || inputs[0];
    if (target) target.focus();
    else document.getElementById("form-body").querySelector(`button[value="add:${CSS.escape(group)}"]`)?.focus();
    return null;
  }

  // --- conditional fields -----------------------------------------------------------------

  function follow(input) {
    for (const field of form.querySelectorAll("[data-given], [data-absent]")) {
      const given = (field.dataset.given || "").split(" ").includes(input.value);
      const absent = (field.dataset.absent || "").split(" ").includes(input.value);
      const own = field.querySelector("[data-kind]");
      field.hidden = absent && !own.value && !("whole" in form.dataset);
      const mark = field.querySelector(".needed");
      if (mark && field.dataset.given) {
        mark.hidden = !given;
        if (given) own.setAttribute("aria-required", "true");
        else own.removeAttribute("aria-required");
      }
    }
  }
}

// --- codes as one types ----------------------------------------------------------------------

const asked = new WeakMap();

function findCodes(input) {
  clearTimeout(asked.get(input));
  asked.set(input, setTimeout(async () => {
    const text = input.value.trim();
    if (!text) return;
    try {
      const answer = await fetch(`${input.dataset.codes}?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } });
      if (answer.ok) offer(input, await answer.json());
    } catch {
      // Without the list the code can still be typed, and is checked like any other.
    }
  }, LEFT_MS));
}

function offer(input, rows) {
  input.list.replaceChildren(...rows.map(([code, zh, en]) => {
    const option = document.createElement("option");
    option.value = code;
    option.textContent = en ? `${zh} · ${en}` : zh;
    return option;
  }));
  mean(input);
}

function mean(input) {
  const option = [...input.list.options].find((each) => each.value === input.value);
  const place = input.closest(".field")?.querySelector(".meaning");
  if (place) place.textContent = option ? option.textContent : "";
}

for (const form of document.querySelectorAll("form[data-form]")) makeForm(form);
document.querySelector("#summary, #overtaken")?.focus();
