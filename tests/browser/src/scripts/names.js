// What a person reads or hears as the name of a control. The other scripts are run with these functions before them.
const tidy = text => (text ?? '').replace(/\s+/g, ' ').trim();

const ownText = element => {
  const copy = element.cloneNode(true);
  copy.querySelectorAll('input, select, textarea, button').forEach(control => control.remove());
  return tidy(copy.textContent);
};

const nameOf = control => {
  const ids = (control.getAttribute('aria-labelledby') ?? '').split(/\s+/).filter(Boolean);
  if (ids.length) return tidy(ids.map(id => document.getElementById(id)?.textContent ?? '').join(' '));
  if (control.hasAttribute('aria-label')) return tidy(control.getAttribute('aria-label'));
  if (control.matches('input[type=submit], input[type=button]')) return tidy(control.value);
  if (control.labels?.length) return tidy([...control.labels].map(ownText).join(' '));
  return control.matches('input, select, textarea') ? '' : tidy(control.textContent);
};

const hasWord = (text, word) => {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`).test(text);
};

// The row that a control stands in, if it stands in one.
const rowTextOf = control => tidy(control.closest('tr, li, fieldset, article')?.textContent);

// The candidates called `name`; if there are none, those whose name begins so.
const called = (candidates, name) => {
  const exact = candidates.filter(candidate => nameOf(candidate) === name);
  return exact.length ? exact : candidates.filter(candidate => nameOf(candidate).startsWith(name));
};
