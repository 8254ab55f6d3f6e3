/**
 * A certificate that nobody signed, for `localhost`, with its key: for proving that such certificates are refused.
 * Made for these tests, trusted nowhere, good until 2126.
 */
export const selfSigned = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCiPbnO6CNFZUsUhu
XUJii4gf6Bxe/nnLwtcyt8sxQm2hRANCAATtaZ/XyZThqxGj9sXOdIeGcYOPpAh4
A/NrVe0bRpPBEs2/ubj3C1A8vW4igstgt73VI2x3K2PE/Vp+Wluw4Hp7
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUaVA4ng/g2j+0BpEpGek+csibp0owCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA5MjAzOFoYDzIxMjYxMDI4
MDkyMDM4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATtaZ/XyZThqxGj9sXOdIeGcYOPpAh4A/NrVe0bRpPBEs2/ubj3C1A8
vW4igstgt73VI2x3K2PE/Vp+Wluw4Hp7o1MwUTAdBgNVHQ4EFgQULeAHiah8DJOv
+07Yg62dsFwPMLEwHwYDVR0jBBgwFoAULeAHiah8DJOv+07Yg62dsFwPMLEwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiA3TffFFJ6I1v3wf3xqF6Hw
BZCV9w9C9Xj2HCKFsCpAUwIgUwGWEct5+SRX/CNUYmrAW3k/Yu7rHNSGuih7BnOp
gGA=
-----END CERTIFICATE-----`,
} as const;
