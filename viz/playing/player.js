"use strict";
// Shows one step: what came before is plain, what comes now is marked, the rest is faint.
// All numbers and formulas are read from the list of steps; nothing is computed here. Sliders
// on leaves, in a script of their own, rewrite that list and say "renumbered".
(() => {
  const find = id => document.getElementById(id);
  const scenes = [...document.querySelectorAll(".scene")];
  const pause = 1200;  // milliseconds of each step while playing
  let scene, items, boxes, arrows, step, timer = 0;

  function choose(i, wanted) {
    scene = scenes[i];
    scenes.forEach(other => { other.hidden = other !== scene; });
    items = [...scene.querySelectorAll("li")];
    boxes = new Map([...scene.querySelectorAll("[data-box]")].map(e => [e.dataset.box, e]));
    arrows = new Map([...scene.querySelectorAll("[data-arrow]")].map(e => [e.dataset.arrow, e]));
    find("slider").max = items.length;
    show(wanted);
  }

  function gradient(box, text) {
    for (const part of box.querySelectorAll(".grad")) { part.textContent = text; fit(part); }
  }

  // Squeezes a number that is longer than the one for which the picture has room.
  function fit(text) {
    if (!text.dataset.room) return;
    const room = Number(text.dataset.room);
    const look = {textLength: room * 6.6, lengthAdjust: "spacingAndGlyphs"};  // Courier, 11 points
    for (const [name, value] of Object.entries(look))
      if (text.textContent.length > room) text.setAttribute(name, value);
      else text.removeAttribute(name);
  }

  function show(wanted) {
    step = Math.min(Math.max(Math.round(wanted) || 1, 1), items.length);
    for (const e of [...boxes.values(), ...arrows.values()]) e.classList.remove("reached", "now", "source");
    for (const box of boxes.values()) gradient(box, "");
    items.slice(0, step).forEach(({dataset}) => {
      const box = boxes.get(dataset.value);
      box.classList.add("reached");
      if (dataset.phase === "backward") gradient(box, " " + dataset.gradient);
      arrows.get(dataset.along)?.classList.add("reached");
    });
    const {dataset} = items[step - 1];
    boxes.get(dataset.value).classList.add("now");
    boxes.get(dataset.user)?.classList.add("source");
    arrows.get(dataset.along)?.classList.add("now");
    items.forEach((item, i) => {
      item.classList.toggle("later", i >= step);
      if (i === step - 1) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    write(dataset.phase);
    reveal(boxes.get(dataset.value), scene.querySelector("figure"));
    reveal(items[step - 1], scene.querySelector("ol"));
  }

  function write(phase) {
    const item = items[step - 1];
    const text = key => item.querySelector("." + key)?.textContent ?? "";
    for (const key of ["symbols", "numbers", "note"]) find(key).textContent = text(key);
    find("phase").textContent = phase === "forward" ? "forward: the value" : "backward: the gradient";
    find("formula").className = phase;
    find("slider").value = step;
    find("slider").setAttribute("aria-valuetext", `step ${step} of ${items.length}, ${text("symbols")}`);
    find("count").textContent = `${step} / ${items.length}`;
    find("previous").disabled = step === 1;
    find("next").disabled = step === items.length;
    if (step === items.length) stop();
  }

  // Scrolls only the frame itself, so that the page does not jump.
  function reveal(element, frame) {
    const inner = element.getBoundingClientRect(), outer = frame.getBoundingClientRect();
    if (inner.left < outer.left || inner.right > outer.right)
      frame.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
    if (inner.top < outer.top || inner.bottom > outer.bottom)
      frame.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    find("play").textContent = "play";
  }

  function play() {
    if (timer) return stop();
    show(step === items.length ? 1 : step + 1);
    if (step === items.length) return;
    timer = setInterval(() => show(step + 1), pause);
    find("play").textContent = "pause";
  }

  function go(wanted) { stop(); show(wanted); }

  function visit(target) {
    const box = target.closest("[data-box]"), arrow = target.closest("[data-arrow]");
    const button = target.closest("li");
    if (button) go(items.indexOf(button) + 1);
    if (arrow) go(items.findIndex(item => item.dataset.along === arrow.dataset.arrow) + 1);
    if (!box) return;
    const touches = item => item.dataset.value === box.dataset.box;
    const later = items.findIndex((item, i) => i >= step && touches(item));
    go((later < 0 ? items.findIndex(touches) : later) + 1);
  }

  const keys = {
    ArrowLeft: () => go(step - 1), ArrowRight: () => go(step + 1),
    Home: () => go(1), End: () => go(items.length), " ": play,
  };

  document.addEventListener("keydown", event => {
    const tag = event.target.tagName;
    if (event.ctrlKey || event.altKey || event.metaKey || tag === "SELECT") return;
    if (event.target.closest?.(".whatif")) return;
    const box = event.target.closest?.("[data-box]");
    if (box && (event.key === "Enter" || event.key === " ")) visit(box);
    else if (event.key === " " && tag === "BUTTON") return;
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });
  document.querySelectorAll("svg .data, svg .grad").forEach(e => { e.dataset.room = e.textContent.length; });
  document.addEventListener("renumbered", () => {
    scene.querySelectorAll(".data").forEach(fit);
    show(step);
  });
  document.querySelectorAll(".scene").forEach(e => e.addEventListener("click", event => visit(event.target)));
  find("previous").addEventListener("click", () => go(step - 1));
  find("next").addEventListener("click", () => go(step + 1));
  find("play").addEventListener("click", play);
  find("slider").addEventListener("input", event => go(Number(event.target.value)));
  find("sample").addEventListener("change", event => { stop(); choose(Number(event.target.value), step); });
  document.body.classList.add("playing");
  choose(0, Number(location.hash.slice(1)));  // player.html#12 opens at step 12
  find("sample").value = "0";
})();
