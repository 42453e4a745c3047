"""The Azure Resource Manager dialect, apart from any one resource.

`envelope` error bodies · `context` ids, logging and the last line of defence · `paths` what a
path may look like · `versions` the api-version parameter · `bodies` reading JSON into models ·
`paging` $top, $skipToken, nextLink · `etag` preconditions · `operations` long-running ones ·
`rendering` instants and systemData · `origin` the address a client reached us at.
"""
