"""Matrix tools, schemathesis and Crosstalk on servers of the corpus.

`selection` says which servers, `written` holds what a person writes for each tool and server,
`tools` runs the tools, `scoring` compares with what is planted, `page` shows it. The files in
`written` were written from each server's OpenAPI document, its description and the answers of its
clean twin alone, before its leaks were read.
"""
