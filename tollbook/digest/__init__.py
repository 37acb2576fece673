"""The digest: what came, what waits, what is late and due, as a page of plain text and a mail for the morning."""
