// Runs after axe-core itself. arguments: the tags, and the callback. Answers a line for each violation of each element.
// At its end nothing of the page is behind a bar that stays in sight.
const [tags, done] = arguments;
window.scrollTo(0, document.documentElement.scrollHeight);
axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'], preload: false }).then(
  result => done(result.violations.flatMap(violation => violation.nodes.map(node =>
    `${violation.id} (${violation.help}) at ${node.target.flat().join(' ')}: ` +
    node.failureSummary.replace(/\s+/g, ' ')))),
  error => done([`axe could not run: ${error}`]));
