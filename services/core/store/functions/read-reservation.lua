-- ledger1_read_reservation: a hold, open or settled; performs its expiry first if it is due, which is why it
-- may write, and may run when memory is full.
--
-- Keys:      common, then 9 open holds  10 settled holds of the hold's day  11 external references
-- Arguments: 1 account id  2 hold's sequence  3 hold's day
-- Reply:     hold as in an entry, terms, currency code, ledger scale
-- Errors:    RESERVATION_NOT_FOUND
local function read_reservation(keys, arguments)
  check_hold_arguments(arguments)
  local b = book.open(keys, arguments[1], 'RESERVATION_NOT_FOUND', keys[11])
  local h = hold.read(keys, arguments[2], arguments[3])
  if not h then
    refuse('RESERVATION_NOT_FOUND')
  elseif hold.is_due(b, h) then
    hold.expire_due(b, h)
    hold.write_expiry(b, h)
  end
  return { hold.in_entry(h), h.terms, b.currency, b.scale }
end
