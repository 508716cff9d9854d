// arguments: the text. Answers what can be pressed and is called so, in the page's content before its navigation and
// buttons before links; and the names of everything that can be pressed.
const [text] = arguments;
const places = [document.querySelector('main'), document].filter(Boolean);
const kinds = ['button, input[type=submit]', 'a[href]'];
const visible = element => element.checkVisibility({ visibilityProperty: true });
let found = [];
for (const place of places)
  for (const kind of kinds)
    if (!found.length) found = called([...place.querySelectorAll(kind)].filter(visible), text);
return { found, names: [...document.querySelectorAll(kinds.join())].filter(visible).map(nameOf) };
