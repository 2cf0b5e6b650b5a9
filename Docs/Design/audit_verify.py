"""Verify Grevy's audit chain without Grevy: python3 audit_verify.py DATA_FOLDER [SEQUENCE:HASH]"""
import hashlib, pathlib, sqlite3, sys

file = pathlib.Path(sys.argv[1], "grevy.sqlite").resolve()
columns = "timeUTC actor action subject detailJSON previousHash hash".split()
query = "SELECT seq, %s FROM audit ORDER BY seq" % ", ".join(f"CAST({c} AS BLOB)" for c in columns)
last, previous, heads = 0, b"0" * 64, set()
for sequence, *fields, stored in sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True).execute(query):
    hashed = [b"grevy-audit-1", str(sequence).encode(), *fields]
    form = b"".join(len(field).to_bytes(8, "big") + field for field in hashed)
    digest = hashlib.sha256(form).hexdigest().encode()
    if sequence != last + 1 or fields[-1] != previous or stored != digest:
        sys.exit(f"broken {sequence if sequence == last + 1 else last + 1}")
    last, previous = sequence, stored
    heads.add(f"{sequence}:{stored.decode()}")
if len(sys.argv) > 2 and sys.argv[2] not in heads:
    sys.exit("the head noted before is not in the chain")
print(f"intact {last}:{previous.decode()}")
