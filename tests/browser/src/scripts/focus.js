// Answers what has the focus: its name, the row it stands in, what it holds, and whether a sighted person sees the focus.
const element = document.activeElement;
if (!element || element === document.body) return null;
const marked = e => {
  const style = getComputedStyle(e);
  return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
};
return {
  name: nameOf(element),
  row: rowTextOf(element),
  type: element.type || element.localName,
  inContent: element.closest('main') !== null,
  holds: element.localName === 'select' ? tidy(element.selectedOptions[0]?.textContent) : element.value ?? '',
  checked: element.checked ?? false,
  visible: [element, ...(element.labels ?? [])].some(marked),
};
