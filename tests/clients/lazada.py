"""Lazada's own client (lazop-sdk) against the simulated Lazada: every call that the connector makes, and its refusals.
It reads `code`, `type`, `message` and `request_id`. The rest of an answer is checked here, by the names that the
documents have for its fields."""

import json

import lazop_sdk.base
from lazop_sdk import LazopClient, LazopRequest

from control import Shop, Table, expect

# It would write the requests with their signatures into a file, and needs the machine's own name to be known.
lazop_sdk.base.logApiError = lambda *details: None

UPDATE = "/product/stock/sellable/update"
REFRESH = "/auth/token/refresh"
ITEM = 2807246100
SKU_WITH_SIGNS = 'shirt <&"1"> 中文'


def call(shop, method, path, parameters=None, token=None, secret=None):
    client = LazopClient(shop.url, shop.keys["app_key"], secret or shop.keys["app_secret"])
    request = LazopRequest(path, method)
    for name, value in (parameters or {}).items():
        request.add_api_param(name, value)
    # A refresh has no access token.
    token = None if path == REFRESH else token or shop.token("access")
    answer = client.execute(request, token)
    assert answer.request_id, "the answer has no request_id"
    return answer


def accepted(answer):
    expect((answer.code, answer.type), ("0", None))
    return answer.body


def expect_refusal(answer, code, kind="ISV"):
    expect((answer.code, answer.type), (code, kind))
    assert answer.message, "the refusal has no message"


def payload(*skus):
    rows = ""
    for sku, stock in skus:
        rows += f"<Sku><ItemId>{ITEM}</ItemId><SkuId>{sku}</SkuId><SellerSku>any</SellerSku>{stock}</Sku>"
    return {"payload": f"<Request><Product><Skus>{rows}</Skus></Product></Request>"}


def sellable(quantity):
    return f"<SellableQuantity>{quantity}</SellableQuantity>"


def in_warehouse(code, quantity):
    row = f"<WarehouseCode>{code}</WarehouseCode>{sellable(quantity)}"
    row = f"<MultiWarehouseInventory>{row}</MultiWarehouseInventory>"
    return f"<MultiWarehouseInventories>{row}</MultiWarehouseInventories>"


def open_shop(code):
    shop = Shop("lazada", code)
    shop.add_products(
        {"item_id": str(ITEM), "variant_id": "1", "seller_sku": "shirt-1", "quantity": 100},
        {"item_id": str(ITEM), "variant_id": "2", "seller_sku": SKU_WITH_SIGNS, "quantity": 100},
    )
    return shop


def skus_of(shop, *seller_skus):
    parameters = {
        "filter": "all",
        "limit": "50",
        "offset": "0",
        "options": "1",
        "sku_seller_list": json.dumps(seller_skus),
    }
    data = accepted(call(shop, "GET", "/products/get", parameters))["data"]
    skus = {}
    for product in data["products"]:
        assert isinstance(product["attributes"]["description"], str)
        for sku in product["skus"]:
            skus[sku["SkuId"]] = sku
    return skus


def seller():
    data = accepted(call(shop, "GET", "/seller/get"))["data"]
    for name in ["name", "name_company", "short_code", "email"]:
        assert isinstance(data[name], str), name
    assert isinstance(data["seller_id"], int)


def update():
    accepted(call(shop, "POST", UPDATE, payload((1, sellable(40)), (2, sellable(0)))))
    expect((shop.quantity(ITEM, 1), shop.quantity(ITEM, 2)), (40, 0))


def products():
    skus = skus_of(shop, "shirt-1", SKU_WITH_SIGNS)
    shown = {sku: (row["SellerSku"], row["quantity"], row["Available"]) for sku, row in skus.items()}
    expect(shown, {1: ("shirt-1", 40, 40), 2: (SKU_WITH_SIGNS, 0, 0)})
    warehouse = skus[1]["multiWarehouseInventories"][0]
    expect((warehouse["warehouseCode"], warehouse["sellableQuantity"]), ("dropshipping", 40))


def campaign():
    locked = {"item_id": str(ITEM), "variant_id": "1", "quantity": 30, "ends_at": "2099-01-01T00:00:00Z"}
    shop.add("campaigns", locked)
    expect(skus_of(shop, "shirt-1")[1]["channelInventories"][0]["sellableQuantity"], 30)
    answer = call(shop, "POST", UPDATE, payload((1, sellable(29))))
    expect_refusal(answer, "501", "ISP")
    assert "negative sellable on channel inventory" in answer.body["detail"][0]["message"]
    expect(shop.quantity(ITEM, 1), 40)


