-- ledger1_scan_records: a page of one of an account's hashes, with the sequence that it belongs to. Records
-- change with an entry alone, so pages of the same sequence show one moment.
--
-- Keys:      1 account  2 hash  3 expiry index
-- Arguments: 1 account id  2 cursor, "0" at first
--            3 kind of index member to look up for each field (h hold, g grant); "" for none
-- Reply:     sequence, next cursor ("0" at the end), then field, record and score in the expiry index in
--            turn, "" for no score
-- Errors:    ACCOUNT_NOT_FOUND
local SCAN_COUNT = '500'

local function scan_records(keys, arguments)
  local account_id, cursor, member_kind = unpack(arguments, 1, 3)
  argument.text(account_id, 128, 'account_id')
  local sequence = call('HGET', keys[1], 'q')
  if not sequence then
    refuse('ACCOUNT_NOT_FOUND')
  end
  local page = call('HSCAN', keys[2], cursor, 'COUNT', SCAN_COUNT)
  local reply, records = { sequence, page[1] }, page[2]
  for position = 1, #records, 2 do
    local field, score = records[position], nil
    local number, day = match(field, '^(%d+)%.?(%d*)$')
    if member_kind ~= '' and number then
      -- A hold's field is <sequence>.<day>, its member h:<sequence>:<day>:<account>.
      local place = day == '' and number or number .. ':' .. day
      score = call('ZSCORE', keys[3], member_kind .. ':' .. place .. ':' .. account_id)
    end
    local size = #reply
    reply[size + 1], reply[size + 2], reply[size + 3] = field, records[position + 1], score or ''
  end
  return reply
end
