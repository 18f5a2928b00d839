if (RESULTS.picker) {
  const P = RESULTS.picker;
  const form = document.getElementById("picker");
  const answerOf = () => {
    const found = P.answers[firm][choice] && P.answers[firm][choice][window_];
    const scaled = (value, unit) => (value === null ? null : value * unit);
    return found && found.map((value, at) => (at < 4 ? scaled(value, 1e-5) : at > 4 ? scaled(value, 1e5) : value));
  };
  const percent = (value, digits = 1) => (value === null ? "-" : typeset(`${(100 * value).toFixed(digits)} %`));
  const money = (value, currency) => {
    const [unit, word] = [[1e12, "tn"], [1e9, "bn"], [1e6, "m"]].find(([least]) => Math.abs(value) >= least) ?? [1e6, "m"];
    const size = Math.abs(value) / unit;
    const digits = size >= 10 ? 0 : 1;
    const number = size.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return `${P.signs[currency] ?? `${currency}\u00a0`}${number}${word}`;
  };
  const signed = (value, currency) => (value < 0 ? "\u2212\u2060" : "+\u2060") + money(value, currency);
  const models = [...new Map(P.choices.map((choice) => [choice[0], choice[1]]))];
  let [firm, choice, window_] = P.own;

  const select = (words, options, chosen, change) => {
    const box = make("select");
    options.forEach(([value, text]) => box.append(make("option", { value, textContent: text })));
    box.value = String(chosen);
    box.addEventListener("change", () => change(box.value));
    form.append(make("label", {}, words, box));
    return box;
  };
  const benchmarks = (model) => P.choices.map((one, at) => [at, one]).filter(([, one]) => one[0] === model);
  const fill = (model) => {
    benchmark.replaceChildren(
      ...benchmarks(model).map(([at, one]) => make("option", { value: at, textContent: one[3].replace(/^the /, "") })),
    );
    const same = benchmarks(model).find(([, one]) => one[2] === P.choices[choice][2]) ?? benchmarks(model)[0];
    choice = same[0];
    benchmark.value = String(choice);
  };
  const firmBox = select("Firm", P.firms.map((one, at) => [at, one[1]]), firm, (value) => { firm = Number(value); tell(); });
  const modelBox = select("Model", models, P.choices[choice][0], (value) => { fill(value); tell(); });
  const benchmark = select("Against", [], "", (value) => { choice = Number(value); tell(); });
  const windowBox = select("Over", P.windows.map((one, at) => [at, one[1]]), window_, (value) => { window_ = Number(value); tell(); });
  const reset = make("button", { type: "button", textContent: "Back to this page’s choice" });
  reset.addEventListener("click", () => {
    [firm, choice, window_] = P.own;
    firmBox.value = String(firm);
    modelBox.value = P.choices[choice][0];
    windowBox.value = String(window_);
    fill(modelBox.value);
    tell();
  });
  reset.hidden = true;
  form.append(reset);
  form.addEventListener("submit", (event) => event.preventDefault());

  const put = (id, value, interval) => {
    const tile = document.querySelector(`[data-tile=${id}]`);
    if (!tile) return;
    tile.querySelector(".value").textContent = value;
    tile.querySelector(".interval").textContent = typeset(interval);
  };
  function tell() {
    const answer = answerOf();
    const [, modelTitle, , against, explains] = P.choices[choice];
    const [, , name] = P.firms[firm];
    const currency = P.currencies[firm];
    const own = [firm, choice, window_].join() === P.own.join();
    reset.hidden = own;
    const said = document.getElementById("chosen");
    if (!answer) {
      said.textContent = `There is no answer of ${name} by the ${modelTitle} here.`;
      for (const id of ["raw", "expected", "abnormal", "impact"]) put(id, "-", "");
      mark(null);
      return;
    }
    const [raw, abnormal, low, high, verdict, impact, from, to] = answer;
    const span = P.windows[window_][1];
    put("raw", percent(raw), name);
    put("expected", percent(raw - abnormal), against);
    put("abnormal", percent(abnormal), low === null ? "" : `${P.level} interval ${percent(low)} to ${percent(high)}`.replaceAll("-", "\u2212"));
    put("impact", impact === null ? "-" : signed(impact, currency), from === null ? "" : `${P.level} interval ${signed(from, currency)} to ${signed(to, currency)}`);
    const size = impact === null ? percent(Math.abs(abnormal)) : money(impact, currency);
    const word = impact === null ? (raw < 0 ? "fell" : "rose") : raw < 0 ? "lost" : "gained";
    const more = raw < 0 === abnormal < 0 ? "more" : "less";
    const ends = ["on which the tests disagree", "no more than ordinary days bring", "more than ordinary days bring", "which no test judges"][verdict];
    const close = verdict === 1 ? `${name} ${word} ${size} ${more} than ${explains}: ${ends}` : `${name} ${word} ${size} ${more} than ${explains}, ${ends}`;
    said.textContent = `${close} (${modelTitle}, against ${against}; ${span}; results.csv, line ${P.lines[firm][choice] + window_}).`;
    mark(P.firms[firm][0] === P.firms[P.own[0]][0] ? P.curve.find((one) => one[0] === choice && one[1] === window_) : null);
  }
  function mark(point) {
    markSpot("specification-curve", point ? [point[2], point[3] / P.unit] : null);
  }
  fill(P.choices[choice][0]);
  form.hidden = false;
}
