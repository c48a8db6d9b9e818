"""Writes the seeds of this folder: a made-up ledger of a few rows in every format that is read, clean and dirty.

python make.py, with openpyxl 3.1, xlwt 1.3, odfpy 1.4, pyarrow and zstandard. Inputs that fuzzing found are called
found-* and are not made here.
"""

import datetime
import gzip
import io
import struct
import zipfile

import odf.opendocument
import odf.table
import odf.text
import openpyxl
import pyarrow
import pyarrow.parquet
import xlwt
import zstandard

HEADER = ["invoice_id", "customer_id", "issue_date", "due_date", "amount", "currency", "note"]
ROWS = [
    ["A-1", "Müller", "2024-01-10", "2024-02-09", "100.00", "EUR", ""],
    ["A-2", "Müller", "2024-01-11", "2024-02-10", "0.10", "EUR", "half; a \"pipe\", or | so"],
    ["1003", "7", "2024-01-12", "2024-02-11", "12345.67", "USD", "two\nlines"],
    ["A-4", "7", "2024-02-30", "2024-03-01", "x", "EUR", ""],
    ["A-1", "Zoë", "2024-01-13", "2024-02-12", "-5", "EUR", "again"],
    ["A-6", "Zoë", "2024-03-01", "2024-03-31", "1e2", "", "N/A"],
]
FINE = ROWS[:3]


def text(delimiter=",", end="\n", quote='"', rows=ROWS):
    def field(value):
        special = any(c in value for c in (delimiter, quote, "\n", "\r"))
        return quote + value.replace(quote, quote * 2) + quote if special else value

    return "".join(delimiter.join(map(field, row)) + end for row in [HEADER, *rows])


def write(name, content, encoding="utf-8"):
    with open(name, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode(encoding))


write("comma.csv", text())
write("bom-crlf.csv", "\ufeff" + text(end="\r\n"))
write("semicolon-1252.csv", text(";"), "cp1252")
write("tab-utf16.tsv", text("\t"), "utf-16")
write("bar-utf16be.txt", b"\xfe\xff" + text("|").encode("utf-16-be"))
write("cr.csv", text(end="\r", rows=[r[:6] + [""] for r in ROWS]))
write("sep.csv", "sep=;\r\n" + text(";", "\r\n"))
write("single.csv", "\n".join(";".join(f"'{v}'" for v in row) for row in [HEADER, *FINE]))
write("torn.csv", text() + '\nA-9,C\n,,,,,,\nA-8,C,2024-01-01,2024-01-31,1,EUR,5" pipe,more\n\r\n"A-7",C"x\n\n')
write("open-quote.csv", text() + 'A-9,"C,2024-01-01\n')
write("nul.csv", text().replace("A-2", "A\0-2"))
write("two-encodings.csv", text().encode() + "A-9,Köln\n".encode("cp1252"))
write("comma.csv.gz", gzip.compress(text().encode(), mtime=0))
write("semicolon.csv.zst", zstandard.compress(text(";").encode()))

LINES = """{"invoice_id":"A-1","customer_id":"M\\u00fcller","issue_date":"2024-01-10","due_date":"2024-02-09","amount":100.00,"currency":"EUR"}
{"currency":"EUR","invoice_id":"A-2","customer_id":7.0,"issue_date":"2024-01-11","due_date":"2024-02-10","amount":1e-1,"tags":["a",{"b":[]}]}
{"invoice_id":1003,"customer_id":"7","issue_date":"2024-01-12","due_date":null,"amount":"12345.67","x":true}

{"invoice_id":"A-4","customer_id":"\\ud83d\\ude00","issue_date":"2024-01-12","due_date":"2024-02-12","amount":{"v":1}}
{"invoice_id":"A-5","customer_id":"7","amount":1,"amount":2}
not json
{"invoice_id":"A-6","customer_id":"7","issue_date":"2024-01-12","due_date":"2024-02-12","amount":
"""
write("lines.ndjson", LINES)
write("lines.jsonl.gz", gzip.compress(LINES.encode(), mtime=0))
write("array.json", "[" + ",".join(LINES.splitlines()[:2]) + "]")

