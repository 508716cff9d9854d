-- The country (ISO 3166-1) and the currency (ISO 4217) of a store; NULL while nobody knows.
ALTER TABLE stores ADD COLUMN country TEXT COLLATE "C";
ALTER TABLE stores ADD COLUMN currency TEXT COLLATE "C";

-- How many digits of a line's unit price are decimals. Until now all of them were shown as hundredths.
ALTER TABLE order_lines ADD COLUMN price_decimals INTEGER NOT NULL DEFAULT 2 CHECK (price_decimals BETWEEN 0 AND 4);

-- What is known of the stores that exist: first the country of their time zone, then that of the marketplace's address,
-- which is surer (Shopee's of mainland China is that of sellers, who sell elsewhere). The others have no currency until
-- someone chooses one.
UPDATE stores SET country = CASE
    WHEN time_zone IN ('Asia/Singapore', 'Singapore') THEN 'SG'
    WHEN time_zone IN ('Asia/Kuala_Lumpur', 'Asia/Kuching') THEN 'MY'
    WHEN time_zone IN ('Asia/Jakarta', 'Asia/Pontianak', 'Asia/Makassar', 'Asia/Jayapura', 'Asia/Ujung_Pandang') THEN 'ID'
    WHEN time_zone IN ('Asia/Manila') THEN 'PH'
    WHEN time_zone IN ('Asia/Bangkok') THEN 'TH'
    WHEN time_zone IN ('Asia/Ho_Chi_Minh', 'Asia/Saigon') THEN 'VN'
    WHEN time_zone IN ('Asia/Hong_Kong', 'Hongkong') THEN 'HK'
    WHEN time_zone IN ('Asia/Taipei', 'ROC') THEN 'TW'
    WHEN time_zone IN ('Asia/Seoul', 'ROK') THEN 'KR'
    WHEN time_zone IN ('Asia/Tokyo', 'Japan') THEN 'JP'
    WHEN time_zone IN ('Asia/Shanghai', 'Asia/Urumqi', 'PRC') THEN 'CN'
    WHEN time_zone IN ('Asia/Kolkata', 'Asia/Calcutta') THEN 'IN'
    WHEN time_zone IN ('America/Noronha', 'America/Belem', 'America/Fortaleza', 'America/Recife', 'America/Araguaina',
        'America/Maceio', 'America/Bahia', 'America/Sao_Paulo', 'America/Campo_Grande', 'America/Cuiaba',
        'America/Santarem', 'America/Porto_Velho', 'America/Boa_Vista', 'America/Manaus', 'America/Eirunepe',
        'America/Rio_Branco', 'Brazil/East') THEN 'BR'
    WHEN time_zone IN ('America/Mexico_City', 'America/Cancun', 'America/Merida', 'America/Monterrey', 'America/Matamoros',
        'America/Chihuahua', 'America/Ciudad_Juarez', 'America/Ojinaga', 'America/Mazatlan', 'America/Bahia_Banderas',
        'America/Hermosillo', 'America/Tijuana') THEN 'MX'
    WHEN time_zone IN ('America/Bogota') THEN 'CO'
    WHEN time_zone IN ('America/Santiago', 'America/Coyhaique', 'America/Punta_Arenas', 'Pacific/Easter') THEN 'CL'
    WHEN time_zone IN ('America/New_York', 'America/Detroit', 'America/Kentucky/Louisville', 'America/Kentucky/Monticello',
        'America/Indiana/Indianapolis', 'America/Indiana/Vincennes', 'America/Indiana/Winamac',
        'America/Indiana/Marengo', 'America/Indiana/Petersburg', 'America/Indiana/Vevay', 'America/Chicago',
        'America/Indiana/Tell_City', 'America/Indiana/Knox', 'America/Menominee', 'America/North_Dakota/Center',
        'America/North_Dakota/New_Salem', 'America/North_Dakota/Beulah', 'America/Denver', 'America/Boise',
        'America/Phoenix', 'America/Los_Angeles', 'America/Anchorage', 'America/Juneau', 'America/Sitka',
        'America/Metlakatla', 'America/Yakutat', 'America/Nome', 'America/Adak', 'Pacific/Honolulu', 'US/Eastern',
        'US/Central', 'US/Mountain', 'US/Pacific') THEN 'US'
    WHEN time_zone IN ('Europe/London', 'GB') THEN 'GB'
    WHEN time_zone IN ('Australia/Lord_Howe', 'Antarctica/Macquarie', 'Australia/Hobart', 'Australia/Melbourne', 'Australia/Sydney',
        'Australia/Broken_Hill', 'Australia/Brisbane', 'Australia/Lindeman', 'Australia/Adelaide', 'Australia/Darwin',
        'Australia/Perth', 'Australia/Eucla', 'Australia/ACT', 'Australia/NSW') THEN 'AU'
    WHEN time_zone IN ('Pacific/Auckland', 'Pacific/Chatham', 'NZ') THEN 'NZ'
    WHEN time_zone IN ('Europe/Warsaw', 'Poland') THEN 'PL'
    WHEN time_zone IN ('Europe/Berlin', 'Europe/Busingen') THEN 'DE'
    WHEN time_zone IN ('Europe/Paris') THEN 'FR'
    WHEN time_zone IN ('Europe/Madrid', 'Africa/Ceuta', 'Atlantic/Canary') THEN 'ES'
    WHEN time_zone IN ('Europe/Rome') THEN 'IT'
    WHEN time_zone IN ('Europe/Amsterdam') THEN 'NL'
END;

UPDATE stores SET country = COALESCE((SELECT CASE
    WHEN api_url LIKE 'https://api.lazada.sg/%' OR api_url LIKE 'https://sellercenter-api.zalora.sg%' THEN 'SG'
    WHEN api_url LIKE 'https://api.lazada.com.my/%' OR api_url LIKE 'https://sellercenter-api.zalora.com.my%' THEN 'MY'
    WHEN api_url LIKE 'https://api.lazada.co.id/%' OR api_url LIKE 'https://sellercenter-api.zalora.co.id%' THEN 'ID'
    WHEN api_url LIKE 'https://api.lazada.com.ph/%' OR api_url LIKE 'https://sellercenter-api.zalora.com.ph%' THEN 'PH'
    WHEN api_url LIKE 'https://api.lazada.co.th/%' THEN 'TH'
    WHEN api_url LIKE 'https://api.lazada.vn/%' THEN 'VN'
    WHEN api_url LIKE 'https://sellercenter-api.zalora.com.hk%' THEN 'HK'
    WHEN api_url LIKE 'https://sellercenter-api.zalora.com.tw%' THEN 'TW'
    WHEN api_url LIKE 'https://openplatform.shopee.com.br%' THEN 'BR'
END FROM connections WHERE connections.store = stores.code), country);

UPDATE stores SET currency = CASE country
    WHEN 'SG' THEN 'SGD'
    WHEN 'MY' THEN 'MYR'
    WHEN 'ID' THEN 'IDR'
    WHEN 'PH' THEN 'PHP'
    WHEN 'TH' THEN 'THB'
    WHEN 'VN' THEN 'VND'
    WHEN 'HK' THEN 'HKD'
    WHEN 'TW' THEN 'TWD'
    WHEN 'KR' THEN 'KRW'
    WHEN 'JP' THEN 'JPY'
    WHEN 'CN' THEN 'CNY'
    WHEN 'IN' THEN 'INR'
    WHEN 'BR' THEN 'BRL'
    WHEN 'MX' THEN 'MXN'
    WHEN 'CO' THEN 'COP'
    WHEN 'CL' THEN 'CLP'
    WHEN 'US' THEN 'USD'
    WHEN 'GB' THEN 'GBP'
    WHEN 'AU' THEN 'AUD'
    WHEN 'NZ' THEN 'NZD'
    WHEN 'PL' THEN 'PLN'
    WHEN 'DE' THEN 'EUR'
    WHEN 'FR' THEN 'EUR'
    WHEN 'ES' THEN 'EUR'
    WHEN 'IT' THEN 'EUR'
    WHEN 'NL' THEN 'EUR'
END;

-- Where the currency has no decimals, forms and files took hundredths of it: those lines stay what they are. Programs sent
-- what the API asks for, minor units of the currency, which are whole ones.
UPDATE order_lines SET price_decimals = 0
    WHERE store IN (SELECT code FROM stores WHERE currency IN ('VND', 'KRW', 'JPY', 'CLP'))
      AND EXISTS (SELECT 1 FROM orders WHERE orders.number = order_lines.number AND orders.store = order_lines.store
                      AND orders.received_by LIKE 'token %');
