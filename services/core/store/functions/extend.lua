-- ledger1_extend: a later expiry of an open hold, more held, or both; neither is ever made smaller.
--
-- Keys:      common, then 9 open holds  10 settled holds of the hold's day  11 external references
-- Arguments: common, then 7 hold's sequence  8 hold's day  9 time to live from now in ms ("" leaves the expiry)
--            10 remaining total ("" leaves it)
-- Reply:     as book.reply
-- Errors:    RESERVATION_NOT_FOUND, WRONG_DAY, IDEMPOTENCY_KEY_REUSED, RESERVATION_ALREADY_COMMITTED,
--            RESERVATION_ALREADY_RELEASED, RESERVATION_EXPIRED, TIME_OUT_OF_RANGE, AMOUNT_INVALID,
--            ACCOUNT_FROZEN (to more), INSUFFICIENT_FUNDS, AMOUNT_OVERFLOW
local function check_extend(arguments)
  hold.check_arguments(arguments)
  if arguments[9] ~= '' then
    argument.count(arguments[9], 1, limits.hold_ttl_ms, 'ttl_ms')
  end
  if arguments[10] ~= '' then
    argument.amount(arguments[10], 'remaining')
  end
end

-- The new expiry; or nil and the bound that it breaks.
local function extended_expiry(b, h, ttl)
  local expires, latest = tonumber(h.expires), h.created + limits.hold_ttl_ms
  local wanted = ttl == '' and expires or b.now + ttl
  if wanted < expires or wanted > latest then
    return nil, { field = 'hold_ttl', earliest = h.expires, latest = format('%d', latest) }
  end
  return format('%d', wanted)
end

-- Why the hold can't get so much, as reason and facts; nil if it can.
local function more_refusal(b, h, more)
  if integer.is_negative(more) then
    return 'AMOUNT_INVALID', { field = 'remaining', least = h.remaining, scale = b.scale }
  elseif more == '0' then
    return nil
  elseif b.freezes then
    return 'ACCOUNT_FROZEN', { freeze_reasons = b.freezes }
  elseif integer.is_less(book.spendable(b), more) then
    return 'INSUFFICIENT_FUNDS', book.funds(b, more)
  elseif not integer.fits_int64(integer.add(b.r, more)) then
    return 'AMOUNT_OVERFLOW'
  end
end

-- Writes the extension, and what expired before it.
local function write_extension(b, h, arguments)
  local sequence = b.sequence_text
  local text = book.post(b, entry.type.extend, {
    idempotency_key = arguments[5], memo = arguments[6], hold = hold.in_entry(h),
  })
  -- Nothing below can fail.
  book.write(b)
  hold.write_open(b, h)
  call('ZADD', b.keys[5], h.expires, hold.index_member(b, h))
  idempotency.write(b, arguments, sequence, sequence)
  return book.reply(b, false, text, nil, h.terms)
end

local function extend(keys, arguments)
  check_extend(arguments)
  local b, h, replay = hold.open(keys, arguments)
  if replay then
    return replay
  end
  hold.expire_due(b, h)
  if h.state ~= 'H' then
    hold.write_expiry(b, h)
    return refusal(hold.settled_refusal(h))
  end
  local expires, bounds = extended_expiry(b, h, arguments[9])
  if not expires then
    refuse('TIME_OUT_OF_RANGE', bounds)
  end
  local more = integer.subtract(arguments[10] == '' and h.remaining or arguments[10], h.remaining)
  local reason, facts = more_refusal(b, h, more)
  if reason then
    refuse(reason, facts)
  end
  book.next_sequence(b)
  hold.earmark(b, h, burn.draw(b, more, 'r'))
  h.remaining, h.expires = integer.add(h.remaining, more), expires
  return write_extension(b, h, arguments)
end
