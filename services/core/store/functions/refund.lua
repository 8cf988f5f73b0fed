-- ledger1_refund: gives back part or all of what a charge, a commit or a capturing expiry spent: to plain
-- balance first, then to the grants drawn from, in reverse burn-down order. What would go to a grant that is over
-- goes to plain balance if it was purchased, else it expires.
--
-- Keys:      common, then 9 external references  10 refunds
-- Arguments: common, then 7 sequence of the entry to refund  8 amount ("" for all that is left)
--            9 the entry itself once ENTRY_ARCHIVED has asked for it, else ""
-- Reply:     as book.reply
-- Errors:    TRANSACTION_NOT_FOUND, WRONG_DAY, IDEMPOTENCY_KEY_REUSED, ENTRY_ARCHIVED,
--            TRANSACTION_NOT_REFUNDABLE, REFUND_EXCEEDS_CHARGE, AMOUNT_OVERFLOW
-- The service reads an archived entry from the file that Redis names with its digest. An entry that is online is
-- never taken from a call.
local REFUNDABLE = { D = true, S = true, X = true }

local function check_refund(arguments)
  argument.common(arguments)
  argument.count(arguments[7], 1, 1e15, 'sequence')
  if arguments[8] ~= '' then
    argument.amount(arguments[8], 'amount')
  end
end

local function original_entry(b, sequence, archived)
  if tonumber(sequence) > b.base then
    return book.entry_at(b, sequence)
  elseif archived == '' then
    refuse('ENTRY_ARCHIVED', { sequence = sequence })
  elseif match(archived, '^' .. ENTRY_FORMAT .. '\31(%d+)\31') ~= sequence then
    refuse('ARGUMENT_INVALID', { argument = 'archived_entry' })
  end
  return archived
end

-- What the entry spent: of plain balance, and of grants, as parts in burn-down order; and the sum.
local function spent_by(b, text)
  local fields = {}
  for field in gmatch(text .. SEPARATOR, '([^\31]*)\31') do
    fields[#fields + 1] = field
  end
  local plain, parts, total = '0', {}, '0'
  for leg in gmatch(fields[11] or '', '[^;]+') do
    local amount, sequence = match(leg, '^s(%d+)%u?(%d*)$')
    if amount then
      total = integer.add(total, amount)
      if sequence == '' then
        plain = integer.add(plain, amount)
      else
        parts[#parts + 1] = { grant = grant.find_any(b, sequence), amount = amount }
      end
    end
  end
  sort(parts, function(one, other) return grant.burns_before(one.grant, other.grant) end)
  if not REFUNDABLE[fields[4]] or (fields[4] == 'X' and total == '0') then
    refuse('TRANSACTION_NOT_REFUNDABLE')
  end
  return plain, parts, total
end

-- Moves the refund in variables: `done` has been given back before.
local function give_refund(b, plain, parts, done, amount)
  local function share(part)
    local before = integer.least(done, part)
    done = integer.subtract(done, before)
    local given = integer.least(amount, integer.subtract(part, before))
    amount = integer.subtract(amount, given)
    return given
  end
  local given = share(plain)
  book.move(b, 's', integer.negate(given))
  book.move(b, 'a', given)
  for position = #parts, 1, -1 do
    local g = parts[position].grant
    given = share(parts[position].amount)
    book.move(b, 's', integer.negate(given), g)
    burn.restore(b, given, g)
  end
end

local function refund(keys, arguments)
  check_refund(arguments)
  local original = arguments[7]
  local b = book.open(keys, arguments[1], 'TRANSACTION_NOT_FOUND', keys[9])
  book.require_day(b, arguments[2])
  local done = call('HGET', keys[10], original) or '0'
  call('HLEN', keys[9])
  local record = idempotency.find(keys, arguments[3], arguments[4])
  if record then
    return idempotency.replay(b, record)
  elseif tonumber(original) > b.stored then
    refuse('TRANSACTION_NOT_FOUND')
  end
  local text = original_entry(b, original, arguments[9])
  burn.expire_due(b)
  local plain, parts, total = spent_by(b, text)
  local left = integer.subtract(total, done)
  local amount = arguments[8] == '' and left or arguments[8]
  if amount == '0' or integer.is_less(left, amount) then
    refuse('REFUND_EXCEEDS_CHARGE', { refundable = left, currency_code = b.currency, scale = b.scale })
  end
  local sequence = book.next_sequence(b)
  give_refund(b, plain, parts, done, amount)
  burn.cover(b)
  if not book.fits(b) then
    refuse('AMOUNT_OVERFLOW')
  end
  local posted = book.post(b, entry.type.refund, {
    idempotency_key = arguments[5], memo = arguments[6], original = original,
  })
  -- Nothing below can fail.
  book.write(b)
  call('HSET', keys[10], original, integer.add(done, amount))
  idempotency.write(b, arguments, sequence, sequence)
  return book.reply(b, false, posted)
end
