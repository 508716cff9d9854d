// arguments: the field's label (may be empty), a word that its name, its row or the heading of its section contains (may be
// empty), an input type (may be empty). Answers the fields that fit, and the names of all fields for the message when it is not one.
const [label, word, type] = arguments;
const fields = [...document.querySelectorAll('input:not([type=hidden], [type=submit], [type=button]), select, textarea')]
  .filter(field => !type || field.type === type);
const headingOf = field => field.closest('section')?.querySelector('h2')?.textContent ?? '';
const near = fields.filter(field => !word || [nameOf, rowTextOf, headingOf].some(text => hasWord(text(field), word)));
return { found: called(near, label), names: fields.map(nameOf) };
