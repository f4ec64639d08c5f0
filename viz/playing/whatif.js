"use strict";
// Sliders on leaves: computes the values and gradients anew and writes them where they are shown.
(() => {
  // Functions, and of each computation a line for every value and for every local derivative,
  // v[i] by its operands: written by evaluating autograd's table of rules on text.
// NUMBERS

  const width = 9;  // of a number in a box, at least

  // As autograd's pictures: so many significant digits, half to even, never a false zero.
  function digits(x, significant = 4) {
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
    if (x === 0) return "0";
    const size = Number(x.toExponential(60).split("e")[1]);
    if (-5 < size && size < 6)
      return short(halfEven(n => x.toFixed(n), Math.max(0, significant - 1 - size)));
    const [mantissa, power] = halfEven(n => x.toExponential(n), significant - 1).split("e");
    return `${short(mantissa)}e${Number(power)}`;
  }

  // JavaScript rounds halves away from zero.
  function halfEven(format, places) {
    const [long, power] = format(places + 40).split("e");
    const cut = long.slice(0, -40).replace(/\.$/, ""), tail = long.slice(-40);
    const down = /^50*$/.test(tail) && /[02468]$/.test(cut);
    return down ? cut + (power ? "e" + power : "") : format(places);
  }

  function short(text) {
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  }

  function aligned(xs) {
    const texts = xs.map(x => digits(x)), points = texts.map(text => text.search(/[.e]|$/));
    for (const [i, text] of texts.entries()) if (/^-?[a-z]/.test(text)) points[i] = text.length;
    const before = Math.max(...points);
    const after = Math.max(...texts.map((text, i) => text.length - points[i]));
    return texts.map((text, i) => (" ".repeat(before - points[i]) + text).padEnd(before + after).padStart(width));
  }

  const number = x => digits(x, 6);
  const grouped = x => x < 0 ? `(${number(x)})` : number(x);
  const unique = texts => [...new Set(texts)];

  function play(scene, {start, values, partials, words}) {
    const panel = scene.querySelector(".whatif"), reset = panel.querySelector(".reset");
    const items = [...scene.querySelectorAll("li")];
    const leaves = [...panel.querySelectorAll(".leaf")].map(({dataset, children}) => ({
      place: Number(dataset.leaf), start: Number(dataset.start), span: Number(dataset.span),
      x: Number(dataset.start), slider: children[1], box: children[2],
    }));
    const originals = [];  // functions that show again what stood there at first

    // Attributes by their names, and the text as textContent.
    function put(element, name, text) {
      if (!element) return;
      const isText = name === "textContent";
      const set = value => isText ? element.textContent = value : element.setAttribute(name, value);
      const kept = element.kept ??= new Set(), old = isText ? element.textContent : element.getAttribute(name);
      if (!kept.has(name)) originals.push(() => set(old));
      kept.add(name);
      set(text);
    }

    function putEnd(element, name, mark, text) {  // replaces what comes after the last mark
      const old = name === "textContent" ? element.textContent : element.getAttribute(name);
      put(element, name, old.slice(0, old.lastIndexOf(mark) + mark.length) + text);
    }

    function write() {
      const v = start.slice(), d = [], g = [];
      for (const leaf of leaves) v[leaf.place] = leaf.x;
      values(v);
      partials(v, d);
      const columns = v.map(x => [x]), rows = [];
      for (const item of items) {
        const {value, phase, along, user} = item.dataset;
        if (phase === "forward") { putForward(item, words[value], v); continue; }
        const before = g[value];
        if (along === undefined) g[value] = 1;
        else {
          const factors = Number(user) === v.length - 1 ? [d[along]] : [g[user], d[along]];
          const part = g[user] * d[along];
          g[value] = before === undefined ? part : before + part;
          put(item.querySelector(".numbers"), "textContent", sum(before, factors, g[value]));
        }
        rows.push([item, value, columns[value].push(g[value]) - 1]);
      }
      const texts = columns.map(aligned);
      for (const [item, value, i] of rows) put(item, "data-gradient", texts[value][i]);
      for (const box of scene.querySelectorAll("[data-box]")) {
        const i = box.dataset.box;
        put(box.querySelector(".data"), "textContent", " " + texts[i][0]);
        if (box.hasAttribute("aria-label")) putEnd(box, "aria-label", ", data ", digits(v[i]));
      }
      for (const arrow of scene.querySelectorAll("[data-arrow] .slope"))
        putEnd(arrow, "textContent", " ", digits(d[arrow.parentNode.dataset.arrow]));
      putEnd(scene, "aria-label", " = ", digits(v.at(-1)));
    }

    function putForward(item, words, v) {
      const text = words.map(part => typeof part === "string" ? part
        : part.length ? grouped(v[part[0]]) : number(v[part])).join("");
      const numbers = item.querySelector(".numbers");
      if (numbers) put(numbers, "textContent", unique(text.split(" = ")).join(" = "));
      else put(item.querySelector(".symbols"), "textContent", text);
    }

    function sum(before, factors, result) {
      const first = before === undefined;
      const product = factors.map(first && factors.length === 1 ? number : grouped).join(" · ");
      return unique([first ? product : `${number(before)} + ${product}`, number(result)]).join(" = ");
    }

    function update() {
      const isMoved = leaves.some(({x, start}) => x !== start);
      if (isMoved) write();
      else originals.forEach(show => show());
      for (const {slider, x} of leaves) slider.setAttribute("aria-valuetext", digits(x));
      reset.disabled = !isMoved;
      scene.dispatchEvent(new Event("renumbered", {bubbles: true}));
    }

    for (const leaf of leaves) {
      const {slider, box, start, span} = leaf;
      leaf.reset = () => { leaf.x = start; slider.value = 0; box.value = start; };
      slider.addEventListener("input", () => {
        leaf.x = Number((start + span * slider.value / 100).toPrecision(12));
        if (slider.value === "0") leaf.x = start;
        box.value = leaf.x;
        update();
      });
      box.addEventListener("input", () => {
        if (!Number.isFinite(box.valueAsNumber)) return;  // as while "-" is being typed
        leaf.x = box.valueAsNumber;
        slider.value = Math.round((leaf.x - start) / span * 100);
        update();
      });
      box.addEventListener("change", () => { box.value = leaf.x; });
      leaf.reset();
    }
    reset.addEventListener("click", () => {
      for (const leaf of leaves) leaf.reset();
      update();
      leaves[0].slider.focus();  // a disabled button would lose the keyboard
    });
    panel.hidden = false;
  }

  document.querySelectorAll(".scene").forEach((scene, i) => {
    if (computations[i]) play(scene, computations[i]);
  });
})();
