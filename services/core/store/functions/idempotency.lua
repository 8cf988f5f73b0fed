-- Idempotency records: field = digest of method and key, value = fingerprint (16 bytes), then the sequence of
-- the entry that answered and, if the answer's balance was another one, "," and the sequence of that.
local idempotency = {}

-- The record, or nil; all three days are read, which also guards their types.
function idempotency.find(keys, field, fingerprint)
  local today, yesterday, before =
    call('HGET', keys[6], field), call('HGET', keys[7], field), call('HGET', keys[8], field)
  local record = today or yesterday or before
  if record and sub(record, 1, 16) ~= fingerprint then
    refuse('IDEMPOTENCY_KEY_REUSED')
  end
  return record
end

-- The first answer again.
function idempotency.replay(b, record, terms)
  local sequence, balance = match(sub(record, 17), '^(%d+),?(%d*)$')
  if not sequence then
    corrupt('idempotency record')
  end
  local balance_text = balance ~= '' and book.entry_at(b, balance) or ''
  return book.reply(b, true, book.entry_at(b, sequence), balance_text, terms)
end

-- Last write of a function. `answered` and `balance` are sequences, as text.
function idempotency.write(b, arguments, answered, balance)
  local record = arguments[4] .. answered
  if balance ~= answered then
    record = record .. ',' .. balance
  end
  call('HSET', b.keys[6], arguments[3], record)
  call('PEXPIREAT', b.keys[6], format('%d', (b.day + limits.idempotency_days) * DAY_MS), 'NX')
end
