-- ledger1_credit: money in, as plain balance or as a grant. A grant pays plain debt first.
--
-- A reference is unique per account and source for ever: a repeat answers as the first time.
-- Keys:      common, then 9 external references
-- Arguments: common, then 7 amount  8 source  9 external reference ("" for none)
--            10 kind (P purchased, M promotional)  11 amount as sent, to compare a repeat with
--            12 priority of the grant ("" for plain balance)  13 its expiry in ms ("" for never)
--            14 quote (quote.lua)
-- Reply:     as book.reply
-- Errors:    ACCOUNT_NOT_FOUND, WRONG_DAY, IDEMPOTENCY_KEY_REUSED, REFERENCE_REUSED, ACCOUNT_CLOSED,
--            TIME_OUT_OF_RANGE, GRANT_LIMIT_REACHED, AMOUNT_OVERFLOW, QUOTE_EXPIRED, QUOTE_NOT_APPLICABLE
--
-- A reference's record, under c:<source>:<reference>: sequence, credited, amount as sent, grant, reversed
-- total, revision of the reversal, what the reversal took of the grant's remaining, and of its expired part,
-- kind; joined by SEPARATOR.
local function reference_field(source, reference)
  return 'c:' .. source .. ':' .. reference
end

-- Sequence of the credit with this reference, or nil.
local function find_reference(key, source, reference, amount_sent)
  local record = call('HGET', key, reference_field(source, reference))
  if not record then
    return nil
  end
  local sequence, known_amount = match(record, '^(%d+)\31[^\31]*\31([^\31]*)')
  if not sequence then
    corrupt('external reference')
  elseif known_amount ~= amount_sent then
    refuse('REFERENCE_REUSED', { transaction_sequence = sequence })
  end
  return sequence
end

local function check_credit(arguments)
  argument.common(arguments)
  argument.amount(arguments[7], 'amount')
  argument.text(arguments[8], 32, 'source')
  argument.text(arguments[9], 255, 'external_reference')
  argument.letter(arguments[10], 'PM', 'kind')
  argument.text(arguments[11], 128, 'amount_sent')
  if arguments[12] ~= '' then
    argument.count(arguments[12], 0, 100, 'priority')
  end
  if arguments[13] ~= '' then
    argument.count(arguments[13], 1, 1e15, 'expires_ms')
  end
  quote.check(arguments[14])
end

-- Makes the grant in variables; the entry's sequence names it.
local function open_grant(b, arguments)
  local amount, kind, priority, expires = arguments[7], arguments[10], arguments[12], arguments[13]
  if expires ~= '' and tonumber(expires) <= b.now then
    refuse('TIME_OUT_OF_RANGE', { field = 'expires_at' })
  elseif grant.count(b) >= limits.active_grants then
    refuse('GRANT_LIMIT_REACHED', { limit = format('%d', limits.active_grants) })
  end
  local created = format('%d', b.now)
  local g = grant.new(b.sequence_text, kind, tonumber(priority), expires, amount, created)
  grant.add(b, g)
  return g
end

local function credit(keys, arguments)
  check_credit(arguments)
  local amount, source, reference, kind, amount_sent = unpack(arguments, 7, 11)
  local b = book.open(keys, arguments[1], 'ACCOUNT_NOT_FOUND', keys[9])
  book.require_day(b, arguments[2])
  call('HLEN', keys[9])
  local record = idempotency.find(keys, arguments[3], arguments[4])
  if record then
    return idempotency.replay(b, record)
  end
  local first = reference ~= '' and find_reference(keys[9], source, reference, amount_sent)
  if first then
    local reply = book.reply(b, true, book.entry_at(b, first))
    idempotency.write(b, arguments, first, first)
    return reply
  elseif b.closed then
    refuse('ACCOUNT_CLOSED')
  end
  local q = quote.require(b, arguments[14])
  burn.expire_due(b)
  local sequence = book.next_sequence(b)
  local g = arguments[12] ~= '' and open_grant(b, arguments) or nil
  local plain_kind = kind == 'M' and kind or nil
  book.fund(b, amount, g and g.tag or plain_kind)
  book.move(b, 'a', amount, g, plain_kind)
  burn.cover(b)
  if not book.fits(b) then
    refuse('AMOUNT_OVERFLOW')
  end
  local text = book.post(b, entry.type.credit, {
    idempotency_key = arguments[5], memo = arguments[6], source = source, reference = reference,
    quote = q.id,
  })
  -- Nothing below can fail.
  book.write(b)
  quote.write(b, q, sequence)
  if reference ~= '' then
    call('HSET', keys[9], reference_field(source, reference),
      concat({ sequence, amount, amount_sent, g and sequence or '', '0', '0', '0', '0', kind }, SEPARATOR))
  end
  idempotency.write(b, arguments, sequence, sequence)
  return book.reply(b, false, text)
end
