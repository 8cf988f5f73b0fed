-- ledger1_reverse_credit: sets how much of a credit is reversed in all; posts the difference. More is taken
-- from what is free of its grant, then from what expired of it, then from plain balance, which may go below
-- zero; less is given back in the opposite order.
--
-- Keys:      common, then 9 external references
-- Arguments: common, then 7 source  8 external reference  9 reversed total  10 revision
-- Reply:     as book.reply; if nothing changed the entry is "", the balance's entry is there, and the terms are
--            "superseded" when another revision, this one or a newer, was known before
-- Errors:    REFERENCE_NOT_FOUND, ACCOUNT_NOT_FOUND, WRONG_DAY, IDEMPOTENCY_KEY_REUSED, AMOUNT_INVALID,
--            AMOUNT_OVERFLOW
local REFERENCE = '^(%d+)\31(%d+)\31([^\31]*)\31(%d*)\31(%d+)\31(%d+)\31(%d+)\31(%d+)\31([PM])$'

local function check_reverse(arguments)
  argument.common(arguments)
  argument.text(arguments[7], 32, 'source')
  argument.text(arguments[8], 255, 'external_reference')
  argument.amount(arguments[9], 'reversed_total')
  if not find(arguments[10] or '', '^[1-9]%d*$') or #arguments[10] > 20 then
    refuse('ARGUMENT_INVALID', { argument = 'revision' })
  end
end

local function read_reference(key, source, reference)
  local record = call('HGET', key, reference_field(source, reference))
  if not record then
    refuse('REFERENCE_NOT_FOUND')
  end
  local sequence, credited, sent, grant_sequence, reversed, revision, of_grant, of_expired, kind =
    match(record, REFERENCE)
  if not sequence then
    corrupt('external reference')
  end
  return {
    sequence = sequence, credited = credited, sent = sent, grant = grant_sequence, reversed = reversed,
    revision = revision, of_grant = of_grant, of_expired = of_expired, kind = kind,
  }
end

local function write_reference(b, arguments, c)
  call('HSET', b.keys[9], reference_field(arguments[7], arguments[8]), concat({
    c.sequence, c.credited, c.sent, c.grant, c.reversed, c.revision, c.of_grant, c.of_expired, c.kind,
  }, SEPARATOR))
end

local function take_back(b, c, g, amount)
  if g then
    local of_grant = integer.least(amount, grant.free(g))
    local of_expired = integer.least(integer.subtract(amount, of_grant), g.expired)
    amount = integer.subtract(integer.subtract(amount, of_grant), of_expired)
    book.move(b, 'a', integer.negate(of_grant), g)
    book.move(b, 'x', integer.negate(of_expired), g)
    book.fund(b, integer.negate(integer.add(of_grant, of_expired)), g.tag)
    c.of_grant, c.of_expired = integer.add(c.of_grant, of_grant), integer.add(c.of_expired, of_expired)
  end
  local kind = c.kind == 'M' and 'M' or nil
  book.move(b, 'a', integer.negate(amount), nil, kind)
  book.fund(b, integer.negate(amount), kind)
end

local function return_to(b, c, g, amount)
  local of_plain = integer.subtract(integer.subtract(c.reversed, c.of_grant), c.of_expired)
  local plain = integer.least(amount, of_plain)
  local kind = c.kind == 'M' and 'M' or nil
  book.move(b, 'a', plain, nil, kind)
  book.fund(b, plain, kind)
  if g then
    amount = integer.subtract(amount, plain)
    local expired = integer.least(amount, c.of_expired)
    amount = integer.subtract(amount, expired)
    book.fund(b, integer.add(expired, amount), g.tag)
    book.move(b, 'x', expired, g)
    burn.restore(b, amount, g)
    c.of_grant, c.of_expired = integer.subtract(c.of_grant, amount), integer.subtract(c.of_expired, expired)
  end
end

-- The answer that nothing changed; its record has 0 for the sequence, or 00 if superseded.
local function answer_unchanged(b, replayed, superseded, balance)
  return book.reply(b, replayed, '', book.entry_at(b, balance), superseded and 'superseded' or '')
end

local function replay_reversal(b, record)
  local zeros, balance = match(sub(record, 17), '^(00?),(%d+)$')
  if zeros then
    return answer_unchanged(b, true, zeros == '00', balance)
  end
  return idempotency.replay(b, record)
end

local function post_reversal(b, arguments, c)
  local difference = integer.subtract(arguments[9], c.reversed)
  burn.expire_due(b)
  local g = c.grant ~= '' and grant.find_any(b, c.grant) or nil
  local sequence = book.next_sequence(b)
  if integer.is_negative(difference) then
    return_to(b, c, g, integer.negate(difference))
  else
    take_back(b, c, g, difference)
  end
  burn.cover(b)
  if not book.fits(b) then
    refuse('AMOUNT_OVERFLOW')
  end
  c.reversed = arguments[9]
  local text = book.post(b, entry.type.credit_reversed, {
    idempotency_key = arguments[5], memo = arguments[6], source = arguments[7], reference = arguments[8],
    original = c.sequence,
  })
  -- Nothing below can fail.
  book.write(b)
  write_reference(b, arguments, c)
  idempotency.write(b, arguments, sequence, sequence)
  return book.reply(b, false, text)
end

local function reverse_credit(keys, arguments)
  check_reverse(arguments)
  local total, revision = arguments[9], arguments[10]
  local b = book.open(keys, arguments[1], 'ACCOUNT_NOT_FOUND', keys[9])
  book.require_day(b, arguments[2])
  call('HLEN', keys[9])
  local record = idempotency.find(keys, arguments[3], arguments[4])
  if record then
    return replay_reversal(b, record)
  end
  local c = read_reference(keys[9], arguments[7], arguments[8])
  if integer.is_less(c.credited, total) then
    refuse('AMOUNT_INVALID', { field = 'reversed_total', most = c.credited, scale = b.scale })
  end
  local is_newer = integer.is_less(c.revision, revision)
  local superseded = not is_newer and (revision ~= c.revision or total ~= c.reversed)
  c.revision = is_newer and revision or c.revision
  if is_newer and total ~= c.reversed then
    return post_reversal(b, arguments, c)
  end
  local reply = answer_unchanged(b, false, superseded, b.sequence_text)
  -- Nothing below can fail.
  write_reference(b, arguments, c)
  idempotency.write(b, arguments, superseded and '00' or '0', b.sequence_text)
  return reply
end
