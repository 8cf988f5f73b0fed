-- ledger1_reserve: holds money; 0 is legal.
--
-- Keys:      common, then 9 open holds  10 external references
-- Arguments: common, then 7 amount  8 time to live in ms  9 action on expiry (R release, C capture)
--            10 terms (opaque JSON)  11 quote (quote.lua)  12 currency code  13 ledger scale
-- Reply:     as book.reply; the hold has the sequence of the entry and the day of the arguments
-- Errors:    ACCOUNT_NOT_FOUND, WRONG_DAY, IDEMPOTENCY_KEY_REUSED, ACCOUNT_CLOSED, ACCOUNT_FROZEN,
--            RESERVATION_LIMIT_REACHED, INSUFFICIENT_FUNDS, AMOUNT_OVERFLOW, QUOTE_EXPIRED,
--            QUOTE_NOT_APPLICABLE, UNIT_DIFFERS
local function check_reserve(arguments)
  argument.common(arguments)
  argument.amount(arguments[7], 'amount')
  argument.count(arguments[8], 1, limits.hold_ttl_ms, 'ttl_ms')
  argument.letter(arguments[9], 'RC', 'on_expiry')
  argument.text(arguments[10], limits.terms_bytes, 'terms')
  quote.check(arguments[11])
end

local function new_hold(b, arguments)
  return {
    sequence = b.sequence_text, day = arguments[2], state = 'H', amount = arguments[7],
    remaining = arguments[7], captured = '0', created = format('%d', b.now),
    expires = format('%d', b.now + arguments[8]), on_expiry = arguments[9], settled_by = '',
    settlements = '', allocation = '', terms = arguments[10],
  }
end

local function reserve(keys, arguments)
  check_reserve(arguments)
  local amount, terms = arguments[7], arguments[10]
  local b = book.open(keys, arguments[1], 'ACCOUNT_NOT_FOUND', keys[10])
  book.require_day(b, arguments[2])
  call('ZCARD', keys[5])
  local open_holds = call('HLEN', keys[9])
  local record = idempotency.find(keys, arguments[3], arguments[4])
  if record then
    return idempotency.replay(b, record)
  end
  book.require_unit(b, arguments[12], arguments[13])
  local q = quote.require(b, arguments[11])
  burn.expire_due(b)
  book.require_debit(b, amount)
  if open_holds >= limits.open_holds then
    refuse('RESERVATION_LIMIT_REACHED', { limit = format('%d', limits.open_holds) })
  end
  local drawn = burn.draw(b, amount, 'r')
  if not book.fits(b) then
    refuse('AMOUNT_OVERFLOW')
  end
  local sequence = book.next_sequence(b)
  local h = new_hold(b, arguments)
  hold.earmark(b, h, drawn)
  local text = book.post(b, entry.type.reserve, {
    idempotency_key = arguments[5], memo = arguments[6], hold = hold.in_entry(h), terms = terms,
    quote = q.id,
  })
  -- Nothing below can fail.
  book.write(b)
  hold.write_open(b, h)
  quote.write(b, q, sequence)
  call('ZADD', keys[5], h.expires, hold.index_member(b, h))
  idempotency.write(b, arguments, sequence, sequence)
  return book.reply(b, false, text, nil, terms)
end
