// arguments: the text that one of the row's first cells is, or begins with. Answers the row's cells by the headers of
// their columns, or null.
const [key] = arguments;
const shown = cell => tidy(cell.innerText);
for (const table of document.querySelectorAll('table')) {
  const headers = [...(table.tHead?.rows ?? [])].at(-1)?.cells ?? table.rows[0]?.cells ?? [];
  const row = [...table.tBodies].flatMap(body => [...body.rows])
    .find(row => [...row.cells].slice(0, 3).some(cell => shown(cell) === key || shown(cell).startsWith(key + ' ')));
  if (row) return Object.fromEntries([...headers].map((header, i) => [shown(header), row.cells[i] ? shown(row.cells[i]) : '']));
}
return null;
