"""The result as JUnit XML: one suite a gate, one case a check.  Written with the standard library's XML writer."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any


def junit(result: dict[str, Any]) -> str:
    """A document that CI systems read; a planned gate is a skipped case, so that it is seen."""
    suites = ET.Element("testsuites", name=f"0x0 {result['version']}")
    for gate in result["gates"]:
        cases = gate["findings"]
        failing = [f for f in cases if f["verdict"] in ("fail", "inconclusive")]
        broken = [f for f in cases if f["verdict"] in ("unmeasured", "broken")]
        skipped = 0 if cases else 1
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=gate["gate"],
            tests=str(len(cases) + skipped),
            failures=str(len(failing)),
            errors=str(len(broken)),
            skipped=str(skipped),
        )
        if not cases:
            case = ET.SubElement(suite, "testcase", classname=gate["gate"], name=gate["status"])
            ET.SubElement(case, "skipped", message=gate["reason"] or gate["status"])
        for finding in cases:
            case = ET.SubElement(suite, "testcase", classname=gate["gate"], name=finding["check_id"])
            text = f"{finding['says']}\nmeasured {finding['measured']}; wanted {finding['wanted']}"
            if finding in failing:
                ET.SubElement(case, "failure", type=finding["code"], message=finding["measured"]).text = text
            elif finding in broken:
                ET.SubElement(case, "error", type=finding["code"], message=finding["measured"]).text = text
            else:
                ET.SubElement(case, "system-out").text = text
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"
