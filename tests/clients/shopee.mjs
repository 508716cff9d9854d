// @congminh1254/shopee-sdk against the simulated Shopee: every call that the connector makes, and its refusals.
//
// The SDK returns answers as they are. Its readers are its types, so the compiler of TypeScript checks each answer
// against the type that the SDK declares for it.

import { mkdirSync, writeFileSync } from "node:fs";
import ShopeeSDK from "@congminh1254/shopee-sdk";
import ts from "typescript";

const ADDRESS = process.env.MARKETPLACES;
const SDK = "@congminh1254/shopee-sdk/schemas";
const ITEM = 2807246100;
const PLAIN_ITEM = 2807246200;
const UNKNOWN_ITEM = 999;

// --- The simulated shop ---------------------------------------------------------------------------------------------

async function control(method, path, body) {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(`${ADDRESS}/control${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} /control${path}: ${response.status} ${text}`);
    return text && JSON.parse(text);
}

class Shop {
    static async open(code) {
        const { credentials } = await control("POST", "/shops", { code, connector: "shopee" });
        const shop = new Shop();
        shop.code = code;
        shop.id = Number(credentials.shop_id);
        shop.partner = { partner_id: Number(credentials.partner_id), partner_key: credentials.partner_key };
        shop.access = credentials.tokens.access.secret;
        shop.refresh = credentials.tokens.refresh.secret;
        await control("PUT", `/shops/${code}/products`, [
            { item_id: `${ITEM}`, variant_id: "1", seller_sku: "shirt-s", quantity: 100 },
            { item_id: `${ITEM}`, variant_id: "2", seller_sku: "shirt-m", quantity: 100 },
            { item_id: `${PLAIN_ITEM}`, variant_id: "0", seller_sku: "mug", quantity: 100 },
        ]);
        return shop;
    }

    add(what, body) {
        return control("POST", `/shops/${this.code}/${what}`, body);
    }

    async product(item, model) {
        const { products } = await control("GET", `/shops/${this.code}`);
        return products.find((product) => product.item_id === `${item}` && product.variant_id === `${model}`);
    }

    async sdk(changes = {}) {
        const sdk = new ShopeeSDK({ base_url: `${ADDRESS}/api/v2`, ...this.partner, ...changes });
        await sdk.tokenStorage.store({ access_token: this.access, refresh_token: this.refresh, shop_id: this.id });
        return sdk;
    }
}

// --- Checks ---------------------------------------------------------------------------------------------------------

function expect(found, wanted) {
    const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (left !== right) throw new Error(`${left} instead of ${right}`);
}

async function expectQuantity(shop, item, model, wanted) {
    expect((await shop.product(item, model)).quantity, wanted);
}

async function expectRefusal(call, code) {
    let answer;
    try {
        answer = await call();
    } catch (error) {
        expect(error.data?.error, code);
        if (!error.data.message || !error.data.request_id) throw new Error("no message or no request_id");
        return error.data;
    }
    throw new Error(`${JSON.stringify(answer)} instead of a refusal`);
}

// The SDK has made dates of some numbers.
function asSent(answer) {
    return JSON.stringify(answer, function (name, value) {
        return this[name] instanceof Date ? this[name].getTime() / 1000 : value;
    });
}

const answers = [];

// Lets the compiler check that `answer` has the type `type` of the SDK's file `schema`.
function expectType(answer, schema, type) {
    const names = type.match(/\b[A-Z]\w+/g).filter((name) => name !== "Omit");
    const source = [
        `import type { ${names.join(", ")} } from "${SDK}/${schema}";`,
        `const sent = ${asSent(answer)};`,
        `export const answer: ${type} = sent;`,
    ];
    mkdirSync("answers", { recursive: true });
    const file = `answers/${answers.length}.ts`;
    writeFileSync(file, source.join("\n"));
    answers.push({ file, check: current });
}

function checkTypes() {
    const options = {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: [],
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
    };
    const program = ts.createProgram(answers.map((answer) => answer.file), options);
    for (const { file, check } of answers) {
        for (const diagnostic of ts.getPreEmitDiagnostics(program, program.getSourceFile(file))) {
            check.reason ??= ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
        }
    }
}

