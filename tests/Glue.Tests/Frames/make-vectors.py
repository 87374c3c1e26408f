# Writes vectors.json: frames as Glue's libraries write them, made with Python's struct, uuid and zlib, and none of our code.
#   python3 make-vectors.py > vectors.json
# Layout: aws-glue-schema-registry, SerializationDataEncoder and AWSSchemaRegistryConstants.
import base64, json, struct, uuid, zlib

ids = [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID("00112233-4455-6677-8899-aabbccddeeff"), uuid.uuid5(uuid.NAMESPACE_DNS, "glue")]
payloads = [b"", b"a", b'{"user":"u17","n":1}', bytes(range(256)) * 9, "Grüße, 世界".encode(), b"x" * 6_000]


def frame(version, compressed, data):
    most, least = version.int >> 64, version.int & (2**64 - 1)
    body = zlib.compress(data) if compressed else data
    return struct.pack(">BBQQ", 3, 5 if compressed else 0, most, least) + body


print(json.dumps([
    {"id": str(i), "compressed": c, "data": base64.b64encode(d).decode(), "frame": base64.b64encode(frame(i, c, d)).decode()}
    for i in ids for c in (False, True) for d in payloads if c or len(d) < 6_000
], indent=1))
