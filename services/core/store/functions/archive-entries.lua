-- ledger1_archive_entries: takes the oldest entries offline once they are in a file, in one step: trims the
-- list, moves the base, notes the file. May run when memory is full.
--
-- Keys:      1 account  2 journal  3 archive of the account
-- Arguments: 1 base  2 new base  3 SHA-1 of the entry at the new base, in hex  4 name of the file
-- Reply:     "OK", also if it was done before
-- Errors:    ACCOUNT_NOT_FOUND, ARCHIVE_CONFLICT (the base or the entry is another one)
local function archive_entries(keys, arguments)
  local base = argument.count(arguments[1], 0, 1e15, 'base')
  local new_base = argument.count(arguments[2], 1, 1e15, 'new_base')
  local digest, file = arguments[3], arguments[4]
  argument.text(file, 255, 'file')
  local fields = call('HMGET', keys[1], 'q', 'b')
  if not fields[1] then
    refuse('ACCOUNT_NOT_FOUND')
  end
  local sequence, current = tonumber(fields[1]), tonumber(fields[2] or '0')
  if current == new_base and call('ZSCORE', keys[3], file) then
    return 'OK'
  end
  call('ZCARD', keys[3])
  local last = call('LINDEX', keys[2], format('%d', new_base - base - 1))
  if current ~= base or new_base <= base or new_base >= sequence or not last
    or redis.sha1hex(last) ~= digest or call('LLEN', keys[2]) ~= sequence - base then
    refuse('ARCHIVE_CONFLICT', { base = format('%d', current) })
  end
  -- Nothing below can fail.
  call('ZADD', keys[3], format('%d', new_base), file)
  call('HSET', keys[1], 'b', format('%d', new_base))
  call('LTRIM', keys[2], format('%d', new_base - base), '-1')
  return 'OK'
end