table = pyarrow.table({name: [row[i] for row in ROWS] for i, name in enumerate(HEADER[:6])})
pyarrow.parquet.write_table(table, "table.parquet", compression="zstd")

day = datetime.date.fromisoformat
TYPED = [[row[0], row[1], day(row[2]), day(row[3]), float(row[4]), row[5]] for row in FINE]
TYPED[2][0] = 1003.0

book = openpyxl.Workbook()
book.active.title = "Cover"
book.active.append(["A made-up ledger"])
sheet = book.create_sheet("Open items")
sheet.append(["Open items as of 2024-03-31"])
sheet.append([])
sheet.append(HEADER[:6])
for row in TYPED:
    sheet.append(row)
sheet.append([])
sheet.append(["A-4", "7", "2024-01-12", day("2024-02-11"), "=0.1+0.2", "EUR"])
sheet.append(["A-5", "7", "2024-01-12", day("2024-02-11"), 0.1 + 0.2, "#N/A"])
stream = io.BytesIO()
book.save(stream)
write("book.xlsx", stream.getvalue())

book = xlwt.Workbook()
sheet = book.add_sheet("Open items")
dates = xlwt.easyxf(num_format_str="YYYY-MM-DD")
for column, name in enumerate(HEADER[:6]):
    sheet.write(0, column, name)
for at, row in enumerate(TYPED):
    for column, value in enumerate(row):
        if isinstance(value, datetime.date):
            sheet.write(at + 1, column, value, dates)
        else:
            sheet.write(at + 1, column, value)
stream = io.BytesIO()
book.save(stream)
write("book.xls", stream.getvalue())

ods = odf.opendocument.OpenDocumentSpreadsheet()
sheet = odf.table.Table(name="Open items")
for row in [HEADER[:6], *TYPED]:
    cells = odf.table.TableRow()
    for value in row:
        if isinstance(value, datetime.date):
            cell = odf.table.TableCell(valuetype="date", datevalue=value.isoformat())
        elif isinstance(value, float):
            cell = odf.table.TableCell(valuetype="float", value=value)
        else:
            cell = odf.table.TableCell(valuetype="string")
        cell.addElement(odf.text.P(text=str(value)))
        cells.addElement(cell)
    sheet.addElement(cells)
ods.spreadsheet.addElement(sheet)
stream = io.BytesIO()
ods.write(stream)
write("book.ods", stream.getvalue())


def record(kind, content=b""):
    """One record of MS-XLSB: kind and size in groups of seven bits."""

    def varint(n):
        out = bytearray()
        while True:
            out.append(n & 0x7F | (0x80 if n > 0x7F else 0))
            n >>= 7
            if not n:
                return bytes(out)

    head = struct.pack("<B", kind) if kind < 0x80 else struct.pack("<BB", kind & 0x7F | 0x80, kind >> 7)
    return head + varint(len(content)) + content


def wide(value):
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def cell(column, value):
    if isinstance(value, datetime.date):
        serial = float((value - datetime.date(1899, 12, 30)).days)
        return record(5, struct.pack("<IId", column, 1, serial))
    if isinstance(value, float):
        return record(5, struct.pack("<IId", column, 0, value))
    return record(6, struct.pack("<II", column, 0) + wide(value))


data = record(129) + record(148, struct.pack("<IIII", 0, len(TYPED), 0, 5)) + record(145)
for at, row in enumerate([HEADER[:6], *TYPED]):
    data += record(0, struct.pack("<I", at) + bytes(13))
    data += b"".join(cell(column, value) for column, value in enumerate(row))
data += record(146)
bundle = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Open items"))
styles = record(617, struct.pack("<I", 2))
styles += b"".join(record(47, struct.pack("<HH", 0, code) + bytes(12)) for code in (0, 14))
stream = io.BytesIO()
with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
    parts = {
        "xl/workbook.bin": record(131) + bundle + record(144) + record(132),
        "xl/_rels/workbook.bin.rels": b'<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.bin"/></Relationships>',
        "xl/worksheets/sheet1.bin": data,
        "xl/styles.bin": styles,
    }
    for name, content in parts.items():
        archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content)
write("book.xlsb", stream.getvalue())
