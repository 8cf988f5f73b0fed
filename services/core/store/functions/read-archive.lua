-- ledger1_read_archive: names of the files that hold archived entries.
--
-- Keys:      1 account  2 archive of the account
-- Arguments: 1 first sequence  2 most names, at most 1000
-- Reply:     base, then the names of the files that hold it or come after it, oldest first
-- Errors:    ACCOUNT_NOT_FOUND
local function read_archive(keys, arguments)
  local first = argument.count(arguments[1], 1, 1e15, 'first')
  local most = argument.count(arguments[2], 1, 1000, 'most')
  local fields = call('HMGET', keys[1], 'q', 'b')
  if not fields[1] then
    refuse('ACCOUNT_NOT_FOUND')
  end
  local from = format('%d', first)
  return {
    fields[2] or '0',
    unpack(call('ZRANGEBYSCORE', keys[2], from, '+inf', 'LIMIT', '0', format('%d', most))),
  }
end