const checks = [];
let current;

async function check(call, attempt) {
    current = { call };
    checks.push(current);
    try {
        await attempt();
    } catch (error) {
        current.reason = `${error.message}`;
    }
}

// --- The calls ------------------------------------------------------------------------------------------------------

const shop = await Shop.open("clients-shopee");
const sdk = await shop.sdk();

function stock(item, ...rows) {
    const stock_list = [];
    for (const [model_id, stock, location_id] of rows) {
        stock_list.push({ model_id, seller_stock: [{ location_id, stock }] });
    }
    return { item_id: item, stock_list };
}

await check("GET shop/get_shop_info", async () => {
    const answer = await sdk.shop.getShopInfo();
    expect(answer.error, "");
    // Its page has the content beside the error and not in `response`, and the sample has null for no merchant.
    expectType(answer, "shop", 'Omit<GetShopInfoResponseData, "merchant_id"> & { merchant_id: number | null }');
});

await check("POST product/update_stock: two models are set", async () => {
    const answer = await sdk.product.updateStock(stock(ITEM, [1, 40], [2, 0]));
    expect(answer.response.failure_list, []);
    expectType(answer, "product", "UpdateStockResponse");
    await expectQuantity(shop, ITEM, 1, 40);
    await expectQuantity(shop, ITEM, 2, 0);
});

await check("POST product/update_stock: an item without models is set", async () => {
    expectType(await sdk.product.updateStock(stock(PLAIN_ITEM, [0, 30])), "product", "UpdateStockResponse");
    await expectQuantity(shop, PLAIN_ITEM, 0, 30);
});

await check("GET product/get_model_list", async () => {
    const answer = await sdk.product.getModelList({ item_id: ITEM });
    expectType(answer, "product", "GetModelListResponse");
    const shown = answer.response.model.map((model) => [model.model_id, model.stock_info_v2.seller_stock[0].stock]);
    expect(shown, [[1, 40], [2, 0]]);
});

await check("GET product/get_item_base_info", async () => {
    const answer = await sdk.product.getItemBaseInfo({ item_id_list: [ITEM, PLAIN_ITEM] });
    const items = answer.response.item_list;
    expect(items.map((item) => [item.item_id, item.has_model]), [[ITEM, true], [PLAIN_ITEM, false]]);
    expect(items[1].stock_info_v2.seller_stock[0].stock, 30);
    for (const item of items) {
        // The SDK has the stock beside the items, where the sample has it in each of them.
        expectType(item.stock_info_v2, "product", "GetItemBaseInfoStockInfoV2");
        // A boolean by the page's table and the SDK, a text in the page's sample.
        delete item.deboost;
    }
    expectType(answer, "product", "GetItemBaseInfoResponse");
});

await check("GET product/get_item_promotion", async () => {
    await shop.add("campaigns", { item_id: `${ITEM}`, variant_id: "1", quantity: 25, ends_at: "2099-01-01T00:00:00Z" });
    const answer = await sdk.product.getItemPromotion({ item_id_list: [ITEM, UNKNOWN_ITEM] });
    expectType(answer, "product", "GetItemPromotionResponse");
    const [promotion] = answer.response.success_list[0].promotion;
    expect([promotion.model_id, promotion.promotion_staging], [1, "ongoing"]);
    expect(promotion.promotion_stock_info_v2.summary_info.total_reserved_stock, 25);
    expect(answer.response.failure_list.map((failure) => failure.item_id), [UNKNOWN_ITEM]);
});

await check("POST product/update_stock: below the reserved stock is refused", async () => {
    const call = () => sdk.product.updateStock(stock(ITEM, [1, 24]));
    const refusal = await expectRefusal(call, "product.error_busi_update_stock_failed");
    expect(refusal.response.failure_list.map((failure) => failure.model_id), [1]);
    expectType(refusal, "product", "UpdateStockResponse");
    await expectQuantity(shop, ITEM, 1, 40);
});

