import { describe, expect, it } from 'vitest';
import { findCidInUrl } from '../../src/values/cid-in-url.js';

const V1 = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';
const V0 = 'QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR';

describe('the CID in a URL', () => {
  it.each([
    [`ipfs://${V1}`, V1],
    [`ipfs://${V0}/a/b.png`, V0],
    [`ipfs://ipfs/${V0}/a.png`, V0],
    [`IPFS://${V1}?x=1`, V1],
    [`https://gateway.example/ipfs/${V0}`, V0],
    [`https://gateway.example:8080/ipfs/${V1}/a.png?filename=x#y`, V1],
    [`http://127.0.0.1/ipfs/${V1}`, V1],
    [`https://${V1}.ipfs.dweb.example/`, V1],
    [`https://${V1}.ipfs.localhost:8080/a.png`, V1],
    [`https://${V1.toUpperCase()}.IPFS.DWEB.LINK/`, V1],
    [`https://Ba${V1.slice(2)}.Ipfs.dweb.link/`, V1],
    [`https://someone@${V1}.ipfs.dweb.link/`, V1],
    [`https://gateway.example//ipfs//${V0}`, V0],
    [`https://gateway.example/gw/ipfs/${V1}/a.png`, V1],
    [`https://gateway.example/ipfs/ipfs/${V1}`, V1],
    [`ipfs:${V0}`, V0],
    [`ipfs:///${V0}`, V0],
    [`ipfs://ipfs//${V0}`, V0],
    [` ipfs://${V1} `, V1],
    // The gateway shows what its name says, whatever stands below it.
    [`https://${V1}.ipfs.dweb.link/ipfs/${V0}`, V1],
  ])('of %s is %s', (url, cid) => {
    expect(findCidInUrl(url)).toBe(cid);
  });

  it.each([
    '',
    'ipfs://',
    'ipfs://nothing',
    'https://a.example/ipfs/none',
    `https://a.example/${V1}`,
    `https://a.example/x?from=/ipfs/${V1}`,
    `https://a.example/x#/ipfs/${V1}`,
    `ipns://${V1}`,
    `https://${V1}.example/`,
    'https://b.ipfs.example/',
    V1,
    `javascript:alert("/ipfs/${V1}")`,
  ])('is none in %s', (url) => {
    expect(findCidInUrl(url)).toBeUndefined();
  });
});
