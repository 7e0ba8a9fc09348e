// Texts of our scripts in the language of the page: the page brings those that are not English.
const given = document.querySelector("[data-texts]");
const texts = given ? JSON.parse(given.dataset.texts) : {};

export function t(message, values = {}) {
  return (texts[message] || message).replace(/%\((\w+)\)s/g, (_, name) => values[name]);
}
