-- Journal entries as text: fixed positions, empty ones at the end left out.
--
--  1 format, "1"             7 funded          13 memo (opaque JSON)
--  2 sequence                8 spent           14 hold: <sequence>.<day>,<snapshot> (hold.lua)
--  3 time, epoch ms          9 expired         15 external source
--  4 type, one letter       10 credit limit    16 external reference
--  5 available              11 legs            17 uncollected
--  6 reserved               12 idempotency key 18 sequence of the original transaction
--                                              19 terms of a new hold (opaque JSON)
--                                              20 id of the quote that it used
--
-- 5 to 10 are the columns after the entry. Legs are joined by ";", each a column (e external, a available,
-- r reserved, s spent, x expired), a signed amount and, unless it is purchased plain balance, a kind
-- (P purchased, M promotional) with the sequence of its grant if it has one: "a-500M12;s500M12".
local entry = {}

local ENTRY_FORMAT = '1'
local ENTRY_FIELDS = 20

entry.type = {
  account_created = 'A',
  credit = 'C',
  charge = 'D',
  reserve = 'H',
  commit = 'S',
  release = 'R',
  hold_expired = 'X',
  account_updated = 'U',
  account_frozen = 'F',
  account_unfrozen = 'T',
  account_closed = 'Z',
  extend = 'E',
  grant_expired = 'G',
  refund = 'B',
  credit_reversed = 'V',
  adjustment = 'J',
}

-- `book` gives sequence, time and columns; `details` what else there is, each optional.
function entry.encode(book, type, legs, details)
  local fields = {
    ENTRY_FORMAT, book.sequence_text, book.time_text, type,
    book.a, book.r, book.f, book.s, book.x, book.l,
    legs,
    details.idempotency_key or '', details.memo or '', details.hold or '',
    details.source or '', details.reference or '',
    details.uncollected or '', details.original or '', details.terms or '', details.quote or '',
  }
  local last = ENTRY_FIELDS
  while fields[last] == '' do
    last = last - 1
  end
  return concat(fields, SEPARATOR, 1, last)
end
