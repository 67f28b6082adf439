/**
 * A form with a `conclusion` and one button for each conclusion (`[data-choice]`): only the button that says what the
 * form concludes can be pressed. Islands tell their answers by the events `filled` (once) and `answers`.
 */
export function conclusions() {
  for (const name of ["filled", "answers"]) document.addEventListener(name, ({ target, detail }) => follow(target, detail.conclusion));
}

function follow(form, conclusion) {
  const choices = [...form.querySelectorAll("[data-choice]")];
  if (!choices.some((choice) => choice.dataset.choice === conclusion)) return;
  for (const choice of choices) {
    const isMeant = choice.dataset.choice === conclusion;
    choice.hidden = !isMeant;
    choice.querySelector("button").disabled = !isMeant;
  }
}
