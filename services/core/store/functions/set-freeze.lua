-- ledger1_set_freeze: adds a reason to the account's freezes, or lifts one; others stay.
--
-- Keys:      common
-- Arguments: 1 account id  2 reason  3 "1" adds it, "0" lifts it  4 memo
-- Reply:     as ledger1_read_account; first "1" if nothing was to change, else "0"
-- Errors:    ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, FREEZE_LIMIT_REACHED

-- The reasons in the order in which they were added, without `reason`; and whether it was among them.
local function other_reasons(b, reason)
  local others, found = {}, false
  for each in gmatch(b.freezes or '', '%S+') do
    if each == reason then
      found = true
    else
      others[#others + 1] = each
    end
  end
  return others, found
end

local function set_freeze(keys, arguments)
  local account_id, reason, adds, memo = unpack(arguments, 1, 4)
  argument.text(account_id, 128, 'account_id')
  argument.text(reason, 64, 'freeze_reason')
  argument.letter(adds, '01', 'adds')
  argument.text(memo, limits.memo_bytes, 'memo')
  if not find(reason, '^%S+$') then
    refuse('ARGUMENT_INVALID', { argument = 'freeze_reason' })
  end
  local b = book.open(keys, account_id, 'ACCOUNT_NOT_FOUND')
  if b.closed then
    refuse('ACCOUNT_CLOSED')
  end
  local reasons, found = other_reasons(b, reason)
  if found == (adds == '1') then
    return account_reply('1', keys[1])
  elseif adds == '0' then
    post_change(b, entry.type.account_unfrozen, memo)
  elseif #reasons >= limits.freeze_reasons then
    refuse('FREEZE_LIMIT_REACHED', { limit = format('%d', limits.freeze_reasons) })
  else
    reasons[#reasons + 1] = reason
    post_change(b, entry.type.account_frozen, memo)
  end
  -- Nothing below can fail.
  book.write(b)
  if #reasons == 0 then
    call('HDEL', keys[1], 'z')
  else
    call('HSET', keys[1], 'z', concat(reasons, ' '))
  end
  return account_reply('0', keys[1])
end
