"""The worksheet: the queue as a workbook in which people decide, and the way back of what they decided."""
