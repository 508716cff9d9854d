// arguments: the width of the window. Answers how wide the page is, and what sticks out. (The window's own innerWidth
// is no help: a phone zooms out until a page that is too wide fits.)
const [width] = arguments;
const scrolls = element => {
  for (let e = element.parentElement; e && e !== document.body; e = e.parentElement)
    if (getComputedStyle(e).overflowX !== 'visible') return true;
  return false;
};
const describe = e => e.localName + (e.id && '#' + e.id) + [...e.classList].map(name => '.' + name).join('');
const sticksOut = e => e.getBoundingClientRect().right + scrollX > width + 1 && !scrolls(e);
return {
  pageWidth: document.documentElement.scrollWidth,
  culprits: [...document.body.querySelectorAll('*')].filter(sticksOut).map(describe),
};
