-- ledger1_expire_hold: performs the expiry of a hold if it is due. May run when memory is full.
--
-- Keys:      common, then 9 open holds  10 settled holds of the hold's day  11 external references
-- Arguments: 1 account id  2 hold's sequence  3 hold's day
-- Reply:     "expired", entry | "open", expiry in ms | "gone" (not open; a left-over index member is removed)
-- Errors:    RESERVATION_NOT_FOUND (no such account)
local function check_hold_arguments(arguments)
  argument.text(arguments[1], 128, 'account_id')
  argument.count(arguments[2], 1, 1e15, 'hold_sequence')
  argument.count(arguments[3], 0, 1000000, 'hold_day')
end

local function expire_hold(keys, arguments)
  check_hold_arguments(arguments)
  local b = book.open(keys, arguments[1], 'RESERVATION_NOT_FOUND', keys[11])
  local h = hold.read(keys, arguments[2], arguments[3])
  if not h or h.state ~= 'H' then
    call('ZREM', keys[5], hold.index_member(b, { sequence = arguments[2], day = arguments[3] }))
    return { 'gone' }
  elseif not hold.is_due(b, h) then
    return { 'open', h.expires }
  end
  hold.expire_due(b, h)
  hold.write_expiry(b, h)
  return { 'expired', b.entries[#b.entries] }
end
