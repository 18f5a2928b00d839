if (RESULTS.sample) {
  const S = RESULTS.sample;
  const form = document.getElementById("picker");
  const box = (words, groups) => {
    const select = make("select");
    for (const [title, options] of groups) {
      const into = title ? make("optgroup", { label: title }) : select;
      options.forEach(([value, text]) => into.append(make("option", { value, textContent: text })));
      if (title) select.append(into);
    }
    select.addEventListener("change", () => say());
    form.append(make("label", {}, words, select));
    return select;
  };
  const all = S.of.map((text, at) => [at, text]);
  const single = all.slice(S.groups);
  const of = box("Of", [["", all.slice(0, S.groups)], ...(single.length ? [["Single firm-events", single]] : [])]);
  const over = box("Over", [["", S.windows.map((text, at) => [at, text])]]);
  const reset = make("button", { type: "button", textContent: "Back to this page’s choice", hidden: true });
  reset.addEventListener("click", () => {
    of.value = over.value = "0";
    say();
    of.focus();
  });
  form.append(reset);
  form.addEventListener("submit", (event) => event.preventDefault());
  function say() {
    const [tiles, said] = S.answers[of.value][over.value];
    [...document.querySelectorAll(".tiles li")].forEach((tile, at) => {
      tile.querySelector(".what").textContent = tiles[at][0];
      tile.querySelector(".value").textContent = typeset(tiles[at][1]);
      tile.querySelector(".interval").textContent = typeset(tiles[at][2]);
    });
    document.getElementById("chosen").textContent = typeset(said);
    reset.hidden = of.value === "0" && over.value === "0";
    markSpot("forest", over.value === "0" ? S.spots[of.value] : null);
  }
  form.hidden = false;
  say();
}