def one_warehouse():
    result = accepted(call(shop, "GET", "/seller/warehouse/get", {"addressTypes": '["warehouse"]'}))["result"]
    expect((result["success"], [warehouse["code"] for warehouse in result["module"]]), (True, ["dropshipping"]))


def several_warehouses():
    several = open_shop("clients-lazada-warehouses")
    several.add("warehouses", {"code": "dropshipping", "name": "Main"})
    several.add("warehouses", {"code": "SG1001-WH-10002", "name": "Second"})
    result = accepted(call(several, "GET", "/seller/warehouse/get", {"addressTypes": '["warehouse"]'}))["result"]
    expect([warehouse["code"] for warehouse in result["module"]], ["dropshipping", "SG1001-WH-10002"])
    accepted(call(several, "POST", UPDATE, payload((1, in_warehouse("SG1001-WH-10002", 7)))))
    product = several.product(ITEM, 1)
    expect((product["quantity"], product["elsewhere"]), (100, {"SG1001-WH-10002": 7}))
    stock = skus_of(several, "shirt-1")[1]["multiWarehouseInventories"]
    shown = {row["warehouseCode"]: row["sellableQuantity"] for row in stock}
    expect(shown, {"dropshipping": 100, "SG1001-WH-10002": 7})


def unknown_product():
    answer = accepted(call(shop, "POST", UPDATE, payload((999, sellable(1)), (2, sellable(5)))))
    expect([detail["message"] for detail in answer["detail"]], ["ITEM_NOT_FOUND"])
    expect(shop.quantity(ITEM, 2), 5)


def wrong_signature():
    expect_refusal(call(shop, "GET", "/seller/get", secret="another"), "IncompleteSignature")


def wrong_token():
    expect_refusal(call(shop, "GET", "/seller/get", token="another"), "IllegalAccessToken")


def ended_token():
    shop.set_access("ended")
    expect_refusal(call(shop, "POST", UPDATE, payload((2, sellable(9)))), "IllegalAccessToken")
    expect(shop.quantity(ITEM, 2), 5)


def refresh():
    tokens = accepted(call(shop, "POST", REFRESH, {"refresh_token": shop.token("refresh")}))
    for name in ["expires_in", "refresh_expires_in"]:
        assert isinstance(tokens[name], int), name
    accepted(call(shop, "POST", UPDATE, payload((2, sellable(9))), token=tokens["access_token"]))
    expect(shop.quantity(ITEM, 2), 9)
    shop.keys["tokens"]["access"]["secret"] = tokens["access_token"]
    shop.keys["tokens"]["refresh"]["secret"] = tokens["refresh_token"]


def wrong_refresh_token():
    expect_refusal(call(shop, "POST", REFRESH, {"refresh_token": "another"}), "IllegalRefreshToken")


def revoked():
    shop.set_access("revoked")
    expect_refusal(call(shop, "GET", "/seller/get"), "IllegalAccessToken")
    expect_refusal(call(shop, "POST", REFRESH, {"refresh_token": shop.token("refresh")}), "IllegalRefreshToken")


shop = open_shop("clients-lazada")
table = Table("lazop-sdk")
table.check("GET /seller/get", seller)
table.check(f"POST {UPDATE}: two SKUs are set", update)
table.check("GET /products/get: what was set is shown", products)
table.check(f"POST {UPDATE}: below a campaign is refused", campaign)
table.check("GET /seller/warehouse/get: one", one_warehouse)
table.check(f"GET /seller/warehouse/get, POST {UPDATE}: one of two", several_warehouses)
table.check(f"POST {UPDATE}: an unknown SKU is refused, the other is set", unknown_product)
table.check("GET /seller/get: a wrong signature is refused", wrong_signature)
table.check("GET /seller/get: a wrong token is refused", wrong_token)
table.check(f"POST {UPDATE}: an ended token is refused", ended_token)
table.check(f"POST {REFRESH}: the new token is accepted", refresh)
table.check(f"POST {REFRESH}: a wrong token is refused", wrong_refresh_token)
table.check(f"POST {REFRESH}: a revoked permission is refused", revoked)