await check("POST product/update_stock: an unknown model is refused, the other is set", async () => {
    const answer = await sdk.product.updateStock(stock(ITEM, [999, 1], [2, 5]));
    expect(answer.response.failure_list.map((failure) => failure.model_id), [999]);
    expectType(answer, "product", "UpdateStockResponse");
    await expectQuantity(shop, ITEM, 2, 5);
});

await check("GET, POST product/*: an unknown item is refused", async () => {
    const code = "product.error_item_not_found";
    await expectRefusal(() => sdk.product.updateStock(stock(UNKNOWN_ITEM, [0, 1])), code);
    await expectRefusal(() => sdk.product.getModelList({ item_id: UNKNOWN_ITEM }), code);
    await expectRefusal(() => sdk.product.getItemBaseInfo({ item_id_list: [UNKNOWN_ITEM] }), code);
});

await check("GET shop/get_warehouse_detail: a shop with one is refused", () =>
    expectRefusal(() => sdk.shop.getWarehouseDetail(), "warehouse.error_not_in_whitelist"));

await check("GET shop/get_warehouse_detail, POST product/update_stock: one of two", async () => {
    const several = await Shop.open("clients-shopee-warehouses");
    await several.add("warehouses", { code: "SGZ", name: "Main" });
    await several.add("warehouses", { code: "SG2", name: "Second" });
    const sdk = await several.sdk();
    const warehouses = await sdk.shop.getWarehouseDetail();
    expect(warehouses.response.map((warehouse) => warehouse.location_id), ["SGZ", "SG2"]);
    expectType(warehouses, "shop", "GetWarehouseDetailResponse");
    expectType(await sdk.product.updateStock(stock(ITEM, [1, 7, "SG2"])), "product", "UpdateStockResponse");
    const { quantity, elsewhere } = await several.product(ITEM, 1);
    expect([quantity, elsewhere], [100, { SG2: 7 }]);
    const models = await sdk.product.getModelList({ item_id: ITEM });
    expectType(models, "product", "GetModelListResponse");
    const shown = models.response.model[0].stock_info_v2.seller_stock.map((row) => [row.location_id, row.stock]);
    expect(shown, [["SGZ", 100], ["SG2", 7]]);
    await expectRefusal(() => sdk.product.updateStock(stock(ITEM, [1, 7])), "product.error_busi");
});

await check("GET shop/get_shop_info: a wrong signature is refused", async () => {
    const other = await shop.sdk({ partner_key: "another" });
    await expectRefusal(() => other.shop.getShopInfo(), "error_sign");
});

await check("POST auth/access_token/get, after an ended token was refused", async () => {
    await shop.add("access", { access: "ended" });
    // The SDK renews the token and repeats the call.
    await sdk.product.updateStock(stock(ITEM, [2, 9]));
    await expectQuantity(shop, ITEM, 2, 9);
    const { access_token } = await sdk.getAuthToken();
    if (access_token === shop.access) throw new Error("the token was not renewed");
});

await check("POST auth/access_token/get: the new token is accepted", async () => {
    const answer = await sdk.refreshToken();
    expectType(answer, "access-token", "RefreshedAccessToken");
    expect((await sdk.shop.getShopInfo()).shop_name, shop.code);
});

await check("POST auth/access_token/get: a token is refused the second time", async () => {
    await expectRefusal(() => sdk.auth.getRefreshToken(shop.refresh, shop.id), "error_shop_refresh_token");
});

await check("GET shop/get_shop_info: a revoked permission is refused", async () => {
    await shop.add("access", { access: "revoked" });
    await expectRefusal(() => sdk.shop.getShopInfo(), "partner_shop_no_link");
    await expectRefusal(() => sdk.refreshToken(), "shop_no_linked");
});

checkTypes();
for (const { call, reason } of checks) {
    console.log(["shopee-sdk", call, reason ? "no" : "yes", reason ? reason.replace(/\s+/g, " ") : ""].join("\t"));
}
