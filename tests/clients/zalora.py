"""py-iconic-api against the simulated Zalora: every call that the connector makes, and its refusals. Its models are of
pydantic: they raise if an answer lacks a field or has one of another type."""

import logging

import httpx
from iconic_api import IconicClient
from iconic_api.exceptions import AuthenticationError, ResourceNotFoundError
from iconic_api.resources import ProductSet

from control import Shop, Table, expect, refused

# Refusals that are checked here are no errors.
logging.getLogger("iconic_api").setLevel(logging.CRITICAL)

FIRST = 510401
SECOND = 510402
# The simulated marketplace puts twenty products that follow one another in a set.
SET = FIRST // 20
UNKNOWN = 999


class Client(IconicClient):
    """The client speaks https only, and the simulated marketplaces http."""

    def __init__(self, shop, secret=None):
        super().__init__(
            client_id=shop.keys["client_id"],
            client_secret=secret or shop.keys["client_secret"],
            instance_domain=shop.url,
        )
        self.token_url = f"{shop.url}/oauth/client-credentials"
        # The paths are appended to it without their slash.
        self.base_api_url = f"{shop.url}/"
        self._client = httpx.Client(base_url=shop.url, timeout=self.timeout)


def token():
    client._fetch_new_token_sync()
    assert client._access_token and not client._is_token_expired()


def settings():
    # The client has no method for them.
    assert isinstance(client._make_request_sync("GET", "/v2/seller-settings"), dict)


def update():
    ignored = client.stock.update_stock([{"productId": FIRST, "quantity": 40}, {"productId": SECOND, "quantity": 0}])
    expect(ignored, [])
    expect((shop.quantity(FIRST), shop.quantity(SECOND)), (40, 0))


def stock_of_product():
    stock = client.stock.get_product_stock(FIRST)
    expect((stock.seller_sku, stock.quantity, stock.reserved_stock, stock.available), ("shirt-1", 40, 0, 40))


def stock_of_set():
    stocks = client.stock.get_product_set_stock(SET)
    expect([(stock.seller_sku, stock.available) for stock in stocks], [("shirt-1", 40), ("shirt-2", 0)])


def products():
    listed = client.products.list(product_ids=[FIRST, SECOND])
    shown = [(product.id, product.sellerSku, product.productSetId) for product in listed]
    expect(shown, [(FIRST, "shirt-1", SET), (SECOND, "shirt-2", SET)])
    expect(client.products.get(SECOND).sellerSku, "shirt-2")
    expect([product.id for product in ProductSet(client=client, data={"id": SET}).get_products()], [FIRST, SECOND])


def reserved():
    shop.add("sales", {"item_id": str(FIRST), "quantity": 6})
    stock = client.stock.get_product_stock(FIRST)
    expect((stock.quantity, stock.reserved_stock, stock.available), (40, 6, 34))
    expect(client.stock.update_stock([{"productId": FIRST, "quantity": 26}]), [])
    expect(client.stock.get_product_stock(FIRST).available, 20)
    expect(shop.quantity(FIRST), 20)


def unknown_product_is_ignored():
    rows = [{"productId": UNKNOWN, "quantity": 1}, {"productId": SECOND, "quantity": 5}]
    expect([item.product_id for item in client.stock.update_stock(rows)], [UNKNOWN])
    expect(shop.quantity(SECOND), 5)


def unknown_product_is_not_found():
    refusal = refused(ResourceNotFoundError, lambda: client.stock.get_product_stock(UNKNOWN))
    expect(refusal.response_json["status"], 404)
    refused(ResourceNotFoundError, lambda: client.stock.get_product_set_stock(UNKNOWN))


def ended_token():
    shop.set_access("ended")

    def write():
        return client.stock.update_stock([{"productId": SECOND, "quantity": 9}])

    expect(refused(AuthenticationError, write).status_code, 401)
    expect(shop.quantity(SECOND), 5)
    # The client gets another token after a refusal.
    expect(write(), [])
    expect(shop.quantity(SECOND), 9)


def wrong_secret():
    other = Client(shop, secret="another")
    expect(refused(AuthenticationError, other._fetch_new_token_sync).status_code, 400)


def revoked():
    shop.set_access("revoked")
    refused(AuthenticationError, lambda: client.stock.get_product_stock(FIRST))
    refused(AuthenticationError, client._fetch_new_token_sync)


shop = Shop("zalora", "clients-zalora")
shop.add_products(
    {"item_id": str(FIRST), "seller_sku": "shirt-1", "quantity": 100},
    {"item_id": str(SECOND), "seller_sku": "shirt-2", "quantity": 100},
)
client = Client(shop)
table = Table("py-iconic-api")
table.check("POST /oauth/client-credentials", token)
table.check("GET /v2/seller-settings", settings)
table.check("PUT /v2/stock/product: two products are set", update)
table.check("GET /v2/stock/product/{id}", stock_of_product)
table.check("GET /v2/stock/product-set/{id}", stock_of_set)
table.check("GET /v2/products, /v2/product-set/{id}/products", products)
table.check("GET, PUT /v2/stock/product: with reserved units", reserved)
table.check("PUT /v2/stock/product: an unknown product is ignored, the other is set", unknown_product_is_ignored)
table.check("GET /v2/stock: an unknown product and set are not found", unknown_product_is_not_found)
table.check("PUT /v2/stock/product: an ended token is refused, a new one accepted", ended_token)
table.check("POST /oauth/client-credentials: a wrong secret is refused", wrong_secret)
table.check("POST /oauth/client-credentials: a revoked permission is refused", revoked)
