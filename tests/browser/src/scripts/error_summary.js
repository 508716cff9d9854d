// arguments: the selector of the summary. Answers its entries; for each the text, whether its link leads to an element
// of the page, and what is said at that element.
const [selector] = arguments;
const said = element => {
  const ids = ['aria-describedby', 'aria-errormessage'].map(name => element?.getAttribute(name) ?? '').join(' ');
  return tidy(ids.split(/\s+/).filter(Boolean).map(id => document.getElementById(id)?.textContent ?? '').join(' '));
};
return [...document.querySelectorAll(selector)].flatMap(summary => [...summary.querySelectorAll('a[href^="#"]')])
  .map(link => {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const group = target?.closest('fieldset');
    return { text: tidy(link.textContent), leads: target !== null, said: tidy(said(target) + ' ' + said(group)) };
  });
