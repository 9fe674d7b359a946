"""Rows as a file of some format."""

import csv
import io

import openpyxl


def file(suffix, rows):
    if suffix != ".xlsx":
        text = io.StringIO()
        csv.writer(text, delimiter="\t" if suffix == ".txt" else ",").writerows(rows)
        return text.getvalue().encode()
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
