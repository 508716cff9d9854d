"""Opens and reads shops of the simulated marketplaces, and prints a row of the table for each check."""

import json
import os
import urllib.request

ADDRESS = os.environ["MARKETPLACES"]


def control(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{ADDRESS}/control{path}", data, headers, method=method)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read() or b"null")


class Shop:
    def __init__(self, connector, code):
        opened = control("POST", "/shops", {"code": code, "connector": connector})
        self.code = code
        self.url = ADDRESS + opened["api_path"]
        self.keys = opened["credentials"]

    def token(self, kind):
        return self.keys["tokens"][kind]["secret"]

    def add_products(self, *products):
        control("PUT", f"/shops/{self.code}/products", products)

    def add(self, what, body):
        return control("POST", f"/shops/{self.code}/{what}", body)

    def set_access(self, state):
        """`ended`, `revoked` or `given`."""
        self.add("access", {"access": state})

    def product(self, item, variant=""):
        for product in control("GET", f"/shops/{self.code}")["products"]:
            if (product["item_id"], product["variant_id"]) == (str(item), str(variant)):
                return product
        raise AssertionError(f"the shop has no product {item} {variant}")

    def quantity(self, item, variant=""):
        return self.product(item, variant)["quantity"]


class Table:
    def __init__(self, client):
        self.client = client

    def check(self, call, attempt):
        """Runs `attempt`, which raises if the call or its answer is not accepted."""
        try:
            attempt()
            self.print(call, "yes", "")
        except Exception as error:
            self.print(call, "no", " ".join(f"{type(error).__name__}: {error}".split()))

    def print(self, call, accepted, reason):
        print(self.client, call, accepted, reason, sep="\t", flush=True)


def expect(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} instead of {wanted!r}")


def refused(kind, attempt):
    """Runs `attempt`, which has to raise an error of that kind, and returns the error."""
    try:
        attempt()
    except kind as error:
        return error
    raise AssertionError("the call was not refused")
