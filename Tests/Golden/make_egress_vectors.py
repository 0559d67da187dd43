"""Writes Tests/Golden/webhooks/addresses.json: what Python's `ipaddress` thinks of addresses, from its own copy of the IANA registries.
Edges of every range and a few thousand drawn ones. `global` is its word; the product may refuse more, and never allow what is not global.
Run from the top folder."""

import ipaddress, json, os, random

RANGES = """0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16
198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ::/128 ::1/128 ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48
100::/64 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8 2000::/3""".split()

chance = random.Random(20250101)
addresses = set()
for text in RANGES:
    block = ipaddress.ip_network(text)
    kind = ipaddress.IPv4Address if block.version == 4 else ipaddress.IPv6Address
    first, last, top = int(block[0]), int(block[-1]), 2**block.max_prefixlen - 1
    for number in [first - 1, first, first + 1, last - 1, last, last + 1] + [chance.randint(first, last) for _ in range(12)]:
        if 0 <= number <= top:
            addresses.add(kind(number))
for _ in range(400):
    four = ipaddress.IPv4Address(chance.getrandbits(32))
    addresses |= {four, ipaddress.IPv6Address((0xFFFF << 32) + int(four)), ipaddress.IPv6Address(int(ipaddress.ip_address("64:ff9b::")) + int(four))}
    addresses.add(ipaddress.IPv6Address(chance.getrandbits(128)))
    addresses.add(ipaddress.IPv6Address((1 << 125) + chance.getrandbits(125)))


def is_global(address):
    carried = address
    if address.version == 6:
        if address.ipv4_mapped:
            carried = address.ipv4_mapped
        elif address in ipaddress.ip_network("64:ff9b::/96"):
            carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return carried.is_global and not carried.is_multicast and not address.is_multicast


os.makedirs("Tests/Golden/webhooks", exist_ok=True)
with open("Tests/Golden/webhooks/addresses.json", "w") as out:
    rows = sorted(addresses, key=lambda a: (a.version, int(a)))
    out.write("[\n" + ",\n".join(json.dumps([str(a), is_global(a)]) for a in rows) + "\n]\n")
