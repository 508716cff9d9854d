// arguments: a shop of the simulated marketplaces, and how many products it should have. Run on a page of theirs. Answers the
// status, and the keys of the app of the shop's marketplace.
const [shop, count] = arguments;
const json = path => fetch(`/control/${path}`).then(answer => answer.json());
const numbered = number => ({
  item_id: `${70000 + number}`, variant_id: `${800000 + number}`, seller_sku: `OUT-${number}`, quantity: 5,
});
return json(`shops/${shop}`).then(({ products }) => {
  const added = [...Array(count - products.length).keys()].map(numbered);
  const put = { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(added) };
  return fetch(`/control/shops/${shop}/products`, put);
}).then(({ status }) => json('apps/lazada').then(keys => ({ status, keys })));
