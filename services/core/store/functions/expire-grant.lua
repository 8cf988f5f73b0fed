-- ledger1_expire_grant: performs the expiry of a grant if it is due. What holds have earmarked is left to
-- them: it expires when they free it. May run when memory is full.
--
-- Keys:      common, then 9 external references
-- Arguments: 1 account id  2 grant's sequence
-- Reply:     "expired", entry | "open", expiry in ms | "gone" (nothing left to expire; a left-over index member
--            is removed)
-- Errors:    ACCOUNT_NOT_FOUND
local function expire_grant(keys, arguments)
  argument.text(arguments[1], 128, 'account_id')
  argument.count(arguments[2], 1, 1e15, 'grant_sequence')
  local b = book.open(keys, arguments[1], 'ACCOUNT_NOT_FOUND', keys[9])
  local g = grant.find(b, arguments[2])
  if g and g.expires ~= '' and not grant.is_due(b, g) then
    return { 'open', g.expires }
  end
  local text = g and g.expires ~= '' and burn.expire(b, g)
  if not text then
    call('ZREM', keys[5], grant.index_member(b, arguments[2]))
    return { 'gone' }
  end
  -- Nothing below can fail.
  book.write(b)
  return { 'expired', text }
end
