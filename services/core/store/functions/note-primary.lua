-- ledger1_note_primary: notes which primary holds the bucket, and raises the epoch if that was a replica of
-- another one before: a failover, which may have lost writes. Noting it again changes nothing. May run when
-- memory is full.
--
-- Keys:      1 genesis
-- Arguments: 1 replication id of the primary  2 the one that it had as a replica, zeros if it was none
-- Reply:     epoch
-- Errors:    GENESIS_MISSING
local function note_primary(keys, arguments)
  local id, former_id = arguments[1], arguments[2]
  argument.text(id, 64, 'replication_id')
  argument.text(former_id, 64, 'former_replication_id')
  local noted, epoch = unpack(call('HMGET', keys[1], 'primary', 'epoch'))
  if not epoch then
    refuse('GENESIS_MISSING')
  elseif noted == id then
    return epoch
  end
  if noted and find(former_id, '[^0]') then
    epoch = format('%d', epoch + 1)
  end
  call('HSET', keys[1], 'primary', id, 'epoch', epoch)
  return epoch
end
