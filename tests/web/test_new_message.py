"""A message that nobody has heard of gets all that others have from its schema alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import schemas

_FOLDER = Path(schemas.__file__).parent
_ROOT = _FOLDER.parent
_DOC = '<xs:documentation xml:lang="{lang}" source="label">{text}</xs:documentation>'


def _labelled(name: str, zh: str, en: str, facets: str, more: str = "", least: int = 1) -> str:
    docs = _DOC.format(lang="zh", text=zh) + _DOC.format(lang="en", text=en)
    return (
        f'<xs:element name="{name}" minOccurs="{least}"><xs:annotation>{docs}{more}'
        f"</xs:annotation><xs:simpleType>{facets}</xs:simpleType></xs:element>"
    )


def _text(most: int) -> str:
    return (
        '<xs:restriction base="xs:string"><xs:minLength value="1"/>'
        f'<xs:maxLength value="{most}"/></xs:restriction>'
    )


_FIELDS = (
    _labelled("permitNo", "许可证号", "Permit number", _text(20)),
    _labelled(
        "country",
        "国别",
        "Country",
        '<xs:restriction base="xs:string"><xs:length value="3"/></xs:restriction>',
        '<xs:appinfo><sw:field codes="country"/></xs:appinfo>',
    ),
    _labelled(
        "amount",
        "金额",
        "Amount",
        '<xs:restriction base="xs:decimal"><xs:totalDigits value="19"/>'
        '<xs:fractionDigits value="5"/></xs:restriction>',
    ),
    _labelled("remark", "说明", "Remark", _text(1000), least=0),
    _labelled("holder", "持有人", "Holder", _text(60), least=0),
)
_SCHEMA = f"""<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:made="urn:made-up"
           xmlns:sw="urn:single-window:schema" targetNamespace="urn:made-up"
           elementFormDefault="qualified">
  <xs:element name="MadeUpMessage">
    <xs:annotation>
      {_DOC.format(lang="zh", text="杜撰报文")}{_DOC.format(lang="en", text="Made-up message")}
      <xs:appinfo><sw:message role="declaration" record="Permit" key="permitNo" edition="1"
        source="made up" certainty="made up"/></xs:appinfo>
    </xs:annotation>
    <xs:complexType><xs:sequence><xs:element ref="made:Permit"/></xs:sequence></xs:complexType>
  </xs:element>
  <xs:element name="Permit">
    <xs:annotation>
      {_DOC.format(lang="zh", text="许可证")}{_DOC.format(lang="en", text="Permit")}
    </xs:annotation>
    <xs:complexType><xs:sequence>{"".join(_FIELDS)}</xs:sequence></xs:complexType>
  </xs:element>
</xs:schema>
"""
_VISIT = """
from pathlib import Path
from tests.portal import agencies, create_app, csrf, migrate, opened, seed_demo, Settings, Store
from tests.workbooks import XLSX, filled
import io, json, openpyxl, sys
folder = Path(sys.argv[1])
store = Store.open(Settings(data=folder))
migrate.upgrade(store.database)
(folder / "demo.json").write_text(json.dumps(seed_demo(store, agencies=agencies())), "utf-8")
store.database.close()
portal = opened(folder)
client = portal.browser("trader")
assert "Made-up message" in client.get("/forms").text
page = client.get("/forms/new/MadeUpMessage").text
for name in ("permitNo", "country", "amount", "remark", "holder"):
    assert f'name="{name}"' in page, name
assert "许可证号" in client.get("/forms/new/MadeUpMessage?lang=zh").text
client.get("/forms?lang=en")
sent = {"csrf": csrf(client, "/forms"), "_seed": "1" * 32, "_do": "check"}
bad = client.post("/forms/new/MadeUpMessage", data=sent | {"permitNo": "P1", "country": "5"})
page = client.get(bad.location).text
assert 'href="#f-country"' in page and 'href="#f-amount"' in page
good = {"permitNo": "P1", "country": "502", "amount": "1.5", "_version.MadeUpMessage": "2"}
where = bad.location.split("?")[0]
version = page.split('name="_version.MadeUpMessage" value="')[1].split('"')[0]
done = client.post(where, data=sent | good | {"_version.MadeUpMessage": version})
assert "nothing wrong" in client.get(done.location).text
body = client.get(f"{where}/message.xml").text
assert "<country>502</country>" in body.replace("made:", "").replace("more:", "")

def checked(body, headers):
    told = portal.call("/api/v1/submissions?check_only=true", data=body, headers=headers)
    assert told.status_code == 202, told.text
    portal.work()
    where = f"/api/v1/submissions/{told.json['id']}"
    told, items = portal.call(where).json, portal.call(f"{where}/records").json["items"]
    assert told["check_only"] and told["state"] == "done", told
    assert [item["message"] for item in items] == ["MadeUpMessage"], items
    assert [item["key"] for item in items] == ["P1"], items
    page = portal.browser("broker").get(f"/submissions/{told['id']}?lang=en").text
    assert "Permit" in page and "P1" in page
    return told["counts"], items

counts, (item,) = checked(body.encode(), {})
assert (counts["records"], counts["rejected"]) == (1, 0), (counts, item)
wrong = body.replace(">502<", ">50<").replace(">1.5<", ">1,5<")
assert wrong != body
counts, (item,) = checked(wrong.encode(), {})
assert (counts["records"], counts["rejected"]) == (1, 1)
paths = {each["path"]: each for each in item["findings"] if each["severity"] == "reject"}
assert {*paths} == {"country", "amount"}, item
assert paths["amount"]["label_zh"] == "金额" and paths["amount"]["label_en"] == "Amount"

for template in ("/api/v1/templates/MadeUpMessage.xlsx", "/templates/MadeUpMessage.xlsx"):
    answer = portal.call(template) if "api" in template else client.get(template)
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    rows = [row for sheet in book for row in sheet.iter_rows(max_row=4)]
    cells = {str(cell.value) for row in rows for cell in row}
    assert {"permitNo", "country", "amount", "remark", "holder"} <= cells, cells
assert "MadeUpMessage" in client.get("/templates").text
first = {"permitNo": "P1", "country": "502", "amount": "1.50000", "holder": "<&> 持有人"}
for more, decision in (({}, "accept"), ({"country": "5"}, "reject")):
    rows = filled({"MadeUpMessage": [first | more]})
    counts, (item,) = checked(rows, XLSX)
    assert counts["records"] == 1 and item["decision"] == decision, item
    assert counts["rejected"] == (decision == "reject"), counts

for lang, words in (("zh", ["许可证号", "国别", "金额", "说明", "持有人"]),
                    ("en", ["Permit number", "Country", "Amount", "Remark", "Holder"])):
    page = client.get(f"/reference/messages/MadeUpMessage?lang={lang}").text
    assert all(word in page for word in words), page
    assert all(f'id="{name}"' in page for name in first)
assert "MadeUpMessage" in client.get("/reference/messages").text
portal.store.database.close()
"""


def test_five_fields_in_a_schema_are_form_template_upload_reference_and_json(
    tmp_path: Path,
) -> None:
    copy = shutil.copytree(_FOLDER, tmp_path / "with" / "schemas")
    (copy / "more").mkdir()
    (copy / "more" / "MadeUpMessage.xsd").write_text(_SCHEMA, "utf-8")
    path = os.pathsep.join([str(copy.parent), str(_ROOT)])
    (tmp_path / "data").mkdir()
    run = subprocess.run(
        [sys.executable, "-P", "-c", _VISIT, str(tmp_path / "data")],
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
