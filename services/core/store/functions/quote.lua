-- Quotes: rates that Exchange has promised to the account, for some uses and until some time. What was used stands
-- in the hash of external references under q:<quote id>: number of uses, sequence of the first entry that used it;
-- joined by ",".
--
-- A call names a quote by an argument: <quote id>,<most uses, 0 for no bound>,<ms at which it is over>; "" for none.
local quote = {}

local QUOTE = '^([%w_.:@-]+),(%d+),(%d+)$'
local NO_QUOTE = { id = '' }

-- Checks the argument; one that an older service leaves out names none.
function quote.check(text)
  if text and text ~= '' and (#text > 320 or not find(text, QUOTE)) then
    refuse('ARGUMENT_INVALID', { argument = 'quote' })
  end
end

-- The quote that the argument names, with its uses so far; guards type and permission of where they stand.
function quote.read(b, text)
  local id, most, ends = match(text or '', QUOTE)
  if not id then
    return NO_QUOTE
  end
  require_permissions({ { 'hset', 1 } }, { b.references })
  local record = call('HGET', b.references, 'q:' .. id)
  local uses, first = match(record or '0,0', '^(%d+),(%d+)$')
  if not uses then
    corrupt('used quote')
  end
  return { id = id, most = tonumber(most), ends = tonumber(ends), uses = tonumber(uses), first = first }
end

-- Why it can't be used, as reason and facts; nil if it can.
function quote.refusal(b, q)
  if q == NO_QUOTE then
    return nil
  elseif b.now >= q.ends then
    return 'QUOTE_EXPIRED', { quote_id = q.id }
  elseif q.most > 0 and q.uses >= q.most then
    return 'QUOTE_NOT_APPLICABLE', { quote_id = q.id, max_uses = format('%d', q.most) }
  end
end

-- The same as `read`, refusing where it can't be used.
function quote.require(b, text)
  local q = quote.read(b, text)
  local reason, facts = quote.refusal(b, q)
  if reason then
    refuse(reason, facts)
  end
  return q
end

-- Write block: the entry with this sequence uses the quote.
function quote.write(b, q, sequence)
  if q ~= NO_QUOTE then
    local first = q.uses == 0 and sequence or q.first
    call('HSET', b.references, 'q:' .. q.id, format('%d', q.uses + 1) .. ',' .. first)
  end
end
