// Forms work without this script. With it they are kept and checked as one leaves a field, codes
// are found as one types, and lines come and go without loading the page again.
"use strict";

const QUIET_MS = 1500;
const LEFT_MS = 150;
const AGAIN_MS = 5000;
const PATIENCE_MS = 30000;
const MOST_WHEN_LEAVING = 60000; // A browser sends 64 KiB at most of a page that is being left.
const LINES = /^(add|copy|delete|paste|put):/;

function makeForm(form) {
  const state = form.querySelector(".save-state");
  const touched = new Set();
  let said = null; // What the server last said of this page as it stands, by field,
  let top = ""; // and above the form, once it has been checked as a whole.
  let timer = 0;
  let wanted = false; // Something on the page is not kept yet, nor under way.
  let broken = false;
  let stopped = false; // Only a page of the server's own can help: to log in, to compare.
  let leaving = false;
  let fits = true;
  let saving = null;
  let unanswered = null;

  const say = (text, tone) => {
    state.textContent = text;
    state.className = `save-state ${tone || ""}`;
  };
  const body = (action) => {
    const sent = new URLSearchParams(new FormData(form));
    sent.set("_do", action);
    if (isChecked()) sent.set("_top", "1");
    return sent;
  };

  async function post(sent, accept, more) {
    const headers = { Accept: accept, "X-CSRF-Token": form.elements.csrf.value };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await fetch(form.action, { method: "POST", body: sent, headers, signal, ...more });
    } catch {
      return null;
    }
  }

  // --- keeping and checking ---------------------------------------------------------------

  function later(wait) {
    if (stopped) return;
    clearTimeout(timer);
    wanted = true;
    if (!broken) say(form.dataset.saving);
    timer = setTimeout(save, wait);
  }

  // Whether what stood on the page when it was called is kept.
  async function save() {
    clearTimeout(timer);
    while (saving) await saving;
    if (wanted && !stopped) {
      wanted = false;
      saving = keep().finally(() => { saving = null; });
      await saving;
    }
    return !broken && !stopped;
  }

  async function keep() {
    if (!broken) say(form.dataset.saving);
    // What may have arrived although its answer did not comes first: else it would be taken for
    // somebody else's when the next one comes.
    const again = unanswered;
    const sent = again || body("save");
    fits = sent.toString().length < MOST_WHEN_LEAVING;
    const answer = await post(sent, "application/json", { keepalive: fits });
    const ended = answer && (answer.redirected ? form.dataset.filed : ending(answer));
    if (ended) return stop(ended);
    if (!answer?.ok) {
      unanswered = sent;
      return lost();
    }
    unanswered = null;
    const told = await answer.json();
    if (told.overtaken) return stop(form.dataset.overtaken);
    broken = false;
    take(told, sent);
    if (!again) return null;
    wanted = false;
    return keep();
  }

  function ending(answer) {
    if (answer.status === 400 || answer.status === 401) return form.dataset.out;
    return answer.status === 404 ? form.dataset.gone : "";
  }

  function lost() {
    broken = true;
    say(form.dataset.lost, "bad");
    later(AGAIN_MS);
  }

  function stop(text) {
    stopped = true;
    say(text, "bad");
  }

  function take(told, sent) {
    for (const [name, version] of Object.entries(told.versions)) form.elements[name].value = version;
    if (new URL(told.where, location.href).pathname !== location.pathname) moveTo(told.where);
    for (const [name, value] of Object.entries(told.values)) {
      const input = form.elements[name];
      if (input && input.value === sent.get(name)) fill(input, value);
    }
    said = told.said;
    top = told.top;
    for (const id of shown()) show(id);
    for (const place of form.querySelectorAll(".ready")) {
      const markup = told.ready[place.id.replace(/-ready$/, "")] || "";
      if (place.innerHTML.trim() !== markup.trim() && !place.contains(document.activeElement)) place.innerHTML = markup;
    }
    sumUp();
    if (!wanted) say(`${form.dataset.saved} ${told.saved}`);
  }

  // Who has come into the field to type all of it still does: what is filled in would stand before.
  function fill(input, value) {
    const whole = input.selectionStart === 0 && input.selectionEnd === input.value.length;
    input.value = value;
    if (whole && input === document.activeElement) input.select();
  }

  function moveTo(where) {
    form.action = where;
    history.replaceState(null, "", where);
    for (const link of document.querySelectorAll(".languages a")) link.pathname = location.pathname;
  }

  function isChecked() {
    return Boolean(document.querySelector("#form-top .summary, #form-top .notice.good"));
  }

  // On a page that was checked all fields tell what is said of them, but the one being typed into.
  function shown() {
    if (!isChecked()) return touched;
    const ids = [...form.querySelectorAll("[data-kind]")].map((input) => input.id);
    return ids.filter((id) => touched.has(id) || id !== document.activeElement?.id);
  }

  function sumUp() {
    const place = document.getElementById("form-top");
    if (!top || place.dataset.last === top) return;
    const inside = place.contains(document.activeElement);
    const focus = document.activeElement?.getAttribute("href") || "#";
    keepOpen(() => { place.innerHTML = top; });
    place.dataset.last = top;
    const link = place.querySelector(`a[href="${CSS.escape(focus)}"]`);
    if (inside) (link || place.querySelector("#summary"))?.focus({ preventScroll: true });
  }

  function show(id) {
    const markup = said[id] || "";
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
    if (wanted) later(LEFT_MS);
    else if (said && !saving) {
      show(event.target.id);
      sumUp();
    }
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === form.querySelector("#form-body").dataset.switch) follow(event.target);
    if (event.target.list) mean(event.target);
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && (broken || stopped || ((wanted || saving) && !fits))) event.preventDefault();
  });

  // --- sending ----------------------------------------------------------------------------

  form.addEventListener("submit", (event) => {
    if (stopped || leaving) {
      leaving = true;
      return;
    }
    event.preventDefault();
    send(event.submitter);
  });

  // Kept first: a page that the server sends instead of this one has to know all of it.
  async function send(button) {
    wanted = true;
    if (!(await save()) || !button || button.value === "save") return;
    if (LINES.test(button.value)) {
      change(button.value);
    } else {
      leaving = true;
      form.requestSubmit(button);
    }
  }

  form.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") || "";
    const cell = event.target.closest(".lines") && event.target.name;
    if (!cell || event.target.matches("textarea") || !/[\t\n]/.test(text.trimEnd())) return;
    event.preventDefault();
    change(`paste:${cell}`, text);
  });

  async function change(action, pasted) {
    await save();
    if (broken || stopped) return;
    const sent = body(action);
    if (pasted !== undefined) sent.set(`_paste.${action.slice(6)}`, pasted);
    const answer = await post(sent, "text/html");
    const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page?.querySelector("#paper-form");
    if (!fresh) {
      if (answer?.ok) location.assign(answer.url);
      else if (answer && ending(answer)) stop(ending(answer));
      else say(form.dataset.undone, "bad");
      return;
    }
    const typed = [...new FormData(form)].filter(([name, value]) => sent.get(name) !== value);
    put(page, fresh);
    said = null;
    top = "";
    if (!action.startsWith("delete:")) typeAgain(typed);
    if (answer.ok) moveTo(answer.url);
    if (answer.status === 409) stop(form.dataset.overtaken);
    else if (!wanted) say(fresh.querySelector(".save-state").textContent);
    goOn(action);
  }

  // What was folded out stays so.
  function keepOpen(change) {
    const open = [...document.querySelectorAll("details[open][data-keep]")].map((each) => each.dataset.keep);
    change();
    for (const kept of document.querySelectorAll("details[data-keep]")) {
      if (open.includes(kept.dataset.keep)) kept.open = true;
    }
  }

  // The parts of the page as the server sends them.
  function put(page, fresh) {
    keepOpen(() => {
      for (const id of ["form-top", "form-body"]) {
        document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
      }
    });
    for (const input of fresh.querySelectorAll("input[type=hidden]")) {
      if (form.elements[input.name]) form.elements[input.name].value = input.value;
    }
  }

  // What was typed while the answer was on its way.
  function typeAgain(typed) {
    for (const [name, value] of typed) {
      const input = form.elements[name];
      if (!input?.dataset?.kind) continue;
      input.value = value;
      later(QUIET_MS);
    }
  }

  function goOn(action) {
    const [verb, place] = [action.split(":")[0], action.slice(action.indexOf(":") + 1)];
    if (verb === "paste" && form.elements[place]) return form.elements[place].focus();
    if (verb === "put") return form.elements[place.slice(0, place.indexOf("="))]?.focus();
    const groups = [place, place.replace(/\.\d+$/, ""), place.replace(/\.\d+\.[^.]+$/, "")];
    const group = groups.find((name) => form.querySelector(`[data-group="${CSS.escape(name)}"]`));
    const lines = form.querySelectorAll(`[data-group="${CSS.escape(group)}"] > .line`);
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
      const rows = answer.ok ? await answer.json() : [];
      if (input.value.trim() === text) offer(input, rows);
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
    option.dataset.name = document.documentElement.lang === "en" ? en || zh : zh;
    return option;
  }));
  mean(input);
}

function mean(input) {
  const option = [...input.list.options].find((each) => each.value === input.value);
  const place = input.closest(".field")?.querySelector(".meaning");
  if (!place) return;
  place.textContent = option ? option.dataset.name : "";
  if (/\p{Script=Han}/u.test(place.textContent)) place.lang = "zh-CN";
  else place.removeAttribute("lang");
}

for (const form of document.querySelectorAll("form[data-form]")) makeForm(form);
document.querySelector("#summary, #overtaken")?.focus();
